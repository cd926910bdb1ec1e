package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// Which rows eval scores.
const (
	rowsAll        = "all"
	rowsValidation = "validation"
)

func (a *app) evalCommand() *cli.Command {
	return &cli.Command{
		Name:  "eval",
		Usage: "score models: RMSE overall, per question and per answer",
		Description: "With --run, the rows that the run held back are scored, if the data is\n" +
			"the run's own; otherwise all rows of --data are. Several models, or runs that\n" +
			"held the same rows back, are an ensemble, whose votes are the mean. Of runs that\n" +
			"are folds of one split each predicts its own fold, and the score is that of all\n" +
			"these rows, with its standard error over the folds.",
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "model", Usage: "`FOLDER` of a run, of a SavedModel, or of a sweep's runs; may be given several times"},
			&cli.StringSliceFlag{Name: "run", Usage: "`FOLDER` of a run or of a sweep's runs, whose data and held-back rows are used; may be given several times"},
			&cli.StringFlag{Name: "rows", Usage: "`WHICH` rows to score: all, or validation for those that the run held back"},
			ttaFlag(),
			consistentFlag(),
		}, settingFlags("data", "batch-size", "threads", "cache")...),
		Action: a.eval,
	}
}

// ttaFlag is how many views are averaged.
func ttaFlag() *cli.IntFlag {
	return &cli.IntFlag{Name: "tta", Value: 1, Usage: fmt.Sprintf("views of each image to average, 1 to %d, or %d for networks that say the same of quarter turns and mirror images: test-time augmentation",
		imageproc.MaxViews, imageproc.MaxSymmetricViews)}
}

func checkTTA(views int) error {
	if views < 1 || views > imageproc.MaxViews {
		return &run.UsageError{Err: fmt.Errorf("--tta %d, want 1 to %d views", views, imageproc.MaxViews)}
	}
	return nil
}

func consistentFlag() *cli.BoolFlag {
	return &cli.BoolFlag{Name: "consistent", Usage: "move the votes to the closest ones that obey the tree"}
}

func (a *app) eval(ctx *cli.Context) error {
	target, err := a.evalTarget(ctx)
	if err != nil {
		return err
	}
	if err := a.startRuntime(target.config); err != nil {
		return err
	}
	progress := a.term.Progress()
	result, err := target.score(ctx.Context, infer.Scoring{
		Cache: target.config.Cache, BatchSize: target.config.BatchSize,
		Views: ctx.Int("tta"), Consistent: ctx.Bool("consistent"),
		CropProgress: counting(progress, "cutting crops"), Progress: counting(progress, "predicting"),
	})
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

// evalTarget is what eval was asked to score, and on what: an ensemble of models,
// or the folds of a split, of so many.
type evalTarget struct {
	config    *run.Config
	catalogue *galaxyzoo.Catalogue
	rows      string

	models    []string
	positions []int

	folds []infer.Fold
	of    int
}

func (t *evalTarget) score(ctx context.Context, s infer.Scoring) (*infer.Evaluation, error) {
	if t.folds != nil {
		return infer.CrossValidate(ctx, t.catalogue, t.folds, t.of, s)
	}
	ensemble, err := infer.LoadEnsemble(t.models)
	if err != nil {
		return nil, err
	}
	defer ensemble.Close()
	return ensemble.Evaluate(ctx, t.catalogue, t.positions, s)
}

func (a *app) evalTarget(ctx *cli.Context) (*evalTarget, error) {
	models, runs, rows := ctx.StringSlice("model"), ctx.StringSlice("run"), ctx.String("rows")
	switch {
	case (len(models) == 0) == (len(runs) == 0):
		return nil, &run.UsageError{Err: errors.New("want --model or --run, one of the two"), Hint: "tfgalaxy eval --run runs/0001-small"}
	case rows != "" && rows != rowsAll && rows != rowsValidation:
		return nil, &run.UsageError{Err: fmt.Errorf("--rows %q, want %s or %s", rows, rowsAll, rowsValidation)}
	case rows == rowsValidation && len(runs) == 0:
		return nil, &run.UsageError{
			Err:  errors.New("--rows validation wants --run: a model does not know which rows were held back"),
			Hint: "name the run by --run instead of --model",
		}
	}
	if err := checkTTA(ctx.Int("tta")); err != nil {
		return nil, err
	}
	values, err := a.settings(ctx)
	if err != nil {
		return nil, err
	}
	t := &evalTarget{config: &values.Config, rows: rowsAll}
	if len(runs) > 0 {
		if runs, err = a.listMembers(runs); err != nil {
			return nil, err
		}
		if err := t.ofRuns(runs, rows, ctx.IsSet("data")); err != nil {
			return nil, err
		}
		return t, findModels(t.models)
	}
	if t.models, err = a.listMembers(models); err != nil {
		return nil, err
	}
	if err := findModels(t.models); err != nil {
		return nil, err
	}
	if t.catalogue, err = a.openData(values); err != nil {
		return nil, err
	}
	t.positions = t.catalogue.All()
	return t, nil
}

// listMembers returns what the paths stand for, and says so where a folder of runs
// stands for several.
func (a *app) listMembers(paths []string) ([]string, error) {
	members, err := infer.ListMembers(paths)
	if err != nil {
		return nil, err
	}
	var models []string
	for _, m := range members {
		models = append(models, m.Models...)
		if n := len(m.Models); m.Models[0] != m.Path {
			line := fmt.Sprintf("%s stands for its %d %s", m.Path, n, plural(n, "run that is done", "runs that are done"))
			if m.LeftOut != nil {
				line += ", without " + strings.Join(m.LeftOut, ", ")
			}
			fmt.Fprintln(a.term.Err, line)
		}
	}
	return models, nil
}

// findModels sees whether there are models in the folders, before anything takes
// time.
func findModels(paths []string) error {
	for _, path := range paths {
		if _, err := infer.Find(path); err != nil {
			return err
		}
	}
	return nil
}

func printEvaluation(w io.Writer, e *infer.Evaluation) {
	for i, model := range e.Models {
		fmt.Fprintf(w, "%-7s %s", []string{"model", ""}[min(i, 1)], model)
		if e.Folds != nil {
			fmt.Fprintf(w, "   fold %d of %d: RMSE %.4f", e.Folds[i].Fold, e.Of, e.Folds[i].RMSE)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "data    %s, %s rows: %s %s\n", e.Data, e.Rows, terminal.Count(e.Images), plural(e.Images, "galaxy", "galaxies"))
	if how := howVotes(e); how != "" {
		fmt.Fprintf(w, "votes   %s\n", how)
	}
	printScore(w, e.Score, e.MeanVote, e.ScoreErrors)
}

// howVotes tells how votes come about that are not one model's of the images as
// they are.
func howVotes(e *infer.Evaluation) string {
	var means, how []string
	if e.Folds != nil {
		how = append(how, fmt.Sprintf("each galaxy by the fold that held it back, %d of %d folds", len(e.Folds), e.Of))
	} else if len(e.Models) > 1 {
		means = append(means, fmt.Sprintf("%d models", len(e.Models)))
	}
	switch {
	case e.FewestViews > 0:
		means = append(means, fmt.Sprintf("up to %d views", e.Views))
	case e.Views > 1:
		means = append(means, fmt.Sprintf("%d views", e.Views))
	}
	if means != nil {
		how = append(how, "the mean of "+strings.Join(means, " and "))
	}
	if e.Consistent {
		how = append(how, "made to obey the tree")
	}
	return strings.Join(how, ", ")
}

// printScore prints a score, that of the mean vote of the same rows beside it,
// and the scores of the questions and answers; with standard errors unless nil.
func printScore(w io.Writer, s galaxyzoo.Score, meanVote float64, errors *galaxyzoo.ScoreErrors) {
	e := cmp.Or(errors, &galaxyzoo.ScoreErrors{})
	show := func(x, standardError float64, decimals int) string {
		if errors != nil {
			return fmt.Sprintf("%.4f ± %.4f", x, standardError)
		}
		return fmt.Sprintf("%.*f", decimals, x)
	}
	fmt.Fprintf(w, "RMSE    %s   (mean vote of these rows: %.5f)\n\n", show(s.RMSE, e.RMSEError, 5), meanVote)
	width := len([]rune(show(0, 0, 5)))
	fmt.Fprintf(w, "%-2s  %-14s  %*s   %s\n", "Q", "question", width, "RMSE", "answers")
	for i, q := range galaxyzoo.Questions {
		row := fmt.Sprintf("%-2d  %-14s  %s   ", q.Number, q.Short, show(s.Questions[i], e.QuestionsError[i], 5))
		fmt.Fprint(w, row)
		var answers []string
		for k, answer := range q.Answers {
			text := fmt.Sprintf("%s %s", answer.Text, show(s.Answers[answer.Column], e.AnswersError[answer.Column], 4))
			if k < len(q.Answers)-1 {
				text += ","
			}
			answers = append(answers, text)
		}
		wrapInto(w, len([]rune(row)), answers)
	}
}
