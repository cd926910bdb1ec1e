package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/cmd/tfgalaxy/internal/tflog"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/internal/timeline"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) trainCommand() *cli.Command {
	return &cli.Command{
		Name:  "train",
		Usage: "train a network into a new run folder, or resume a run",
		Description: "Settings come from flags, then TFGALAXY_* variables (--batch-size is\n" +
			"TFGALAXY_BATCH_SIZE), then --config, then the preset, then the defaults. Shown\n" +
			"are those of the default preset; tfgalaxy presets lists what the others change.\n" +
			"Ctrl-C stops after the running step and saves; --resume goes on from there.\n" +
			"SIGUSR1 saves after the running step and goes on.\n" +
			"With --json, each event is an object on a line of its own.",
		Flags: append([]cli.Flag{
			configFlag,
			&cli.StringFlag{Name: "resume", Usage: "folder of the `RUN` to go on with"},
			&cli.StringFlag{Name: "checkpoint", Usage: "with --resume: `NAME` of the checkpoint to go on from, last or best", Value: run.Last},
			profileFlag,
			&cli.BoolFlag{Name: "dry-run", Usage: "check everything, print the plan, and stop", DisableDefaultText: true},
		}, allSettingFlags()...),
		Action: a.train,
	}
}

func (a *app) train(ctx *cli.Context) error {
	asked, stop := saveAsked()
	defer stop()
	if err := checkProfile(ctx); err != nil {
		return err
	}
	plan, err := a.plan(ctx)
	if err != nil {
		return err
	}
	if ctx.Bool("dry-run") {
		return a.printPlan(plan, ctx.Bool("json"))
	}
	return a.profiled(ctx, func(t *timeline.Recorder) error { return a.trainPlan(ctx, plan, t, asked) })
}

func (a *app) trainPlan(ctx *cli.Context, plan *train.Plan, t *timeline.Recorder, saveAsked func() bool) error {
	starting := t.Track(train.Track).Start("start TensorFlow")
	err := a.startRuntime(&plan.Values.Config)
	starting.End()
	if err != nil {
		return err
	}
	view := a.trainView(ctx.Bool("json"))
	ended, err := plan.Run(ctx.Context, train.Options{
		Command: a.args, Version: version, ExitCode: a.exitCode, Timeline: t, SaveAsked: saveAsked,
		Observe: view.observe, CropProgress: counting(view.progress, "cutting crops"),
	})
	view.close()
	return a.hintTrain(err, &plan.Values.Config, ended)
}

func (a *app) plan(ctx *cli.Context) (*train.Plan, error) {
	dir, checkpoint := ctx.String("resume"), ctx.String("checkpoint")
	if err := checkCheckpoint(checkpoint); err != nil {
		return nil, err
	}
	if !ctx.IsSet("resume") {
		if ctx.IsSet("checkpoint") {
			return nil, &run.UsageError{
				Err:  errors.New("--checkpoint has no effect without --resume"),
				Hint: "a new run that starts from a checkpoint's weights: --init-from FOLDER",
			}
		}
		values, err := a.settings(ctx)
		if err != nil {
			return nil, err
		}
		a.dataOf(values)
		plan, err := train.NewPlan(values)
		if err == nil {
			a.noteDrawn(values)
		}
		return plan, err
	}
	if ctx.IsSet(configFlag.Name) {
		return nil, &run.UsageError{
			Err:  errors.New("--config and --resume do not go together"),
			Hint: "a resumed run has its own configuration; give what changes by flags",
		}
	}
	return train.PlanResume(dir, checkpoint, assignments(ctx))
}

// startRuntime starts TensorFlow, with its chatter kept off the terminal, and on no
// more threads than are configured; nil leaves them all to it.
func (a *app) startRuntime(c *run.Config) error {
	var machine graph.Machine
	if c != nil {
		cpus := graph.NamedCPUs(c.Devices)
		cpuOnly := c.Workers != "" || cpus > 0 && !strings.Contains(c.Devices, "gpu:")
		machine = graph.Machine{Threads: c.Threads, CPUs: cpus, CPUOnly: cpuOnly}
	}
	if machine.Threads > 0 {
		runtime.GOMAXPROCS(machine.Threads)
	}
	return tflog.Quietly(func() error { return graph.Start(machine) })
}

// trainView shows a run's events: as JSON lines, or as text for a reader.
type trainView struct {
	a        *app
	json     bool
	progress *terminal.Progress
	started  train.Started
	epoch    *run.Epoch // the last that ended
	eta      eta
}

func (a *app) trainView(json bool) *trainView {
	return &trainView{a: a, json: json, progress: a.term.Progress()}
}

func (v *trainView) observe(event train.Event) {
	if v.json {
		printJSONLine(v.a.term.Out, event)
	}
	switch e := event.(type) {
	case train.Started:
		v.started = e
		v.eta = eta{from: e.FromStep, begin: v.a.term.Now(), now: v.a.term.Now}
		v.text("run %s: network %s, %s weights, on %s in %s\n%s galaxies to train on, %s held back, %s",
			e.Run, e.Network, terminal.Count(e.Weights), e.Device, e.Precision,
			terminal.Count(e.Training), terminal.Count(e.Validation), length(e.Epochs, e.Steps, e.StepsPerEpoch))
		if e.Note != "" {
			v.text("note: %s", e.Note)
		}
	case train.Stepped:
		v.progress.Update(func() string { return v.line(e) })
	case train.EpochEnded:
		v.epoch = &e.Epoch
		v.text("%s", epochLine(e, v.started.Epochs))
	case train.CheckpointSaved:
		if e.Asked {
			v.text("saved at step %s: %s", terminal.Count(int(e.Step)), e.Dir)
		}
	case train.Warned:
		v.text("note: %s", e.Text)
	case train.Ended:
		v.ended(e)
	}
}

// length says how long a run is: "10 epochs of 866 steps", or "7 steps, 3 an epoch"
// where its end cuts an epoch short.
func length(epochs int, steps, perEpoch int64) string {
	all, each := int(steps), int(perEpoch)
	if epochs*each != all {
		return fmt.Sprintf("%s %s, %s an epoch", terminal.Count(all), plural(all, "step", "steps"), terminal.Count(each))
	}
	return fmt.Sprintf("%d %s of %s %s", epochs, plural(epochs, "epoch", "epochs"), terminal.Count(each), plural(each, "step", "steps"))
}

func (v *trainView) text(format string, args ...any) {
	if !v.json {
		v.progress.Print(fmt.Sprintf(format, args...))
	}
}

// line is the line of progress. A terminal cuts it where it ends, so what can be
// missed comes last.
func (v *trainView) line(e train.Stepped) string {
	rmse := ""
	if v.epoch != nil && v.epoch.RMSE != nil {
		rmse = fmt.Sprintf("  RMSE %.4f", *v.epoch.RMSE)
	}
	return fmt.Sprintf("epoch %d/%d %d %%  ETA %s  loss %.5f%s%s  step %s/%s",
		e.Epoch, v.started.Epochs, 100*e.EpochStep/v.started.StepsPerEpoch, v.eta.of(e.Step.Step, v.started.Steps),
		e.EpochLoss, rmse, speed(e.ImagesPerSecond, e.DataWait),
		terminal.Count(int(e.Step.Step)), terminal.Count(int(v.started.Steps)))
}

// speed is a part of a line, empty where nothing has been measured yet.
func speed(imagesPerSecond, dataWait float64) string {
	if imagesPerSecond == 0 {
		return ""
	}
	return fmt.Sprintf("  %s  data wait %.1f %%", terminal.Rate(imagesPerSecond, "images"), 100*dataWait)
}

func epochLine(e train.EpochEnded, epochs int) string {
	score := ""
	if e.RMSE != nil {
		score = fmt.Sprintf("  validation loss %.5f  RMSE %.4f", *e.ValidationLoss, *e.RMSE)
	}
	best := ""
	if e.Best {
		best = "  best so far"
	}
	return fmt.Sprintf("epoch %d/%d  loss %.5f%s%s%s",
		e.Epoch.Epoch, epochs, e.Loss, score, speed(e.ImagesPerSecond, e.DataWait), best)
}

func (v *trainView) ended(e train.Ended) {
	if e.Status != run.StatusDone {
		return
	}
	score := ""
	if e.RMSE != nil {
		score = fmt.Sprintf(", RMSE %.4f in epoch %d", *e.RMSE, e.BestEpoch)
	}
	v.progress.Done("")
	if !v.json {
		fmt.Fprintf(v.a.term.Out, "done: %d %s in %s%s\nrun %s\nSavedModel %s\n", e.Epochs, plural(e.Epochs, "epoch", "epochs"),
			terminal.Duration(time.Duration(e.Seconds*float64(time.Second))), score, e.Run, e.SavedModel)
	}
}

func (v *trainView) close() { v.progress.Done("") }
