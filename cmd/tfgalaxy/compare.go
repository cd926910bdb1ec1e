package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
)

func (a *app) compareCommand() *cli.Command {
	return &cli.Command{
		Name:  "compare",
		Usage: "set runs side by side: scores, times, and the settings in which they differ",
		Description: "The best comes first. Runs that differ in nothing but the seed are also given as\n" +
			"their mean, with the standard deviation of one run.",
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "run", Usage: "`FOLDER` of a run, in place of --runs; may be given several times"},
		}, settingFlags("runs")...),
		Action: a.compareRuns,
	}
}

func (a *app) compareRuns(ctx *cli.Context) error {
	runs, err := a.comparedRuns(ctx)
	if err != nil {
		return err
	}
	c := run.Compare(runs)
	if ctx.Bool("json") {
		return printJSON(a.term.Out, c)
	}
	printCompared(a.term.Out, c)
	printDifferences(a.term.Out, c)
	printRepeated(a.term.Out, c)
	return nil
}

func (a *app) comparedRuns(ctx *cli.Context) ([]*run.Run, error) {
	dirs := ctx.StringSlice("run")
	if len(dirs) > 0 && ctx.IsSet("runs") {
		return nil, &run.UsageError{Err: fmt.Errorf("--run and --runs do not go together"), Hint: "name each run by --run, or the folder of all by --runs"}
	}
	var runs []*run.Run
	for i, dir := range dirs {
		if slices.Contains(dirs[:i], dir) {
			return nil, &run.UsageError{Err: fmt.Errorf("--run %s is given twice", dir), Hint: "name each run once"}
		}
		r, err := run.Open(dir)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	if runs != nil {
		return runs, nil
	}
	values, err := a.settings(ctx)
	if err != nil {
		return nil, err
	}
	if runs, err = run.List(values.Config.Runs); err == nil && len(runs) == 0 {
		err = &run.UsageError{Err: fmt.Errorf("no runs in %s", values.Config.Runs), Hint: "--runs FOLDER names another folder, --run each run"}
	}
	return runs, err
}

// printCompared prints a row for each run.
func printCompared(w io.Writer, c *run.Comparison) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\trun\tstatus\tRMSE\tbest epoch\tepochs\ttrained\timages/s")
	others := false
	for i, r := range c.Runs {
		score, best, speed := "", "", ""
		if r.RMSE != nil {
			score = fmt.Sprintf("%.5f", *r.RMSE)
		}
		if r.OtherRows {
			score, others = score+" *", true
		}
		if r.BestEpoch > 0 {
			best = fmt.Sprint(r.BestEpoch)
		}
		if r.ImagesPerSecond > 0 {
			speed, _ = strings.CutSuffix(terminal.Rate(r.ImagesPerSecond, ""), " /s")
		}
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", i+1, filepath.Base(r.Run), r.Status, score, best, r.Epochs,
			terminal.Duration(time.Duration(r.Seconds*float64(time.Second))), speed)
	}
	tw.Flush()
	if others {
		fmt.Fprintln(w, "* scored on other rows than most of these runs: not to be compared with them")
	}
	for _, r := range c.Runs {
		if r.Fault != "" {
			fmt.Fprintf(w, "%s: %s\n", filepath.Base(r.Run), r.Fault)
		}
	}
}

// printDifferences prints a row for each setting in which runs differ, with the numbers
// of the rows above for the runs.
func printDifferences(w io.Writer, c *run.Comparison) {
	if len(c.Settings) == 0 {
		return
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "\nsetting")
	for i := range c.Runs {
		fmt.Fprintf(tw, "\t%d", i+1)
	}
	fmt.Fprintln(tw)
	for _, key := range c.Settings {
		fmt.Fprint(tw, key)
		for _, r := range c.Runs {
			fmt.Fprintf(tw, "\t%s", r.Settings[key])
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
}

// printRepeated prints a row for runs that are the same but for the seed.
func printRepeated(w io.Writer, c *run.Comparison) {
	if len(c.Repeated) == 0 {
		return
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\nruns\tRMSE\tsettings")
	for _, of := range c.Repeated {
		var settings []string
		for _, key := range c.Settings {
			if value, has := of.Settings[key]; has {
				settings = append(settings, key+" "+value)
			}
		}
		if settings == nil {
			settings = []string{"the same for all"}
		}
		fmt.Fprintf(tw, "%d\t%.5f ± %.5f\t%s\n", len(of.Runs), of.RMSE, of.Spread, strings.Join(settings, ", "))
	}
	tw.Flush()
}
