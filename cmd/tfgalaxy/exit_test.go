package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func TestExitCodesAndReports(t *testing.T) {
	disk := errors.New("disk on fire")
	usage := &run.UsageError{Err: errors.New("unknown flag --epoch"), Hint: "did you mean --epochs?"}
	data := &galaxyzoo.DataError{File: "a.csv", Line: 3, Err: errors.New("galaxy 7 was already given on line 2")}
	interrupted := &hintedError{fmt.Errorf("%w at step 3, saved", train.ErrInterrupted), "tfgalaxy train --resume r goes on"}
	tests := []struct {
		name   string
		err    error
		signal syscall.Signal
		code   int
		says   string
	}{
		{"nothing", nil, 0, exitDone, ""},
		{"nothing, though told to stop", nil, syscall.SIGINT, exitDone, ""},
		{"failure", disk, 0, exitFailure, "tfgalaxy: disk on fire\n"},
		{"usage", usage, 0, exitUsage, "tfgalaxy: unknown flag --epoch\nhint: did you mean --epochs?\n"},
		{"usage, wrapped", fmt.Errorf("failed: %w", usage), 0, exitUsage, "tfgalaxy: failed: unknown flag --epoch\nhint: did you mean --epochs?\n"},
		{"usage without a hint", &run.UsageError{Err: disk}, 0, exitUsage, "tfgalaxy: disk on fire\n"},
		{"locked", &run.LockedError{Dir: "r"}, 0, exitUsage, "tfgalaxy: run r is in use by another process\n"},
		{"data", data, 0, exitData, "tfgalaxy: a.csv:3: galaxy 7 was already given on line 2\n"},
		{"two of data", errors.Join(data, data), 0, exitData, strings.Repeat("tfgalaxy: a.csv:3: galaxy 7 was already given on line 2\n", 2)},
		{"device", fmt.Errorf("step 3: %w", graph.ErrDevice), 0, exitDevice, "tfgalaxy: step 3: " + graph.ErrDevice.Error() + "\n"},
		{"library", fmt.Errorf("failed to start: %w", &graph.LoadError{Err: disk}), 0, exitDevice,
			"tfgalaxy: failed to start: failed to load TensorFlow: disk on fire\nhint: " + reinstall + "\n"},
		{"Ctrl-C", interrupted, syscall.SIGINT, 130, "tfgalaxy: interrupted at step 3, saved\nhint: tfgalaxy train --resume r goes on\n"},
		{"kill", interrupted, syscall.SIGTERM, 143, "tfgalaxy: interrupted at step 3, saved\nhint: tfgalaxy train --resume r goes on\n"},
		{"Ctrl-C before there is anything", context.Canceled, syscall.SIGINT, 130, "tfgalaxy: interrupted\n"},
		{"hang-up", context.Canceled, syscall.SIGHUP, 129, "tfgalaxy: interrupted\n"},
		{"terminal closed", &outputError{syscall.EIO}, 0, 129, "tfgalaxy: input/output error\n"},
		{"disk closed", syscall.EIO, 0, exitFailure, "tfgalaxy: input/output error\n"},
		{"pipe closed", fmt.Errorf("failed to print: %w", syscall.EPIPE), 0, 141, ""},
	}
	for _, test := range tests {
		a := &app{stop: &stopper{}, term: &terminal.Terminal{IsTerminal: true}}
		a.stop.signal.Store(int32(test.signal))
		if got := a.exitCode(test.err); got != test.code {
			t.Errorf("%s: exit code %d, want %d", test.name, got, test.code)
		}
		if test.err == nil {
			continue
		}
		var said strings.Builder
		report(&said, test.err)
		if said.String() != test.says {
			t.Errorf("%s: says %q, want %q", test.name, said.String(), test.says)
		}
	}
}
