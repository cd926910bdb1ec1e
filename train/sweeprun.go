package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A SweepEvent is an event of one of a sweep's runs. As JSON it is that event's object
// with the run's name and device.
type SweepEvent struct {
	Name   string
	Device string
	Event  Event
}

// MarshalJSON writes one object.
func (e SweepEvent) MarshalJSON() ([]byte, error) {
	head, err := json.Marshal(struct {
		Name   string `json:"sweep_run"` // the events have keys name and device of their own
		Device string `json:"sweep_device"`
	}{e.Name, e.Device})
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(e.Event)
	if err != nil {
		return nil, err
	}
	return append(append(head[:len(head)-1], ','), body[1:]...), nil
}

// RunLeft is the last event of a run of a sweep: "left". What it says is as of SweepRun.
type RunLeft struct {
	Event  string     `json:"event"`
	Run    string     `json:"run"` // its folder
	Status run.Status `json:"status"`
	RMSE   *float64   `json:"rmse,omitempty"`
	Error  string     `json:"error,omitempty"`
}

func (RunLeft) event() {}

// SweepOptions are what the runs of a sweep are trained with.
type SweepOptions struct {
	Devices []string // names as of the setting devices; one run at a time on each
	// Observe, unless nil, is called with each event of the runs, by one goroutine at a
	// time.
	Observe func(SweepEvent)
	// Train is for each run, but for its Observe. Its other functions are called by
	// several goroutines at once.
	Train Options
}

// Run trains the runs that are to do. When ctx ends the running ones stop and save, and
// it returns ErrInterrupted. One that fails does not stop the others; the error then
// says how many did. A device that fails gets no further run.
func (s *Sweep) Run(ctx context.Context, o SweepOptions) error {
	if o.Train.SaveAsked == nil {
		o.Train.SaveAsked = func() bool { return false }
	}
	w := &sweeping{sweep: s, options: o}
	var working sync.WaitGroup
	for _, device := range o.Devices {
		working.Go(func() { w.work(ctx, device) })
	}
	working.Wait()
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	var failed, left []string
	for _, r := range s.Runs {
		switch {
		case r.Mine && r.Failed():
			failed = append(failed, r.Name)
		case s.Todo(r):
			left = append(left, r.Name)
		}
	}
	switch {
	case len(left) > 0:
		return fmt.Errorf("no device is left for %d of %d runs: %w", len(left), len(s.Runs), w.fault)
	case len(failed) > 0:
		return fmt.Errorf("%d of %d runs failed: %s", len(failed), len(s.Runs), strings.Join(failed, ", "))
	}
	return nil
}

// sweeping is a sweep that is going.
type sweeping struct {
	sweep   *Sweep
	options SweepOptions

	planning  sync.Mutex // of next, fault, and what the sweep keeps of its data
	next      int        // position of the run whose turn it is
	fault     error      // of the device that failed last
	observing sync.Mutex
	saves     atomic.Int64 // times that a checkpoint was asked for
}

// work trains one run after the other on a device.
func (w *sweeping) work(ctx context.Context, device string) {
	for ctx.Err() == nil {
		r, plan, err := w.turn(device)
		if r == nil {
			return
		}
		if err == nil {
			_, err = plan.Run(ctx, w.optionsOf(r, device))
		}
		w.settle(r, plan, err)
		w.observe(SweepEvent{r.Name, device, w.left(r)})
		if errors.Is(err, graph.ErrDevice) && !errors.Is(err, graph.ErrMemory) {
			w.planning.Lock()
			defer w.planning.Unlock()
			w.fault = err
			return
		}
	}
}

// turn takes the next run that is to do, as it stands by now.
func (w *sweeping) turn(device string) (*SweepRun, *Plan, error) {
	w.planning.Lock()
	defer w.planning.Unlock()
	for w.next < len(w.sweep.Runs) {
		r := w.sweep.Runs[w.next]
		w.next++
		if !w.sweep.Todo(r) {
			continue
		}
		if err := r.look(); err != nil {
			return r, nil, err
		}
		if !w.sweep.Todo(r) { // another process has it, or was faster
			w.observe(SweepEvent{r.Name, device, w.left(r)})
			continue
		}
		plan, err := w.sweep.plan(r, device)
		return r, plan, err
	}
	return nil, nil, nil
}

// plan plans a run anew, or from where it was stopped.
func (s *Sweep) plan(r *SweepRun, device string) (*Plan, error) {
	plan, err := s.planNew(r)
	if err != nil {
		return nil, err
	}
	const why = "chosen by the sweep"
	if r.Status != StatusWaiting {
		of := &run.Run{Dir: r.Dir}
		for _, name := range []string{run.Last, run.Best} {
			if _, err := os.Stat(of.Checkpoint(name)); err == nil {
				return planResume(r.Dir, run.Last, machineFlags(plan.Values, device), s.open)
			}
		}
		if err := discard(of); err != nil { // it was killed before it had a checkpoint
			return nil, err
		}
	}
	if err := plan.Values.Choose("devices", device, why); err != nil {
		return nil, err
	}
	return plan, plan.Values.Choose("run-dir", r.Dir, why)
}

// machineFlags are what a resumed run goes on with.
func machineFlags(v *run.Values, device string) []run.Assignment {
	flags := []run.Assignment{{Key: "devices", Value: device}}
	for _, key := range whereabouts {
		if setting, _ := run.Lookup(key); key == "data" || v.Given(key) {
			flags = append(flags, run.Assignment{Key: key, Value: setting.Format(&v.Config)})
		}
	}
	return flags
}

// discard removes a run of which nothing can be used.
func discard(of *run.Run) error {
	lock, err := of.Lock()
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(of.Dir), lock.Release())
}

func (w *sweeping) optionsOf(r *SweepRun, device string) Options {
	o := w.options.Train
	o.Observe = func(e Event) { w.observe(SweepEvent{r.Name, device, e}) }
	seen := w.saves.Load()
	o.SaveAsked = func() bool { // each run saves, whichever of them heard it
		if w.options.Train.SaveAsked() {
			w.saves.Add(1)
		}
		now := w.saves.Load()
		asked := now != seen
		seen = now
		return asked
	}
	return o
}

func (w *sweeping) observe(e SweepEvent) {
	if w.options.Observe == nil {
		return
	}
	w.observing.Lock()
	defer w.observing.Unlock()
	w.options.Observe(e)
}

// settle notes how a run was left, by what its folder says and the error of its
// training.
func (w *sweeping) settle(r *SweepRun, plan *Plan, err error) {
	if lookErr := r.look(); err == nil {
		err = lookErr
	}
	stopped := errors.Is(err, ErrInterrupted) || errors.Is(err, context.Canceled)
	_, locked := errors.AsType[*run.LockedError](err)
	_, taken := errors.AsType[*run.UsageError](err)
	taken = taken && plan != nil && plan.run == nil && r.Status != StatusWaiting // a new run that is there
	switch {
	case err == nil || stopped || taken && r.Status == run.StatusDone:
	case locked || taken: // another process was faster
		r.Status = StatusElsewhere
	default:
		r.Err = err
		if !r.Failed() {
			r.Status = run.StatusFailed
		}
	}
}

func (w *sweeping) left(r *SweepRun) RunLeft {
	left := RunLeft{Event: "left", Run: r.Dir, Status: r.Status}
	if r.Info != nil && r.Info.Best != nil {
		left.RMSE = r.Info.Best.RMSE
	}
	if r.Err != nil {
		left.Error = r.Err.Error()
	}
	return left
}
