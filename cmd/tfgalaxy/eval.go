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
		}, settingFlags("data", "batch-size", "cache")...),
		Action: a.eval,
	}
}

func (a *app) eval(ctx *cli.Context) error {
	target, err := a.evalTarget(ctx)
	if err != nil {
		return err
	}
	if err := a.startRuntime(); err != nil {
		return err
	}
	model, err := infer.Load(target.model)
	if err != nil {
		return err
	}
	defer model.Close()

	progress := a.term.Progress()
	show := func(what string) func(done, total int) {
		return func(done, total int) {
			progress.Update(func() string {
				return fmt.Sprintf("%s  %s/%s", what, terminal.Count(done), terminal.Count(total))
			})
		}
	}
	result, err := model.Evaluate(ctx.Context, target.catalogue, target.positions, target.config.Cache, target.config.BatchSize,
		show("cutting crops"), show("predicting"))
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
	t := &evalTarget{model: model, config: &values.Config}
	if runDir == "" {
		if _, err := infer.Find(model); err != nil {
			return nil, err
		}
		if err := t.open(a.dataOf(values), rowsAll, nil); err != nil {
			return nil, err
		}
		a.noteDrawn(values)
		return t, nil
	}

	r, err := run.Open(runDir)
	if err != nil {
		return nil, err
	}
	trained, err := r.Config()
	if err != nil {
		return nil, err
	}
	t.model = r.Dir
	data := trained.Data
	if ctx.IsSet("data") { // not the environment's: it says what to train on, not what a run was
		data = values.Config.Data
	}
	return t, t.open(data, rows, func() (bool, float64, uint64, error) {
		info, err := r.Info()
		if err != nil {
			return false, 0, 0, err
		}
		return info.Data.Fingerprint == t.catalogue.Fingerprint(), trained.Validation, trained.SplitSeed, nil
	})
}

// open opens the data and chooses the rows. split tells whether the data is that
// of the run, and how the run split it.
func (t *evalTarget) open(data, rows string, split func() (bool, float64, uint64, error)) error {
	var err error
	if t.catalogue, err = train.OpenData(data); err != nil {
		return err
	}
	all, _ := galaxyzoo.Split(t.catalogue.IDs(), 0, 0)
	t.positions, t.rows = all, rowsAll
	if split == nil || rows == rowsAll {
		return nil
	}
	own, share, seed, err := split()
	if err != nil {
		return err
	}
	if rows == rowsValidation && (!own || share == 0) {
		return &run.UsageError{
			Err:  fmt.Errorf("--rows validation: the run held no rows of %s back", data),
			Hint: "--rows all scores every row",
		}
	}
	if own && share > 0 {
		_, t.positions = galaxyzoo.Split(t.catalogue.IDs(), share, seed)
		t.rows = rowsValidation
	}
	return nil
}

func printEvaluation(w io.Writer, e *infer.Evaluation) {
	fmt.Fprintf(w, "model   %s\ndata    %s, %s rows: %s %s\n", e.Model, e.Data, e.Rows,
		terminal.Count(e.Images), plural(e.Images, "galaxy", "galaxies"))
	fmt.Fprintf(w, "RMSE    %.5f   (mean vote of these rows: %.5f)\n\n", e.RMSE, e.MeanVote)
	fmt.Fprintf(w, "%-2s  %-14s  %7s   %s\n", "Q", "question", "RMSE", "answers")
	for i, q := range galaxyzoo.Questions {
		row := fmt.Sprintf("%-2d  %-14s  %7.5f   ", q.Number, q.Short, e.Questions[i])
		fmt.Fprint(w, row)
		var answers []string
		for k, answer := range q.Answers {
			text := fmt.Sprintf("%s %.4f", answer.Text, e.Answers[answer.Column])
			if k < len(q.Answers)-1 {
				text += ","
			}
			answers = append(answers, text)
		}
		wrapInto(w, len(row), answers)
	}
}
