package main

import (
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// signals are the ways in which a training is told to stop, or to save. The short form
// leaves out what another kind has too.
var signals = []kind{
	{"Ctrl-C", 1, 20, func(t *trial) error { return t.signalled(syscall.SIGINT) }},
	{"Ctrl-C twice", 1, 20, interruptTwice},
	{"terminated", 1, 20, func(t *trial) error { return t.signalled(syscall.SIGTERM) }},
	{"hung up", 0, 20, func(t *trial) error { return t.signalled(syscall.SIGHUP) }},
	{"terminal closed", 1, 20, closeTerminal},
	{"reader of events gone", 1, 20, closePipe},
	{"checkpoint asked for", 0, 20, askCheckpoint},
	{"checkpoint asked for, then kill", 1, 20, askAndKill},
}

// signalled has a training stop by a signal, once or twice, and go on.
func (t *trial) signalled(signal syscall.Signal) error {
	return t.stopped(128+int(signal), func(p *process) { p.Process.Signal(signal) })
}

func closePipe(t *trial) error {
	return t.stopped(128+int(syscall.SIGPIPE), func(p *process) { p.pipe.Close() })
}

// stopped stops a training once or twice, in a way that ends it with an exit code
// but not with its work lost, and has it gone on with.
func (t *trial) stopped(code int, stop func(*process)) error {
	return t.struck(t.usual, t.cache, 1+t.dice.IntN(2), func(p *process) error {
		t.usual.await(p, t.usual.moment(t))
		stop(p)
		return t.stoppedWell(p.wait, code)
	})
}

// stoppedWell waits for the end of a training that was told to stop just now, and
// checks it.
func (t *trial) stoppedWell(wait func() *ended, code int) error {
	dir := filepath.Join(t.dir, "run")
	step := stepOf(dir)
	e := wait()
	switch {
	case e.code == 0:
		return t.usual.nearlyDone(step, e)
	case e.code == -1 && !exists(dir): // it had not begun
		return nil
	case e.code != code:
		return fmt.Errorf("want exit code %d: %w", code, e)
	case !exists(dir):
		return nil
	}
	info, err := (&run.Run{Dir: dir}).Info()
	if err != nil {
		return err
	}
	if info.Status == run.StatusDone {
		return nil
	}
	if info.Status != run.StatusInterrupted || info.ExitCode == nil || *info.ExitCode != code {
		return fmt.Errorf("run.json says %s: %w", info.Status, e)
	}
	return nil
}

// nearlyDone returns an error where a training came to its end that was told to stop
// long before, after that step. One that was at its last steps may end as it would.
func (w *training) nearlyDone(step int64, e *ended) error {
	last := w.events[len(w.events)-1].Step
	if step+10 < last {
		return fmt.Errorf("told to stop after step %d of %d, it went on: %w", step, last, e)
	}
	return nil
}

// interruptTwice does not wait for the end of what the first Ctrl-C has begun.
func interruptTwice(t *trial) error {
	return t.struck(t.usual, t.cache, 1, func(p *process) error {
		t.usual.await(p, t.usual.moment(t))
		p.Process.Signal(syscall.SIGINT)
		time.Sleep(time.Duration(t.dice.Int64N(int64(30 * time.Millisecond))))
		p.Process.Signal(syscall.SIGINT)
		step := stepOf(filepath.Join(t.dir, "run"))
		switch e := p.wait(); e.code {
		case 0:
			return t.usual.nearlyDone(step, e)
		case 130, -1: // stopped, or not waited for
			return nil
		default:
			return e
		}
	})
}

// askCheckpoint asks for one in the middle, and lets the training go on.
func askCheckpoint(t *trial) error {
	dir := filepath.Join(t.dir, "run")
	p, err := t.start(t, t.usual.begin(dir, t.cache)...)
	if err != nil {
		return err
	}
	if _, err := t.ask(p); err != nil {
		return err
	}
	if e := p.wait(); e.code != 0 {
		return e
	}
	return t.usual.equals(dir)
}

// askAndKill asks for a checkpoint and kills the training once it is there, which
// then goes on from that step.
func askAndKill(t *trial) error {
	return t.struck(t.usual, t.cache, 1, func(p *process) error {
		saved, err := t.ask(p)
		if err != nil {
			return err
		}
		p.Process.Kill()
		p.wait()
		_, state, err := whereRun(filepath.Join(t.dir, "run"))
		if err == nil && state.Step < saved {
			err = fmt.Errorf("the checkpoint is of step %d, one of step %d was told of", state.Step, saved)
		}
		return err
	})
}

// ask asks for a checkpoint in the first half of an epoch of 10 steps, from a drawn one
// on after every step until there is one that is of no epoch's end: on a slow machine
// a single signal may come too late. It returns of which step the checkpoint is.
func (t *trial) ask(p *process) (step int64, err error) {
	after := int64(1 + t.dice.IntN(30))
	for e, more := p.next(); more; e, more = p.next() {
		switch {
		case e.Event == "step" && e.Step >= after && 1 <= e.Step%10 && e.Step%10 <= 4:
			if err := p.Process.Signal(syscall.SIGUSR1); err != nil {
				return 0, err
			}
		case e.Event == "checkpoint" && e.Name == run.Last && e.Step%10 != 0:
			return e.Step, nil
		}
	}
	return 0, fmt.Errorf("no checkpoint was written after step %d, where it was asked for: %w", after, p.wait())
}
