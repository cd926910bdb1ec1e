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
	return t.stopped(func(p *process) (int, error) {
		t.usual.await(p, t.usual.moment(t))
		p.Process.Signal(signal)
		return 128 + int(signal), nil
	})
}

func closePipe(t *trial) error {
	return t.stopped(func(p *process) (int, error) {
		t.usual.await(p, t.usual.moment(t))
		p.pipe.Close()
		return 128 + int(syscall.SIGPIPE), nil
	})
}

// stopped stops a training once or twice, in a way that ends it with an exit code
// but not with its work lost, and has it gone on with.
func (t *trial) stopped(stop func(*process) (int, error)) error {
	return t.struck(t.usual, t.cache, 1+t.dice.IntN(2), func(p *process) error {
		code, err := stop(p)
		if err != nil {
			return err
		}
		return t.stoppedWell(p.wait(), code)
	})
}

// stoppedWell checks how a training ended that was told to stop.
func (t *trial) stoppedWell(e *ended, code int) error {
	dir := filepath.Join(t.dir, "run")
	switch {
	case e.code == 0: // it had nothing left to do
		return nil
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

// interruptTwice does not wait for the end of what the first Ctrl-C has begun.
func interruptTwice(t *trial) error {
	return t.struck(t.usual, t.cache, 1, func(p *process) error {
		t.usual.await(p, t.usual.moment(t))
		p.Process.Signal(syscall.SIGINT)
		time.Sleep(time.Duration(t.dice.Int64N(int64(30 * time.Millisecond))))
		p.Process.Signal(syscall.SIGINT)
		if e := p.wait(); e.code > 0 && e.code != 130 {
			return e
		}
		return nil
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

// ask asks for a checkpoint in the first half of an epoch of 10 steps, and waits for
// one that is of no epoch's end. It returns of which step that is.
func (t *trial) ask(p *process) (step int64, err error) {
	after := int64(10*t.dice.IntN(4) + 1 + t.dice.IntN(4))
	asked := false
	for e, more := p.next(); more; e, more = p.next() {
		switch {
		case e.Event == "step" && e.Step >= after && !asked:
			asked = true
			if err := p.Process.Signal(syscall.SIGUSR1); err != nil {
				return 0, err
			}
		case e.Event == "checkpoint" && e.Name == run.Last && e.Step%10 != 0:
			return e.Step, nil
		}
	}
	return 0, fmt.Errorf("no checkpoint was written after step %d, where it was asked for: %w", after, p.wait())
}
