package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

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
				Name:  "verify",
				Usage: "read every row and decode every image of a data folder, and check its checksums",
				Description: "Where the folder has a list SHA256SUMS, as --write-sums and data synth write it\n" +
					"and sha256sum --check reads it, each file that has changed, is missing or is not\n" +
					"listed is named. Hidden files take no part.",
				Flags: append([]cli.Flag{
					&cli.BoolFlag{Name: "write-sums", Usage: "write the list, once all was found good", DisableDefaultText: true},
				}, settingFlags("data")...),
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

	Sums *run.TreeSums `json:"sums,omitempty"` // nil where galaxies are drawn
}

func (a *app) verify(ctx *cli.Context) error {
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	dir, write := a.dataOf(values), ctx.Bool("write-sums")
	sums, changed := a.verifySums(ctx.Context, dir, write)
	if _, usage := errors.AsType[*run.UsageError](changed); usage || ctx.Context.Err() != nil {
		return changed
	}
	c, err := a.openData(values)
	if err != nil {
		return errors.Join(changed, err)
	}
	if write && sums == nil {
		return &run.UsageError{Err: fmt.Errorf("--write-sums wants a data folder, and the galaxies of %s are drawn", dir), Hint: "name one by --data"}
	}
	progress := a.term.Progress()
	defer progress.Done("")
	err = imageproc.Verify(ctx.Context, &imageproc.DefaultDecoder, imageproc.CatalogueSources(c), counting(progress, "decoding"))
	if err == nil && write && changed == nil && !sums.Listed {
		sums, err = run.WriteTree(ctx.Context, dir, counting(progress, "checksums"))
	}
	progress.Done("")
	if err != nil {
		return errors.Join(changed, err)
	}
	result := verified{Data: c.Name, Galaxies: c.Len(), Missing: append([]int64{}, c.Missing...), Unlabelled: append([]string{}, c.Unlabelled...), Sums: sums}
	if err := a.printVerified(&result, ctx.Bool("json")); err != nil {
		return err
	}
	return changed
}

// verifySums checks a data folder against its list of checksums, if it has one. The
// error is what has changed. Where the list is to be written, there must be none, or
// one that is right.
func (a *app) verifySums(ctx context.Context, dir string, write bool) (*run.TreeSums, error) {
	if !isFolder(dir) {
		return nil, nil // drawn galaxies, or what opening them will tell of
	}
	progress := a.term.Progress()
	defer progress.Done("")
	sums, err := run.VerifyTree(ctx, dir, counting(progress, "checksums"))
	if err == nil {
		err = sums.Err(dir)
	}
	if write && err != nil && ctx.Err() == nil {
		return nil, &run.UsageError{
			Err:  fmt.Errorf("%w\n--write-sums: %s is there, and %s is not as it says", err, filepath.Join(dir, run.SumsFile), dir),
			Hint: "mend the folder; or, if it is good as it is, remove the list first",
		}
	}
	return sums, err
}

func (a *app) printVerified(result *verified, json bool) error {
	if json {
		return printJSON(a.term.Out, result)
	}
	fmt.Fprintf(a.term.Out, "%s: %s %s with votes and a good image\n", result.Data,
		terminal.Count(result.Galaxies), plural(result.Galaxies, "galaxy", "galaxies"))
	if n := len(result.Missing); n > 0 {
		fmt.Fprintf(a.term.Out, "%s %s no image, the first of galaxy %d\n", terminal.Count(n), plural(n, "row has", "rows have"), result.Missing[0])
	}
	if n := len(result.Unlabelled); n > 0 {
		fmt.Fprintf(a.term.Out, "%s %s no row, the first %s\n", terminal.Count(n), plural(n, "image has", "images have"), galaxyzoo.Quoted(result.Unlabelled[0]))
	}
	switch sums := result.Sums; {
	case sums == nil:
	case !sums.Listed:
		fmt.Fprintf(a.term.Out, "no %s: the same with --write-sums writes one, by which a later check finds what has changed\n", run.SumsFile)
	case sums.Written:
		fmt.Fprintf(a.term.Out, "%s written: %s files\n", run.SumsFile, terminal.Count(sums.Files))
	case len(sums.Faults) == 0:
		fmt.Fprintf(a.term.Out, "%s: %s files, all as it says\n", run.SumsFile, terminal.Count(sums.Files))
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
	list := func(made string) error {
		_, err := run.WriteTree(ctx.Context, made, counting(progress, "checksums"))
		return err
	}
	err := galaxyzoo.Export(ctx.Context, galaxyzoo.Synthetic(count, ctx.Uint64("seed")), out, list, counting(progress, "drawing"))
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
