package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// hintTrain adds to an error that ended a run the command that goes on; ended is nil
// where the run left no folder.
func (a *app) hintTrain(err error, c *run.Config, ended *train.Ended) error {
	var diverged *train.DivergedError
	half := run.Assignment{Key: "batch-size", Value: strconv.Itoa(c.BatchSize / 2)}
	memory := errors.Is(err, graph.ErrMemory)
	if memory && c.BatchSize == 1 {
		return &hintedError{err, "try a smaller --size or --network"}
	}
	if err == nil || ended == nil {
		if memory {
			return &hintedError{err, fmt.Sprintf("the same command with --%s %s", half.Key, half.Value)}
		}
		return err
	}
	resume := fmt.Sprintf("%s train --resume %s goes on", shellQuote(a.args[0]), shellQuote(ended.Run))
	last := (&run.Run{Dir: ended.Run}).Checkpoint(run.Last)
	if _, missing := os.Stat(last); missing != nil {
		last = ""
	}
	switch {
	case errors.Is(err, train.ErrInterrupted):
		return &hintedError{fmt.Errorf("%w at step %s, saved", err, terminal.Count(int(ended.Step))), resume}
	case errors.As(err, &diverged):
		hint := a.anew(ended.Run, last, diverged.Mend)
		if last != "" {
			hint += "; " + resume + " as it was, on a CPU to the same end"
		}
		return &hintedError{err, hint}
	case memory:
		return &hintedError{err, a.anew(ended.Run, last, half)}
	case errors.Is(err, graph.ErrWorker) && last != "":
		return &hintedError{err, resume + " once all workers answer; with --elastic it goes on with those that do, with --workers none in this process"}
	case errors.Is(err, graph.ErrDevice) && last != "":
		return &hintedError{err, resume}
	}
	return err
}

// anew is the command of a new run that is another's but for a setting, from the
// weights in the folder from, unless that is "".
func (a *app) anew(dir, from string, change run.Assignment) string {
	command := fmt.Sprintf("%s train --config %s", shellQuote(a.args[0]), shellQuote(filepath.Join(dir, run.ConfigFile)))
	end := "starts anew"
	if from != "" {
		command += " --init-from " + shellQuote(from)
		end = "starts anew from the last checkpoint's weights"
	}
	return fmt.Sprintf("%s --%s %s %s", command, change.Key, change.Value, end)
}
