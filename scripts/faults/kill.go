package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// kills are the attacks by SIGKILL at a random moment.
var kills = []kind{
	{"kill while training", 2, 130, killTraining},
	{"kill while writing checkpoints", 1, 60, killWriting},
	{"kill while cutting crops", 1, 40, killCutting},
	{"kill while exporting", 1, 30, killExport},
	{"kill while predicting", 1, 30, killPredict},
	{"kill while writing crops", 1, 10, killPrep},
	{"kill while drawing galaxies", 1, 10, killSynth},
}

func killTraining(t *trial) error { return t.killed(t.usual, t.usual.cache) }

func killWriting(t *trial) error {
	w, err := t.heavy()
	if err != nil {
		return err
	}
	return t.killed(w, w.cache)
}

func killCutting(t *trial) error {
	w, err := t.cutting()
	if err != nil {
		return err
	}
	cache := filepath.Join(t.dir, "cache")
	if err := t.killed(w, cache); err != nil {
		return err
	}
	return errors.Join(sameTree(cache, w.cache), leftovers(cache))
}

// killed kills a training one to three times, and has it gone on with to its end.
func (t *trial) killed(w *training, cache string) error {
	return t.struck(w, cache, 1+t.dice.IntN(3), func(p *process) error {
		w.await(p, w.moment(t))
		p.Process.Kill()
		if e := p.wait(); e.code > 0 {
			return e
		}
		return nil
	})
}

// struck strikes a training and its resumes, so many times, and checks that it
// comes to its end as if nothing had been. strike waits for the end of the process.
func (t *trial) struck(w *training, cache string, times int, strike func(*process) error) error {
	return t.struckBy(w, cache, times, func(args []string) error {
		p, err := t.start(t, args...)
		if err != nil {
			return err
		}
		return strike(p)
	})
}

// struckBy is struck for a strike that starts the process itself.
func (t *trial) struckBy(w *training, cache string, times int, strike func(args []string) error) error {
	dir := filepath.Join(t.dir, "run")
	args := w.begin(dir, cache)
	for range times {
		err := strike(args)
		if err != nil {
			return err
		}
		t.hit(w.phase(dir, cache))
		if args, err = t.goOn(w, dir, cache); err != nil {
			return err
		}
		if args == nil {
			return w.equals(dir)
		}
	}
	if e := t.run(t, args...); e.code != 0 {
		return e
	}
	return w.equals(dir)
}

// goOn checks what was left of a run and returns the arguments that go on with it,
// nil where it was done.
func (t *trial) goOn(w *training, dir, cache string) ([]string, error) {
	anew := w.begin(dir, cache)
	if !exists(dir) {
		return anew, nil
	}
	r, err := run.Open(dir)
	if err == nil {
		if e := t.run(t, "runs", "verify", "--run", dir); e.code != 0 {
			return nil, e
		}
	}
	switch {
	case err != nil: // killed before it wrote a word
		e := t.run(t, resume(dir)...)
		return anew, errors.Join(e.want(2, "holds neither run.json nor config.yaml"), os.RemoveAll(dir))
	case !exists(r.Checkpoint(run.Last)) && !exists(r.Checkpoint(run.Best)):
		e := t.run(t, resume(dir)...)
		return anew, errors.Join(e.want(2, "has no checkpoint yet"), os.RemoveAll(dir))
	}
	if info, err := r.Info(); err != nil || info.Status == run.StatusDone {
		return nil, err
	}
	return resume(dir), nil
}

// killedOnce kills a command at a random moment of a length, unless it has ended.
func (t *trial) killedOnce(length time.Duration, args ...string) error {
	p, err := t.start(t, args...)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(t.dice.Int64N(int64(length))))
	p.Process.Kill()
	if e := p.wait(); e.code > 0 {
		return e
	}
	return nil
}
