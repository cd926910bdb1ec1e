package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
)

func (a *app) scoreCommand() *cli.Command {
	return &cli.Command{
		Name:  "score",
		Usage: "score a file of predictions, of this program or another",
		Description: "Both files are CSV with the header GalaxyID,Class1.1,...,Class11.6; columns\n" +
			"may follow in that of the predictions. Rows are matched by GalaxyID.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "predictions", Usage: "`FILE` of predicted votes"},
			&cli.StringFlag{Name: "labels", Usage: "`FILE` of votes cast, or a data folder in Kaggle's layout"},
		},
		Action: a.score,
	}
}

// scored is what score prints.
type scored struct {
	Predictions string `json:"predictions"`
	Labels      string `json:"labels"`
	galaxyzoo.Comparison
}

func (a *app) score(ctx *cli.Context) error {
	result := scored{Predictions: ctx.String("predictions"), Labels: ctx.String("labels")}
	switch {
	case result.Predictions == "":
		return &run.UsageError{Err: errors.New("want --predictions"),
			Hint: "tfgalaxy score --predictions votes.csv --labels " + galaxyzoo.LabelFile}
	case result.Labels == "":
		return &run.UsageError{Err: errors.New("want --labels"),
			Hint: fmt.Sprintf("tfgalaxy score --predictions %s --labels %s", shellQuote(result.Predictions), galaxyzoo.LabelFile)}
	}
	if isFolder(result.Labels) {
		result.Labels = filepath.Join(result.Labels, galaxyzoo.LabelFile)
	}
	if err := run.VerifySumsBeside(result.Predictions, true); err != nil {
		return err
	}
	predictions, err := galaxyzoo.ReadSubmission(result.Predictions)
	if err != nil {
		return err
	}
	labels, err := galaxyzoo.ReadLabels(result.Labels)
	if err != nil {
		return err
	}
	if result.Comparison, err = galaxyzoo.Compare(predictions, labels); err != nil {
		return &galaxyzoo.DataError{File: fmt.Sprintf("%s and %s", result.Predictions, result.Labels), Err: err}
	}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	result.print(a.term.Out)
	return nil
}

func (s scored) print(w io.Writer) {
	fmt.Fprintf(w, "scored  %s\nby      %s: %s %s\n", s.Predictions, s.Labels, terminal.Count(s.Images), plural(s.Images, "galaxy", "galaxies"))
	for _, note := range []struct {
		n         int
		one, many string
	}{
		{s.Unlabelled, "prediction without a label, left out", "predictions without a label, left out"},
		{s.Unpredicted, "label without a prediction, left out", "labels without a prediction, left out"},
		{s.OutOfRange, "galaxy with a prediction outside 0 to 1, scored as it stands", "galaxies with a prediction outside 0 to 1, scored as they stand"},
	} {
		if note.n > 0 {
			fmt.Fprintf(w, "        %s %s\n", terminal.Count(note.n), plural(note.n, note.one, note.many))
		}
	}
	printScore(w, s.Score, s.MeanVote, nil)
}
