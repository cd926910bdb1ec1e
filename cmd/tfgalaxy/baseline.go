package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/baseline"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// defaultFolds is how many parts the cross-validation of baselines is made of.
const defaultFolds = 5

func (a *app) baselineCommand() *cli.Command {
	return &cli.Command{
		Name:  "baseline",
		Usage: "score the predictions that a network has to beat",
		Description: "The mean vote, and linear regressions on the colour of the central pixel and\n" +
			"on the average colour: on all rows, on rows held back, and by cross-validation.",
		Flags: append([]cli.Flag{
			&cli.IntFlag{Name: "folds", Usage: "parts of the cross-validation, 0 = none", Value: defaultFolds},
		}, settingFlags("data", "validation", "split-seed")...),
		Action: a.baseline,
	}
}

func (a *app) baseline(ctx *cli.Context) error {
	folds := ctx.Int("folds")
	if folds < 0 || folds == 1 {
		return &run.UsageError{Err: fmt.Errorf("--folds %d, want 2 or more, or 0 for none", folds)}
	}
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	c, err := a.openData(values)
	if err != nil {
		return err
	}
	if folds > c.Len() {
		return &run.UsageError{
			Err:  fmt.Errorf("--folds %d of %d galaxies", folds, c.Len()),
			Hint: fmt.Sprintf("--folds %d leaves one galaxy out at a time", c.Len()),
		}
	}
	progress := a.term.Progress()
	features, err := baseline.ReadFeatures(ctx.Context, c, counting(progress, "reading images"))
	progress.Done("")
	if err != nil {
		return err
	}
	a.reportBad(features.Bad)
	result, err := baseline.Evaluate(features, baseline.Options{
		Share: values.Config.Validation, Seed: values.Config.SplitSeed, Folds: folds,
	})
	if err != nil {
		return err
	}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	return result.WriteText(a.term.Out)
}

// mostNamed is how many images that could not be read are named.
const mostNamed = 10

// reportBad names the images that could not be read and were left out.
func (a *app) reportBad(bad []error) {
	for i, err := range bad {
		if i == mostNamed {
			fmt.Fprintf(a.term.Err, "left out %s more images that could not be read\n", terminal.Count(len(bad)-mostNamed))
			break
		}
		fmt.Fprintf(a.term.Err, "left out: %v\n", err)
	}
}
