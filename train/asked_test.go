package train

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// A checkpoint that is asked for in the middle of an epoch changes nothing of the
// run, and one that is killed afterwards goes on from it to the same numbers.
func TestAskedCheckpoint(t *testing.T) {
	whole, err := trainNew(t, context.Background(), nil, "epochs", "3")
	if err != nil {
		t.Fatal(err)
	}
	wantEpochs, wantSteps := measured(t, whole.Run)
	compare := func(name, dir string) {
		t.Helper()
		epochs, steps := measured(t, dir)
		if !slices.EqualFunc(epochs, wantEpochs, equalEpochs) || !slices.Equal(steps, wantSteps) {
			t.Errorf("%s: epochs %+v and steps %+v, want %+v and %+v", name, epochs, steps, wantEpochs, wantSteps)
		}
	}

	// The copy is what a kill leaves that comes with the checkpoint.
	killed := filepath.Join(t.TempDir(), "killed")
	plan, err := NewPlan(settings(t, "runs", t.TempDir(), "epochs", "3"))
	if err != nil {
		t.Fatal(err)
	}
	var folder string
	var step, saved int64
	asked, err := plan.Run(t.Context(), Options{
		SaveAsked: func() bool { return step == 5 }, // the second of an epoch of 3
		Observe: func(e Event) {
			switch e := e.(type) {
			case Started:
				folder = e.Run
			case Stepped:
				step = e.Step.Step
			case CheckpointSaved:
				if !e.Asked {
					return
				}
				saved = e.Step
				if err := os.CopyFS(killed, os.DirFS(folder)); err != nil {
					t.Error(err)
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if saved != 5 {
		t.Fatalf("a checkpoint was written at step %d, want 5", saved)
	}
	compare("asked", asked.Run)
	state, err := run.ReadState((&run.Run{Dir: killed}).Checkpoint(run.Last))
	if err != nil || state.Step != 5 || state.Batch != 2 {
		t.Fatalf("the copy is at %+v: %v, want step 5, the second of its epoch", state, err)
	}
	if _, err := resume(t, killed); err != nil {
		t.Fatal(err)
	}
	compare("killed", killed)
}
