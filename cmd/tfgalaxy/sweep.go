package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) sweepCommand() *cli.Command {
	devices := &settingFlag{&cli.StringFlag{
		Name: "devices", DefaultText: run.DevicesAll, Category: run.CategoryFolders,
		Usage: "where runs are computed, one at a time on each: all is every GPU or else the CPU, auto one of them, or names, gpu:0,gpu:1",
	}, "NAMES"}
	return &cli.Command{
		Name:  "sweep",
		Usage: "train many runs: presets, seeds and grids of settings, one run a device",
		Description: "The file is YAML:\n\n" +
			"  settings: {epochs: 10, size: 48}        the same for all runs\n" +
			"  presets: [small, d4]                    one run for each combination of these,\n" +
			"  grid: {learning-rate: [0.001, 0.002]}   with any setting\n" +
			"  seeds: [1, 2, 3]\n\n" +
			"The same command goes on with what was stopped, and trains what was added; runs\n" +
			"that are done stay as they are. Ctrl-C and SIGUSR1 are to all runs what they are\n" +
			"to tfgalaxy train. predict, eval and runs compare take the folder of the runs.\n" +
			"With --json, each event of a run is an object on a line of its own, with the\n" +
			"run's name as sweep_run, and the table is the last line.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "config", Usage: "YAML `FILE` of the sweep"},
			&cli.StringFlag{Name: "runs", Usage: "`FOLDER` of the runs (default that of the file, or sweeps/NAME for NAME.yaml)"},
			&cli.StringFlag{Name: "shard", Usage: "`SHARD` I/N of the runs: every N-th from the I-th on, for as many machines", Value: infer.Whole.String()},
			&cli.BoolFlag{Name: "retry", Usage: "try runs that have failed once more", DisableDefaultText: true},
			&cli.BoolFlag{Name: "dry-run", Usage: "check everything, print the runs, and stop", DisableDefaultText: true},
			devices,
		}, settingFlags("data", "input-threads", "threads", "cache")...),
		Action: a.sweep,
	}
}

func (a *app) sweep(ctx *cli.Context) error {
	sweep, machine, err := a.planSweep(ctx)
	if err != nil {
		return err
	}
	json := ctx.Bool("json")
	if ctx.Bool("dry-run") {
		return a.printSweep(sweep, json)
	}
	asked, stop := saveAsked()
	defer stop()
	if err := a.startRuntime(machine); err != nil {
		return err
	}
	devices, err := graph.ChooseDevices(machine.Devices)
	if err != nil {
		return err
	}
	view := a.sweepView(sweep, devices, json)
	swept := sweep.Run(ctx.Context, train.SweepOptions{
		Devices: devices, Observe: view.observe,
		Train: train.Options{
			Command: a.args, Version: version, ExitCode: a.exitCode, SaveAsked: asked,
			CropProgress: counting(view.progress, "cutting crops"),
		},
	})
	view.close()
	table := newSweptTable(sweep)
	if json {
		printJSONLine(a.term.Out, table) //nolint:errcheck // output keeps its error
	} else {
		table.print(a.term.Out)
	}
	again := strings.Join(quoteAll(a.args), " ")
	switch {
	case errors.Is(swept, train.ErrInterrupted):
		return &hintedError{swept, again + " goes on"}
	case swept != nil && !ctx.Bool("retry"):
		return &hintedError{swept, again + " --retry tries once more"}
	}
	return swept
}

func quoteAll(words []string) []string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shellQuote(word)
	}
	return quoted
}

// planSweep reads the flags and the file. The configuration that it returns says what
// of the machine the sweep uses.
func (a *app) planSweep(ctx *cli.Context) (*train.Sweep, *run.Config, error) {
	file := ctx.String("config")
	if file == "" {
		return nil, nil, &run.UsageError{Err: errors.New("want --config, the file of the sweep"), Hint: "tfgalaxy sweep --config sweep.yaml; tfgalaxy sweep --help shows such a file"}
	}
	shard, err := infer.ParseShard(ctx.String("shard"))
	if err != nil {
		return nil, nil, &run.UsageError{Err: fmt.Errorf("--shard: %w", err)}
	}
	asked, err := run.ReadSweep(file)
	if err != nil {
		return nil, nil, err
	}
	flags, err := a.settingsOf(ctx, "") // --config has no settings of a single run
	if err != nil {
		return nil, nil, err
	}
	machine := &flags.Config
	if !flags.Given("devices") {
		machine.Devices = run.DevicesAll
	}
	resolver := run.Resolver{Presets: train.PresetSettings(), Environ: os.Environ(), OtherEnv: run.SweepForeign()}
	for _, given := range assignments(ctx) {
		if given.Key != "devices" {
			resolver.Flags = append(resolver.Flags, given)
		}
	}
	first := true
	sweep, err := train.PlanSweep(asked, train.SweepSettings{
		Dir:      cmp.Or(run.ExpandHome(ctx.String("runs")), asked.Runs, run.SweepFolder(file)),
		Resolver: resolver, Shard: shard, Retry: ctx.Bool("retry"),
		Data: func(values *run.Values) {
			a.dataOf(values)
			if first {
				a.noteDrawn(values)
				machine.Threads = values.Config.Threads
			}
			first = false
		},
	})
	return sweep, machine, err
}

// plannedSweep is what --dry-run prints.
type plannedSweep struct {
	Dir   string            `json:"dir"`
	Runs  []plannedSweepRun `json:"runs"`
	Extra []string          `json:"extra,omitempty"` // runs in the folder that are not the sweep's
}

type plannedSweepRun struct {
	Name   string           `json:"name"`
	Varied []run.Assignment `json:"varied"`
	Epochs int              `json:"epochs"`
	Status run.Status       `json:"status"`
	Todo   bool             `json:"todo"`
}

func (a *app) printSweep(s *train.Sweep, json bool) error {
	plan := plannedSweep{Dir: s.Dir, Extra: s.Extra}
	todo := 0
	for _, r := range s.Runs {
		plan.Runs = append(plan.Runs, plannedSweepRun{r.Name, r.Varied, r.Epochs, r.Status, s.Todo(r)})
		if s.Todo(r) {
			todo++
		}
	}
	if json {
		return printJSON(a.term.Out, plan)
	}
	fmt.Fprintf(a.term.Out, "%s, of which %d to train, in %s\n", sweepRuns(len(plan.Runs)), todo, plan.Dir)
	tw := tabwriter.NewWriter(a.term.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "run\tepochs\tstatus\tto do")
	for i, r := range plan.Runs {
		fmt.Fprintf(tw, "%s\t%d\t%s\t%s\n", r.Name, r.Epochs, r.Status, whatToDo(s, s.Runs[i]))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	printExtra(a.term.Out, s)
	return nil
}

// whatToDo says what becomes of a run.
func whatToDo(s *train.Sweep, r *train.SweepRun) string {
	switch {
	case !r.Mine:
		return "nothing: of another shard"
	case r.Status == run.StatusDone:
		return "nothing"
	case r.Status == train.StatusElsewhere:
		return "nothing: another process has it"
	case !s.Todo(r):
		return "nothing: --retry tries once more"
	case r.Status == train.StatusWaiting:
		return "train"
	}
	return "go on"
}

func sweepRuns(n int) string { return fmt.Sprintf("%d %s", n, plural(n, "run", "runs")) }
