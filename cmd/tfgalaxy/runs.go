package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
)

func (a *app) runsCommand() *cli.Command {
	return &cli.Command{
		Name:  "runs",
		Usage: "list runs, compare them, or check that one is whole",
		Subcommands: []*cli.Command{
			{
				Name:   "list",
				Usage:  "list the runs in a folder: status, network, data, length and score",
				Flags:  settingFlags("runs"),
				Action: a.listRuns,
			},
			a.compareCommand(),
			{
				Name:  "verify",
				Usage: "read all files of a run, against their checksums where they have one",
				Description: "Where a file is damaged it says which and what is left to do, and ends with exit\n" +
					"code 3. sha256sum --check SHA256SUMS finds the same in a checkpoint or model.",
				Flags:  []cli.Flag{&cli.StringFlag{Name: "run", Usage: "`FOLDER` of the run"}},
				Action: a.verifyRun,
			},
		},
	}
}

// listedRun is a row of runs list.
type listedRun struct {
	Run    string     `json:"run"`
	Status run.Status `json:"status"` // as of run.Standing
	Info   *run.Info  `json:"info,omitempty"`
	Fault  string     `json:"fault,omitempty"` // why run.json could not be read
}

func (a *app) listRuns(ctx *cli.Context) error {
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	runs, err := run.List(values.Config.Runs)
	if err != nil {
		return err
	}
	rows := make([]listedRun, len(runs))
	for i, r := range runs {
		rows[i] = newListedRun(r)
	}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, rows)
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintf(a.term.Out, "no runs in %s\n", values.Config.Runs)
		return err
	}
	tw := tabwriter.NewWriter(a.term.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "run\tstatus\tnetwork\tdata\ttrained\tbest epoch\tRMSE")
	for _, row := range rows {
		row.print(tw)
	}
	return tw.Flush()
}

func newListedRun(r *run.Run) listedRun {
	row := listedRun{Run: r.Dir}
	var err error
	if row.Status, row.Info, err = r.Standing(); err != nil {
		row.Fault = err.Error()
	}
	return row
}

func (l *listedRun) print(tw *tabwriter.Writer) {
	if l.Info == nil {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", l.Run, l.Status, l.Fault)
		return
	}
	epoch, rmse := "", ""
	if best := l.Info.Best; best != nil {
		epoch = fmt.Sprint(best.Epoch)
		if best.RMSE != nil {
			rmse = fmt.Sprintf("%.4f", *best.RMSE)
		}
	}
	fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Run, l.Status, l.Info.Network, l.Info.Data.Name,
		terminal.Duration(time.Duration(l.Info.Seconds*float64(time.Second))), epoch, rmse)
}

// verifiedRun is what runs verify prints.
type verifiedRun struct {
	Run      string    `json:"run"`
	Whole    bool      `json:"whole"`
	Findings []finding `json:"findings"`
}

func (a *app) verifyRun(ctx *cli.Context) error {
	dir := ctx.String("run")
	if dir == "" {
		return &run.UsageError{Err: errors.New("want --run"), Hint: "tfgalaxy runs verify --run runs/0001-small"}
	}
	r, err := run.Open(dir)
	if err != nil {
		return err
	}
	checks, err := r.Verify()
	if err != nil {
		return err
	}
	result := verifiedRun{Run: r.Dir, Whole: true}
	var faults []error
	for _, c := range checks {
		f := finding{Subject: c.Part, Verdict: verdictOK, Found: c.Found, Mend: c.Mend}
		switch {
		case c.Err != nil:
			f.Verdict, f.Found = verdictFail, c.Err.Error()
			faults = append(faults, c.Err)
			result.Whole = false
		case c.Note != "":
			f.Verdict, f.Mend = verdictWarn, c.Note
		}
		result.Findings = append(result.Findings, f)
	}
	if ctx.Bool("json") {
		if err := printJSON(a.term.Out, result); err != nil {
			return err
		}
	} else {
		printFindings(a.term.Out, result.Findings)
	}
	if len(faults) > 0 {
		return fmt.Errorf("run %s is damaged: %w", r.Dir, errors.Join(faults...))
	}
	return nil
}
