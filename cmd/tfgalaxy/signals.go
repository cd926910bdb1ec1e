package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// stopper remembers the signal that asked the program to stop.
type stopper struct{ signal atomic.Int32 }

// handleSignals ends the context at the first signal to stop, and the program at
// the second. Besides Ctrl-C and kill, the program is told to stop when its
// terminal goes away, and when nobody reads its output any more.
func (a *app) handleSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	a.stop = &stopper{}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for s := range signals {
			a.stopFor(s.(syscall.Signal), cancel)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

func (a *app) stopFor(s syscall.Signal, cancel func()) {
	if first := a.stop.signal.CompareAndSwap(0, int32(s)); !first {
		// Each write to a closed pipe sends its signal anew.
		if s != syscall.SIGPIPE {
			os.Exit(a.stop.exitCode())
		}
		return
	}
	if s != syscall.SIGPIPE {
		line := "stopping; once more to stop at once"
		if a.term.IsTerminal { // which shows ^C in the line of progress
			line = "\n" + line
		}
		fmt.Fprintln(a.term.Err, line)
	}
	cancel()
}

// saveAsked returns what tells, for train.Options, whether SIGUSR1 has asked for a
// checkpoint. Until stop it does not end the program, as it does otherwise.
func saveAsked() (asked func() bool, stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	return func() bool {
		select {
		case <-signals:
			return true
		default:
			return false
		}
	}, func() { signal.Stop(signals) }
}

// exitCode is that of a program which a signal has ended, or exitFailure where
// none has.
func (s *stopper) exitCode() int {
	if number := s.signal.Load(); number != 0 {
		return exitSignalBase + int(number)
	}
	return exitFailure
}
