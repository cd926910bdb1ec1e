package main

import (
	"bytes"
	"context"
	"syscall"
	"time"
)

// shimArgument makes this executable start another one on a disk; see shim.
const shimArgument = "--start-on-disk"

// A disk answers the system calls by which a program writes below a folder.
type disk struct {
	folder string
	fault  fault
	calls  []call // all that were made
}

// A call is a system call that writes.
type call struct {
	name      string // "write", "creat", "fsync" and so on
	path      string
	needsRoom bool // fails on a full disk
}

// A fault says what becomes of a call, counted from 0: whether it fails, or how
// long it takes.
type fault func(n int, c call) (syscall.Errno, time.Duration)

func (d *disk) answer(c call) (syscall.Errno, time.Duration) {
	n := len(d.calls)
	d.calls = append(d.calls, c)
	return d.fault(n, c)
}

// sound lets every call go on.
func sound(int, call) (syscall.Errno, time.Duration) { return 0, 0 }

// fullFrom is a disk on which from a call on nothing finds room.
func fullFrom(first int, errno syscall.Errno) fault {
	return func(n int, c call) (syscall.Errno, time.Duration) {
		if n >= first && c.needsRoom {
			return errno, 0
		}
		return 0, 0
	}
}

// refusesFrom is a disk that from a call on takes nothing, as one that was turned
// read-only.
func refusesFrom(first int, errno syscall.Errno) fault {
	return func(n int, _ call) (syscall.Errno, time.Duration) {
		if n >= first {
			return errno, 0
		}
		return 0, 0
	}
}

// failsOnce is a disk that fails at one call.
func failsOnce(at int, errno syscall.Errno) fault {
	return func(n int, _ call) (syscall.Errno, time.Duration) {
		if n == at {
			return errno, 0
		}
		return 0, 0
	}
}

// slow is a disk that takes so long for each call.
func slow(delay time.Duration) fault {
	return func(int, call) (syscall.Errno, time.Duration) { return 0, delay }
}

// runOn runs the program to its end on a disk.
func (f *fixtures) runOn(ctx context.Context, d *disk, args ...string) (*ended, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var out, errs bytes.Buffer
	c := f.command(ctx, args...)
	c.Stdout, c.Stderr = &out, &errs
	serve, err := d.prepare(c)
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	answered := serve()
	e := newEnded(args, c.Wait(), &out, &errs)
	return e, answered
}
