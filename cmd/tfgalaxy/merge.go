package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
)

func (a *app) mergeCommand() *cli.Command {
	return &cli.Command{
		Name:  "merge",
		Usage: "join the tables that predict --shard has written",
		Description: "Checks that no shard is missing, doubled or cut short, that no image is in two\n" +
			"of them, and that all were made by the same models with the same settings.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "part", Usage: "CSV `FILE` of one shard; give it for each"},
			&cli.StringFlag{Name: "out", Usage: "`FILE` for the table: .csv, .jsonl or .parquet"},
		},
		Action: a.merge,
	}
}

func (a *app) merge(ctx *cli.Context) error {
	parts, out := ctx.StringSlice("part"), ctx.String("out")
	const example = "tfgalaxy merge --part a.csv --part b.csv --out votes.csv"
	switch {
	case len(parts) == 0:
		return &run.UsageError{Err: errors.New("want --part for each shard"), Hint: example}
	case out == "":
		return &run.UsageError{Err: errors.New("want --out"), Hint: example}
	}
	job := infer.Job{Out: out}
	if err := job.CheckOutput(); err != nil {
		return err
	}
	summary, err := infer.Merge(ctx.Context, parts, out)
	if err != nil {
		return err
	}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, summary)
	}
	fmt.Fprintf(a.term.Out, "%s %s from %d %s in %s\n", terminal.Count(summary.Predicted), plural(summary.Predicted, "galaxy", "galaxies"),
		len(parts), plural(len(parts), "part", "parts"), out)
	if summary.Unreadable > 0 {
		fmt.Fprintf(a.term.Out, "%s could not be read, listed in %s\n", terminal.Count(summary.Unreadable), summary.Errors)
	}
	return nil
}
