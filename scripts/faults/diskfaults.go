package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// disks are the attacks by disks that fill up, fail, or are slow.
var disks = []kind{
	{"disk full while training", 1, 40, func(t *trial) error { return t.failing(tasks[0], fullDisk) }},
	{"disk full while writing other things", 2, 60, func(t *trial) error { return t.failing(t.drawTask(), fullDisk) }},
	{"disk read-only while training", 1, 20, func(t *trial) error { return t.failing(tasks[0], readOnlyDisk) }},
	{"one error of the disk while training", 1, 40, func(t *trial) error { return t.failing(tasks[0], brokenDisk) }},
	{"one error of the disk while writing other things", 2, 60, func(t *trial) error { return t.failing(t.drawTask(), brokenDisk) }},
	{"slow disk", 1, 10, slowDisk},
}

// drawTask draws a task other than training.
func (t *trial) drawTask() task { return tasks[1+t.dice.IntN(len(tasks)-1)] }

// A drawnFault is a fault at one of these calls, with how its error reads.
type drawnFault func(t *trial, calls []call) (fault, syscall.Errno)

func fullDisk(t *trial, calls []call) (fault, syscall.Errno) {
	errno := []syscall.Errno{syscall.ENOSPC, syscall.ENOSPC, syscall.EDQUOT}[t.dice.IntN(3)]
	var takeRoom []int
	for n, c := range calls {
		if c.needsRoom {
			takeRoom = append(takeRoom, n)
		}
	}
	return fullFrom(takeRoom[t.dice.IntN(len(takeRoom))], errno), errno
}

func readOnlyDisk(t *trial, calls []call) (fault, syscall.Errno) {
	return refusesFrom(t.dice.IntN(len(calls)), syscall.EROFS), syscall.EROFS
}

func brokenDisk(t *trial, calls []call) (fault, syscall.Errno) {
	return failsOnce(t.dice.IntN(len(calls)), syscall.EIO), syscall.EIO
}

// failing does a task on a disk that fails. It has to end as it does on a sound one,
// or to tell of the fault and leave nothing half-written; then, on a sound one, it
// has to go on to the same end.
func (t *trial) failing(k task, draw drawnFault) error {
	r, err := t.reference(k)
	if err != nil {
		return err
	}
	f, errno := draw(t, r.calls)
	d := &disk{folder: t.dir, fault: f}
	e, err := t.runOn(t, d, k.args(t.fixtures, t.dir)...)
	if err != nil {
		return err
	}
	first := d.firstFailed(f)
	wrong := func(what string, err error) error {
		return fmt.Errorf("%s at %s: %s: %w\n%s", k.name, first, what, err, e.errors)
	}
	if err := calm(e); err != nil {
		return wrong("it crashed", err)
	}
	if first == noCall { // the disk was asked for less than the last time
		t.hit(noCall + " refused")
		if e.code != 0 {
			return wrong("it failed", e)
		}
		return k.sameOutcome(t.dir, r)
	}
	if e.code == 0 {
		return wrong("nothing was told", e)
	}
	if err := tellsOf(e, errno, t.dir); err != nil {
		return wrong("it was told badly", err)
	}
	if err := k.wholeFiles(t.dir, r); err != nil {
		return wrong("it left something", err)
	}
	if k.name == "train" {
		if err := t.verifyIfThere(); err != nil {
			return wrong("the run is damaged", err)
		}
	}
	if e := k.goOn(t); e.code != 0 {
		return wrong("it could not go on", e)
	}
	if err := k.sameOutcome(t.dir, r); err != nil {
		return wrong("it went on to another end", err)
	}
	return nil
}

const noCall = "no call"

// firstFailed says at which call the fault showed itself.
func (d *disk) firstFailed(f fault) string {
	for n, c := range d.calls {
		if errno, _ := f(n, c); errno != 0 {
			return fmt.Sprintf("call %d of %d, %s of %s (%v)", n, len(d.calls), c.name, strings.TrimPrefix(c.path, d.folder), errno)
		}
	}
	return noCall
}

// calm returns an error where a process crashed.
func calm(e *ended) error {
	for _, sign := range []string{"panic: ", "goroutine ", "fatal error: ", "SIGBUS", "SIGSEGV"} {
		if strings.Contains(e.errors, sign) {
			return fmt.Errorf("its output has %q", sign)
		}
	}
	if e.code < 0 {
		return errors.New("a signal ended it, or it took too long")
	}
	return nil
}

// tellsOf returns an error unless a process ended with exit code 1 and an error of a
// file or folder below dir and the reason.
func tellsOf(e *ended, errno syscall.Errno, dir string) error {
	told := toldBy(e)
	switch {
	case e.code != 1:
		return fmt.Errorf("exit code %d, want 1", e.code)
	case told == "":
		return errors.New("no error is told")
	case !strings.Contains(strings.ToLower(told), errno.Error()):
		return fmt.Errorf("want %q", errno)
	case !strings.Contains(told, dir):
		return errors.New("want the name of the file")
	}
	return nil
}

// toldBy are the lines of a process's errors, without its progress and its hints.
func toldBy(e *ended) string {
	var told strings.Builder
	for line := range strings.Lines(e.errors) {
		if strings.HasPrefix(line, "tfgalaxy: ") {
			told.WriteString(line)
		}
	}
	return told.String()
}

// verifyIfThere has the program verify the trial's run, if there is one.
func (t *trial) verifyIfThere() error {
	run := t.dir + "/run"
	if !exists(run) {
		return nil
	}
	if e := t.run(t, "runs", "verify", "--run", run); e.code != 0 {
		return e
	}
	return nil
}

// slowDisk does a task on a disk that takes some milliseconds for each call.
func slowDisk(t *trial) error {
	k := tasks[t.dice.IntN(len(tasks))]
	r, err := t.reference(k)
	if err != nil {
		return err
	}
	const longest = 10 * time.Second
	delay := min(time.Duration(1+t.dice.IntN(50))*time.Millisecond, longest/time.Duration(len(r.calls)+1))
	e, err := t.runOn(t, &disk{folder: t.dir, fault: slow(delay)}, k.args(t.fixtures, t.dir)...)
	if err != nil {
		return err
	}
	if e.code != 0 {
		return fmt.Errorf("%s with %v for each call: %w", k.name, delay, e)
	}
	return k.sameOutcome(t.dir, r)
}
