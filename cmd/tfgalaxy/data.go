package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) dataCommand() *cli.Command {
	return &cli.Command{
		Name:  "data",
		Usage: "check a data folder, or draw one",
		Subcommands: []*cli.Command{
			{
				Name:   "verify",
				Usage:  "read every row and decode every image of a data folder",
				Flags:  settingFlags("data"),
				Action: a.verify,
			},
			{
				Name:  "synth",
				Usage: "write drawn galaxies and their votes as a data folder",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "out", Usage: "new `FOLDER`, in Kaggle's layout"},
					&cli.IntFlag{Name: "count", Usage: "number of galaxies", Value: train.DefaultSynthetic},
					&cli.Uint64Flag{Name: "seed", Usage: "seed of the drawing; 1 draws what --data synthetic does", Value: 1},
				},
				Action: a.synth,
			},
		},
	}
}

// verified is what data verify prints.
type verified struct {
	Data       string   `json:"data"`
	Galaxies   int      `json:"galaxies"` // with votes and a good image
	Missing    []int64  `json:"missing_images"`
	Unlabelled []string `json:"unlabelled_images"`
}

func (a *app) verify(ctx *cli.Context) error {
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	c, err := a.openData(values)
	if err != nil {
		return err
	}
	progress := a.term.Progress()
	err = imageproc.Verify(ctx.Context, &imageproc.DefaultDecoder, imageproc.CatalogueSources(c), counting(progress, "decoding"))
	progress.Done("")
	if err != nil {
		return err
	}
	result := verified{Data: c.Name, Galaxies: c.Len(), Missing: append([]int64{}, c.Missing...), Unlabelled: append([]string{}, c.Unlabelled...)}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	fmt.Fprintf(a.term.Out, "%s: %s %s with votes and a good image\n", result.Data,
		terminal.Count(result.Galaxies), plural(result.Galaxies, "galaxy", "galaxies"))
	if n := len(result.Missing); n > 0 {
		fmt.Fprintf(a.term.Out, "%s rows have no image, the first of galaxy %d\n", terminal.Count(n), result.Missing[0])
	}
	if n := len(result.Unlabelled); n > 0 {
		fmt.Fprintf(a.term.Out, "%s images have no row, the first %s\n", terminal.Count(n), result.Unlabelled[0])
	}
	return nil
}

// drawn is what data synth prints.
type drawn struct {
	Out      string `json:"out"`
	Galaxies int    `json:"galaxies"`
	Seed     uint64 `json:"seed"`
}

func (a *app) synth(ctx *cli.Context) error {
	out, count := ctx.String("out"), ctx.Int("count")
	if out == "" {
		return &run.UsageError{Err: errors.New("want --out"), Hint: "tfgalaxy data synth --out galaxies --count 500"}
	}
	if count < 1 || count > train.MaxSynthetic {
		return &run.UsageError{Err: fmt.Errorf("--count %d, want 1 to %d", count, train.MaxSynthetic)}
	}
	if err := checkNew("out", out, true); err != nil {
		return err
	}
	progress := a.term.Progress()
	err := galaxyzoo.Export(ctx.Context, galaxyzoo.Synthetic(count, ctx.Uint64("seed")), out, counting(progress, "drawing"))
	progress.Done("")
	if err != nil {
		return err
	}
	result := drawn{Out: out, Galaxies: count, Seed: ctx.Uint64("seed")}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	_, err = fmt.Fprintf(a.term.Out, "%s %s in %s; train on them with: %s train --data %s\n",
		terminal.Count(count), plural(count, "galaxy", "galaxies"), out, shellQuote(a.args[0]), shellQuote(out))
	return err
}
