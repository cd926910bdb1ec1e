package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// hintTrain adds to an error that ended a run the command that goes on; ended is nil
// where the run left no folder.
func (a *app) hintTrain(err error, ended *train.Ended) error {
	if err == nil || ended == nil {
		return err
	}
	resume := fmt.Sprintf("%s train --resume %s goes on", shellQuote(a.args[0]), shellQuote(ended.Run))
	var diverged *train.DivergedError
	switch {
	case errors.Is(err, train.ErrInterrupted):
		return &hintedError{fmt.Errorf("%w at step %s, saved", err, terminal.Count(int(ended.Step))), resume}
	case errors.As(err, &diverged) && diverged.Checkpoint == "":
		return &hintedError{err, a.anew(ended.Run, "", diverged.Mend) + " starts anew"}
	case errors.As(err, &diverged):
		return &hintedError{err, a.anew(ended.Run, diverged.Checkpoint, diverged.Mend) +
			" starts anew from that checkpoint; " + resume + " from it as it is, on a CPU to the same end"}
	}
	return err
}

// anew is the command of a new run that is another's but for a setting, from the
// weights in the folder from, unless that is "".
func (a *app) anew(dir, from string, change run.Assignment) string {
	command := fmt.Sprintf("%s train --config %s", shellQuote(a.args[0]), shellQuote(filepath.Join(dir, run.ConfigFile)))
	if from != "" {
		command += " --init-from " + shellQuote(from)
	}
	return command + fmt.Sprintf(" --%s %s", change.Key, change.Value)
}
