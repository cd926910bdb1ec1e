package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
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

// stopper remembers the signal that asked the program to stop.
type stopper struct{ signal atomic.Int32 }

// handleSignals ends the context at the first interrupt or termination, and the
// program at the second.
func (a *app) handleSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	a.stop = &stopper{}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s, ok := <-signals
		if !ok {
			return
		}
		number := s.(syscall.Signal)
		a.stop.signal.Store(int32(number))
		fmt.Fprintln(a.term.Err, "\ntfgalaxy: stopping and saving; once more to stop at once")
		cancel()
		if _, ok := <-signals; ok {
			os.Exit(exitSignalBase + int(number))
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// exitCode is the code that the program ends with after an error.
func (a *app) exitCode(err error) int {
	var usage *run.UsageError
	var data *galaxyzoo.DataError
	var locked *run.LockedError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, train.ErrInterrupted), errors.Is(err, context.Canceled):
		if s := a.stop.signal.Load(); s != 0 {
			return exitSignalBase + int(s)
		}
		return exitFailure
	case errors.As(err, &usage), errors.As(err, &locked):
		return exitUsage
	case errors.As(err, &data):
		return exitData
	case errors.Is(err, graph.ErrDevice):
		return exitDevice
	}
	return exitFailure
}

// report prints an error and its hint as a user reads them.
func report(w io.Writer, err error) {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(w, "tfgalaxy: %s\n", line)
	}
	var usage *run.UsageError
	if errors.As(err, &usage) && usage.Hint != "" {
		fmt.Fprintf(w, "hint: %s\n", usage.Hint)
	}
}
