package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// Which rows eval scores.
const (
	rowsAll        = "all"
	rowsValidation = "validation"
)

func (a *app) evalCommand() *cli.Command {
	return &cli.Command{
		Name:  "eval",
		Usage: "score a model: RMSE overall, per question and per answer",
		Description: "With --run, the rows that the run held back are scored, if the data is\n" +
			"the run's own; otherwise all rows of --data are.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "model", Usage: "`FOLDER` of a run or of a SavedModel"},
			&cli.StringFlag{Name: "run", Usage: "`FOLDER` of a run, whose data and held-back rows are used"},
			&cli.StringFlag{Name: "rows", Usage: "`WHICH` rows to score: all, or validation for those that the run held back"},
		}, settingFlags("data", "batch-size", "threads", "cache")...),
		Action: a.eval,
	}
}

func (a *app) eval(ctx *cli.Context) error {
	target, err := a.evalTarget(ctx)
	if err != nil {
		return err
	}
	if err := a.startRuntime(target.config); err != nil {
		return err
	}
	model, err := infer.Load(target.model)
	if err != nil {
		return err
	}
	defer model.Close()

	progress := a.term.Progress()
	result, err := model.Evaluate(ctx.Context, target.catalogue, target.positions, target.config.Cache, target.config.BatchSize,
		counting(progress, "cutting crops"), counting(progress, "predicting"))
	progress.Done("")
	if err != nil {
		return err
	}
	result.Rows = target.rows
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	printEvaluation(a.term.Out, result)
	return nil
}

// evalTarget is what eval was asked to score, and on what.
type evalTarget struct {
	model     string
	config    *run.Config
	catalogue *galaxyzoo.Catalogue
	positions []int
	rows      string
}

func (a *app) evalTarget(ctx *cli.Context) (*evalTarget, error) {
	model, runDir, rows := ctx.String("model"), ctx.String("run"), ctx.String("rows")
	switch {
	case (model == "") == (runDir == ""):
		return nil, &run.UsageError{Err: errors.New("want --model or --run, one of the two"), Hint: "tfgalaxy eval --run runs/0001-small"}
	case rows != "" && rows != rowsAll && rows != rowsValidation:
		return nil, &run.UsageError{Err: fmt.Errorf("--rows %q, want %s or %s", rows, rowsAll, rowsValidation)}
	case rows == rowsValidation && runDir == "":
		return nil, &run.UsageError{
			Err:  errors.New("--rows validation wants --run: a model does not know which rows were held back"),
			Hint: "name the run by --run instead of --model",
		}
	}
	values, err := a.settings(ctx)
	if err != nil {
		return nil, err
	}
	t := &evalTarget{model: model, config: &values.Config, rows: rowsAll}
	if runDir == "" {
		if _, err := infer.Find(model); err != nil {
			return nil, err
		}
		if t.catalogue, err = a.openData(values); err != nil {
			return nil, err
		}
		t.positions = t.catalogue.All()
		return t, nil
	}
	return t, t.ofRun(runDir, rows, ctx.IsSet("data"))
}

// ofRun fills in what a run has to say: its model, its data unless other data
// was named by a flag, and, where the data is its own, the rows that it held
// back.
func (t *evalTarget) ofRun(dir, rows string, otherData bool) error {
	r, err := run.Open(dir)
	if err != nil {
		return err
	}
	trained, err := r.Config()
	if err != nil {
		return err
	}
	info, err := r.Info()
	if err != nil {
		return err
	}
	data := trained.Data
	if otherData { // a flag's, not the environment's, which says what to train on
		data = t.config.Data
	}
	t.model = r.Dir
	if t.catalogue, err = train.OpenData(data); err != nil {
		return err
	}
	t.positions = t.catalogue.All()
	heldBack := trained.Validation > 0 && info.Data.Fingerprint == t.catalogue.Fingerprint()
	switch {
	case rows == rowsAll:
	case heldBack:
		_, t.positions = galaxyzoo.Split(t.catalogue.IDs(), trained.Validation, trained.SplitSeed)
		t.rows = rowsValidation
	case rows == rowsValidation:
		return &run.UsageError{
			Err:  fmt.Errorf("--rows validation: the run held no rows of %s back", data),
			Hint: "--rows all scores every row",
		}
	}
	return nil
}

func printEvaluation(w io.Writer, e *infer.Evaluation) {
	fmt.Fprintf(w, "model   %s\ndata    %s, %s rows: %s %s\n", e.Model, e.Data, e.Rows,
		terminal.Count(e.Images), plural(e.Images, "galaxy", "galaxies"))
	printScore(w, e.Score, e.MeanVote)
}

// printScore prints a score, that of the mean vote of the same rows beside it,
// and the scores of the questions and answers.
func printScore(w io.Writer, s galaxyzoo.Score, meanVote float64) {
	fmt.Fprintf(w, "RMSE    %.5f   (mean vote of these rows: %.5f)\n\n", s.RMSE, meanVote)
	fmt.Fprintf(w, "%-2s  %-14s  %7s   %s\n", "Q", "question", "RMSE", "answers")
	for i, q := range galaxyzoo.Questions {
		row := fmt.Sprintf("%-2d  %-14s  %7.5f   ", q.Number, q.Short, s.Questions[i])
		fmt.Fprint(w, row)
		var answers []string
		for k, answer := range q.Answers {
			text := fmt.Sprintf("%s %.4f", answer.Text, s.Answers[answer.Column])
			if k < len(q.Answers)-1 {
				text += ","
			}
			answers = append(answers, text)
		}
		wrapInto(w, len(row), answers)
	}
}
