package train

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// Past 100,000 steps every 10th has a line, and every one an event.
func TestLongRunsKeepFewerSteps(t *testing.T) {
	first, err := trainNew(t, t.Context(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(first.Run)
	if err != nil {
		t.Fatal(err)
	}
	last := r.Checkpoint(run.Last)
	state, err := run.ReadState(last)
	if err != nil {
		t.Fatal(err)
	}
	state.Step = 100_000 // as if it had gone on for long
	if err := state.Write(last); err != nil {
		t.Fatal(err)
	}
	// The best checkpoint may share the file.
	if err := errors.Join(os.Remove(filepath.Join(last, run.SumsFile)), run.WriteSums(last)); err != nil {
		t.Fatal(err)
	}
	plan, err := PlanResume(first.Run, run.Last, []run.Assignment{{Key: "epochs", Value: "8"}})
	if err != nil {
		t.Fatal(err)
	}
	var events int
	if _, err := plan.Run(t.Context(), Options{Observe: func(e Event) {
		if _, is := e.(Stepped); is {
			events++
		}
	}}); err != nil {
		t.Fatal(err)
	}
	_, steps := measured(t, first.Run)
	if len(steps) != 3+2 || steps[3].Step != 100_010 || steps[4].Step != 100_020 || events != 7*3 {
		t.Errorf("%d events and lines %+v, want those of steps 1 to 3, 100,010 and 100,020", events, steps)
	}
}
