package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// sweepView shows the events of a sweep's runs: as JSON lines, or as a line for each run
// that ends and one of progress.
type sweepView struct {
	a        *app
	json     bool
	progress *terminal.Progress

	devices []string
	running map[string]*sweepLine // by device
	notes   map[string]bool       // that were shown: each run has the same
	done    int                   // of all
	all     int

	stepsLeft map[string]int64 // of each run that is not over
	made      int64            // steps of this process
	eta       eta
}

// sweepLine is how far a run is.
type sweepLine struct {
	name    string
	started train.Started
	step    train.Stepped
	began   time.Time
}

func (a *app) sweepView(s *train.Sweep, devices []string, json bool) *sweepView {
	v := &sweepView{a: a, json: json, progress: a.term.Progress(), devices: devices, running: map[string]*sweepLine{}, notes: map[string]bool{},
		stepsLeft: map[string]int64{}, eta: eta{begin: a.term.Now(), now: a.term.Now}}
	for _, r := range s.Runs {
		switch {
		case s.Todo(r):
			v.all++
			v.stepsLeft[r.Name] = r.Steps
		case r.Mine && r.Failed():
			v.text("%s %s before; --retry tries it once more", r.Name, r.Status)
		case r.Mine && r.Status == train.StatusElsewhere:
			v.text("%s is in use by another process", r.Name)
		}
	}
	v.text("%s in %s, %d to train on %s", sweepRuns(len(s.Runs)), s.Dir, v.all, strings.Join(devices, ", "))
	return v
}

func (v *sweepView) text(format string, args ...any) {
	if !v.json {
		v.progress.Print(fmt.Sprintf(format, args...))
	}
}

func (v *sweepView) observe(e train.SweepEvent) {
	if v.json {
		printJSONLine(v.a.term.Out, e) //nolint:errcheck // output keeps its error
	}
	switch event := e.Event.(type) {
	case train.Started:
		v.running[e.Device] = &sweepLine{name: e.Name, started: event, began: v.a.term.Now()}
		v.stepsLeft[e.Name] = event.Steps - event.FromStep
		v.note(e.Name, event.Note)
	case train.Stepped:
		v.running[e.Device].step = event
		v.stepsLeft[e.Name] = v.running[e.Device].started.Steps - event.Step.Step
		v.made++
		v.progress.Update(v.line)
	case train.Warned:
		v.note(e.Name, event.Text)
	case train.RunLeft:
		if event.Status != run.StatusInterrupted {
			v.done++
		}
		delete(v.stepsLeft, e.Name)
		v.left(e, &event)
		delete(v.running, e.Device)
	}
}

// note shows what a run has to say that no run has said before.
func (v *sweepView) note(name, text string) {
	if text != "" && !v.notes[text] {
		v.notes[text] = true
		v.text("note: %s (%s)", text, name)
	}
}

// line is the line of progress: what can be missed comes last.
func (v *sweepView) line() string {
	left := int64(0)
	for _, steps := range v.stepsLeft {
		left += steps
	}
	parts := []string{fmt.Sprintf("%d of %d done", v.done, v.all), "ETA " + v.eta.of(v.made, v.made+left)}
	for _, device := range v.devices {
		if l := v.running[device]; l != nil && l.step.Step.Step > 0 {
			parts = append(parts, fmt.Sprintf("%s %d %% loss %.4f", l.name, 100*l.step.Step.Step/l.started.Steps, l.step.EpochLoss))
		}
	}
	return strings.Join(parts, "  ")
}

// left shows how a run ended.
func (v *sweepView) left(e train.SweepEvent, left *train.RunLeft) {
	took := ""
	if l := v.running[e.Device]; l != nil {
		took = " in " + terminal.Duration(v.a.term.Now().Sub(l.began))
	}
	line := fmt.Sprintf("%d/%d  %s  %s%s", v.done, v.all, e.Name, left.Status, took)
	if left.RMSE != nil {
		line += fmt.Sprintf("  RMSE %.4f", *left.RMSE)
	}
	if left.Error != "" {
		line += ": " + left.Error
	}
	v.text("%s", line)
}

func (v *sweepView) close() { v.progress.Done("") }

// sweptTable is the last that a sweep prints.
type sweptTable struct {
	Event string `json:"event"` // "sweep"
	Dir   string `json:"dir"`
	Done  int    `json:"done"`
	Of    int    `json:"of"`
	*run.Comparison
	sweep *train.Sweep
}

func newSweptTable(s *train.Sweep) *sweptTable {
	t := &sweptTable{Event: "sweep", Dir: s.Dir, Of: len(s.Runs), Comparison: s.Compare(), sweep: s}
	for i := range t.Runs {
		if t.Runs[i].Status == run.StatusDone {
			t.Done++
		}
	}
	return t
}

func (t *sweptTable) print(w io.Writer) {
	fmt.Fprintf(w, "%d of %s done, in %s\n", t.Done, sweepRuns(t.Of), t.Dir)
	if len(t.Runs) > 0 {
		printCompared(w, t.Comparison)
		printRepeated(w, t.Comparison)
	}
	if n := t.Of - len(t.Runs); n > 0 {
		fmt.Fprintf(w, "%d not begun\n", n)
	}
	printExtra(w, t.sweep)
}

func printExtra(w io.Writer, s *train.Sweep) {
	if n := len(s.Extra); n > 0 {
		fmt.Fprintf(w, "not of this sweep, though in its folder: %s\n", strings.Join(s.Extra, ", "))
	}
}
