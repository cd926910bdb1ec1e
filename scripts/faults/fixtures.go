package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// fixtures are what attacks share and must not change: the program, and what it
// makes when nobody disturbs it.
type fixtures struct {
	program string
	home    string // HOME of all processes
	data    string // a drawn data folder of 48 galaxies
	whole   string // a run that nobody disturbed; see training
	cache   string // its crop cache

	usual *training // the same run, as attacks repeat it
	// Made when an attack first wants them.
	trainings  once[*training]
	outputs    once[output]
	references once[*reference]
	hits       hits
}

// flags are those of the run that attacks repeat, but for its folders: small enough
// that one takes some two seconds, of 4 epochs of 10 steps each.
func (f *fixtures) flags() []string {
	return []string{"--data", f.data, "--size", "16", "--epochs", "4", "--batch-size", "5", "--threads", "1", "--input-threads", "1"}
}

// training are the arguments of that run.
func (f *fixtures) training(runDir, cache string) []string {
	return append(append([]string{"train"}, f.flags()...), "--run-dir", runDir, "--cache", cache)
}

func newFixtures(ctx context.Context, program, dir string) (*fixtures, error) {
	f := &fixtures{
		program: program, home: filepath.Join(dir, "home"), data: filepath.Join(dir, "data")}
	if err := os.MkdirAll(f.home, 0o755); err != nil {
		return nil, err
	}
	err := f.run(ctx, "data", "synth", "--out", f.data, "--count", "48").want(0, "")
	if err == nil {
		f.usual, err = f.trained(ctx, "whole", f.flags()...)
	}
	if err != nil {
		f.remove()
		return nil, fmt.Errorf("failed to prepare: %w", err)
	}
	f.whole, f.cache = f.usual.run, f.usual.cache
	return f, nil
}

func (f *fixtures) remove() { os.RemoveAll(filepath.Dir(f.home)) }

// An ended is a process that has.
type ended struct {
	args        []string
	code        int // -1 where a signal ended it
	out, errors string
}

func (e *ended) Error() string {
	return fmt.Sprintf("%v ended with exit code %d: %s%s", e.args, e.code, e.out, e.errors)
}

// patience is how long a process may take.
const patience = 2 * time.Minute

// command prepares a process.
func (f *fixtures) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, f.program, args...)
	c.Env = []string{"HOME=" + f.home, "PATH=" + os.Getenv("PATH")}
	return c
}

// run runs the program to its end.
func (f *fixtures) run(ctx context.Context, args ...string) *ended {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var out, errs bytes.Buffer
	c := f.command(ctx, args...)
	c.Stdout, c.Stderr = &out, &errs
	return newEnded(args, c.Run(), &out, &errs)
}

// newEnded is a process that ended with an error of package exec, or nil.
func newEnded(args []string, err error, out, errs *bytes.Buffer) *ended {
	e := &ended{args: args, out: out.String(), errors: errs.String()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		e.code = exit.ExitCode()
	} else if err != nil {
		e.code, e.errors = -1, err.Error()
	}
	return e
}
