package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// vanishings are attacks on what a training uses while it goes on.
var vanishings = []kind{
	{"crop cache removed while training", 1, 10, func(t *trial) error { return t.meanwhile(removeCrops, goesOn) }},
	{"crop cache cut while training", 1, 20, func(t *trial) error { return t.meanwhile(cutCrops, stopsOrEnds) }},
	{"data removed while training", 1, 10, func(t *trial) error { return t.meanwhile(removeData, goesOn) }},
	{"images removed while crops are cut", 1, 10, removeImages},
	{"clock set while a run was stopped", 1, 10, otherTimes},
	{"a disk that fills up", 1, 10, realFullDisk},
}

// ownTraining trains in the trial's folder on a copy of the data there.
func (t *trial) ownTraining() ([]string, error) {
	data, err := t.copyOf(t.data, "data")
	return append(t.trainingIn(t.dir), "--data", data), err
}

// meanwhile trains, does something at a drawn moment, and has the outcome judged.
func (t *trial) meanwhile(strike func(dir string) error, judge func(*trial, *ended) error) error {
	args, err := t.ownTraining()
	if err != nil {
		return err
	}
	struck := make(chan error, 1)
	ctx, stop := context.WithCancel(t)
	go func() { struck <- t.struckAfter(ctx, strike) }()
	e := t.run(t, args...)
	stop()
	if err := errors.Join(<-struck, calm(e)); err != nil {
		return fmt.Errorf("%w: %s", err, e.errors)
	}
	return judge(t, e)
}

// struckAfter waits for the first step, and a moment more.
func (t *trial) struckAfter(ctx context.Context, strike func(dir string) error) error {
	for ctx.Err() == nil {
		if rows, err := os.ReadFile(filepath.Join(t.dir, "run", "metrics.jsonl")); err == nil && len(rows) > 0 {
			time.Sleep(time.Duration(t.dice.Int64N(int64(500 * time.Millisecond))))
			if ctx.Err() != nil {
				t.hit("after the end")
				return nil
			}
			t.hit("training")
			return strike(t.dir)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

func removeCrops(dir string) error { return os.RemoveAll(filepath.Join(dir, "cache")) }
func removeData(dir string) error  { return os.RemoveAll(filepath.Join(dir, "data")) }

func cutCrops(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "cache", "*.bin"))
	if err != nil || len(names) == 0 {
		return errors.Join(errors.New("no crops to cut"), err)
	}
	return os.Truncate(names[0], 100)
}

func goesOn(t *trial, e *ended) error {
	if e.code != 0 {
		return e
	}
	return t.equalsReference()
}

func (t *trial) equalsReference() error {
	r, err := t.reference(tasks[0])
	if err != nil {
		return err
	}
	return sameRun(filepath.Join(t.dir, "run"), filepath.Join(r.dir, "run"))
}

// stopsOrEnds lets a training stop that says what was cut, and goes on with it.
func stopsOrEnds(t *trial, e *ended) error {
	if e.code == 0 {
		return t.equalsReference()
	}
	if e.code != 1 || !strings.Contains(e.errors, "crops-") || !strings.Contains(e.errors, "builds it anew") {
		return fmt.Errorf("told badly: %w", e)
	}
	if e := t.run(t, t.trainAgain(t.dir)...); e.code != 0 {
		return fmt.Errorf("it did not go on: %w", e)
	}
	return t.equalsReference()
}

// removeImages takes images away while, or before, they are read.
func removeImages(t *trial) error {
	args, err := t.ownTraining()
	if err != nil {
		return err
	}
	images, err := filepath.Glob(filepath.Join(t.dir, "data", "*", "*.jpg"))
	if err != nil || len(images) == 0 {
		return errors.Join(errors.New("no images"), err)
	}
	d := &disk{folder: t.dir}
	d.fault = func(_ int, c call) (syscall.Errno, time.Duration) {
		if strings.Contains(c.path, ".bin.tmp") { // it is about to cut crops
			os.Remove(images[0])
		}
		return 0, 0
	}
	e, err := t.runOn(t, d, args...)
	if err != nil {
		return err
	}
	if e.code != 3 || !strings.Contains(e.errors, filepath.Base(images[0])) {
		return fmt.Errorf("the image was not named: %w", e)
	}
	if exists(filepath.Join(t.dir, "run")) {
		return errors.New("a run folder is left")
	}
	return calm(e)
}

// otherTimes gives all files of a run other times, from the past or the future.
func otherTimes(t *trial) error {
	r, err := t.reference(tasks[0])
	if err != nil {
		return err
	}
	d := &disk{folder: t.dir, fault: fullFrom(len(r.calls)/4+t.dice.IntN(len(r.calls)/2), syscall.ENOSPC)}
	e, err := t.runOn(t, d, t.trainingIn(t.dir)...)
	if err != nil {
		return err
	}
	if err := errors.Join(calm(e), tellsOf(e, syscall.ENOSPC, t.dir)); err != nil {
		return fmt.Errorf("%w: %w", err, e)
	}
	names, err := files(t.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		when := []time.Time{time.Unix(0, 0), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}[t.dice.IntN(2)]
		if err := os.Chtimes(filepath.Join(t.dir, name), when, when); err != nil {
			return err
		}
	}
	lock := []byte(`{"pid":1,"host":"elsewhere","since":"2100-01-01T00:00:00Z"}` + "\n")
	if exists(filepath.Join(t.dir, "run")) {
		if err := os.WriteFile(filepath.Join(t.dir, "run", "lock"), lock, 0o644); err != nil {
			return err
		}
	}
	if e := t.run(t, t.trainAgain(t.dir)...); e.code != 0 {
		return e
	}
	return t.equalsReference()
}
