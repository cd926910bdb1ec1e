package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// Each end of a run has the command that goes on; the scenarios run such commands.
func TestTrainHints(t *testing.T) {
	a := &app{args: []string{"tfgalaxy"}}
	bare, saved := &train.Ended{Run: "bare"}, &train.Ended{Run: filepath.Join(t.TempDir(), "saved"), Step: 1234}
	last := filepath.Join(saved.Run, "checkpoints", "last")
	if err := os.MkdirAll(last, 0o755); err != nil {
		t.Fatal(err)
	}
	config := saved.Run + "/config.yaml"
	lost := fmt.Errorf("%w: GPU sync failed", graph.ErrDevice)
	diverged := &train.DivergedError{Err: errors.New("diverged"), Mend: run.Assignment{Key: "learning-rate", Value: "0.0001"}}
	tests := []struct {
		name  string
		err   error
		batch int
		ended *train.Ended
		want  string
		code  int
	}{
		{"memory at the start", graph.ErrMemory, 64, nil, "the same command with --batch-size 32", 4},
		{"memory later", graph.ErrMemory, 64, saved, "tfgalaxy train --config " + config + " --init-from " + last + " --batch-size 32 starts anew from the last checkpoint's weights", 4},
		{"memory for one image", graph.ErrMemory, 1, nil, "try a smaller --size or --network", 4},
		{"a device that is lost", lost, 64, saved, "tfgalaxy train --resume " + saved.Run + " goes on", 4},
		{"lost at once", lost, 64, bare, "", 4},
		{"diverged at once", diverged, 64, bare, "tfgalaxy train --config bare/config.yaml --learning-rate 0.0001 starts anew", 1},
		{"diverged", diverged, 64, saved, "tfgalaxy train --config " + config + " --init-from " + last +
			" --learning-rate 0.0001 starts anew from the last checkpoint's weights; tfgalaxy train --resume " + saved.Run + " goes on as it was, on a CPU to the same end", 1},
		{"another", errors.New("another"), 64, saved, "", 1},
	}
	for _, test := range tests {
		err := a.hintTrain(test.err, &run.Config{BatchSize: test.batch}, test.ended)
		hint := ""
		if hinted, is := errors.AsType[*hintedError](err); is {
			hint = hinted.hint
		}
		if hint != test.want || !errors.Is(err, test.err) || a.exitCode(err) != test.code {
			t.Errorf("%s: exit code %d, hint\n%s\nwant %d and\n%s", test.name, a.exitCode(err), hint, test.code, test.want)
		}
	}
}
