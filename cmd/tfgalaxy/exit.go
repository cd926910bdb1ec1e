package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// Exit codes that scripts rely on.
const (
	exitDone       = 0
	exitFailure    = 1
	exitUsage      = 2
	exitData       = 3
	exitDevice     = 4
	exitSignalBase = 128 // and the signal's number: 130 for Ctrl-C, 143 for kill
)

// exitCode is the code that the program ends with after an error.
func (a *app) exitCode(err error) int {
	var usage *run.UsageError
	var data *galaxyzoo.DataError
	var locked *run.LockedError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, train.ErrInterrupted), errors.Is(err, context.Canceled):
		return a.stop.exitCode()
	case errors.Is(err, syscall.EPIPE): // perhaps before its signal has arrived
		return exitSignalBase + int(syscall.SIGPIPE)
	case a.hungUp(err):
		return exitSignalBase + int(syscall.SIGHUP)
	case errors.As(err, &usage), errors.As(err, &locked):
		return exitUsage
	case errors.As(err, &data):
		return exitData
	case errors.Is(err, graph.ErrDevice):
		return exitDevice
	}
	return exitFailure
}

// hungUp reports whether a result was lost as its terminal is gone, perhaps before the
// signal of that has arrived.
func (a *app) hungUp(err error) bool {
	_, lost := errors.AsType[*outputError](err)
	return lost && errors.Is(err, syscall.EIO) && a.term != nil && a.term.IsTerminal
}

// reinstall mends a TensorFlow that is missing or does not start.
const reinstall = "install TensorFlow anew: make distclean setup build, or make distclean install"

// A hintedError is an error with what to do about it, where the user got nothing
// wrong.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// report prints an error and its hint as a user reads them. That nobody reads
// the output is nothing that somebody would read about.
func report(w io.Writer, err error) {
	text := err.Error()
	switch {
	case errors.Is(err, syscall.EPIPE):
		return
	case errors.Is(err, context.Canceled):
		text = "interrupted"
	}
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(w, "tfgalaxy: %s\n", line)
	}
	hint := ""
	if hinted, ok := errors.AsType[*hintedError](err); ok {
		hint = hinted.hint
	} else if usage, ok := errors.AsType[*run.UsageError](err); ok {
		hint = usage.Hint
	} else if _, ok := errors.AsType[*graph.LoadError](err); ok {
		hint = reinstall
	} else if errors.Is(err, graph.ErrMemory) {
		hint = "try a smaller --batch-size"
	}
	if hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}
