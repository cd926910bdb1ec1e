package train

import (
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// A vote that is no number, in the second epoch's first batch, ends the run there: the
// last checkpoint is that of the first epoch, the batch is written down, and the run
// goes on from there once the vote is mended, as if nothing had been.
func TestDivergedBatch(t *testing.T) {
	whole, err := trainNew(t, t.Context(), nil, "epochs", "3")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := NewPlan(settings(t, "runs", t.TempDir(), "epochs", "3"))
	if err != nil {
		t.Fatal(err)
	}
	// Once the first epoch is on its way, no goroutine reads the votes until the next.
	in := &input{rows: plan.Training, seed: plan.Values.Config.Seed, batchSize: 16}
	var batch []int64
	for _, position := range in.batch(in.order(1), 0) {
		batch = append(batch, plan.Catalogue.Galaxies[position].ID)
	}
	bad := &plan.Catalogue.Galaxies[in.order(1)[3]].Votes[7]
	good := *bad
	ended, err := plan.Run(t.Context(), Options{Observe: func(e Event) {
		if _, is := e.(EpochEnded); is {
			*bad = math.Inf(1)
		}
	}})
	var diverged *DivergedError
	if !errors.As(err, &diverged) {
		t.Fatalf("ended with %v, want a *DivergedError", err)
	}
	r, openErr := run.Open(ended.Run)
	if openErr != nil {
		t.Fatal(openErr)
	}
	for _, want := range []string{
		"the loss is +Inf at step 4 (epoch 2), see " + filepath.Join(r.Dir, "diverged.json"),
		"the last good checkpoint is " + r.Checkpoint(run.Last) + " (epoch 1, step 3)",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
	d, err := r.Divergence()
	if err != nil {
		t.Fatal(err)
	}
	if d.Step != 4 || d.Epoch != 2 || d.Loss != nil || !slices.Equal(d.Galaxies, batch) || !slices.Contains(d.Variables, "conv1/kernel") || d.LearningRate == 0 {
		t.Errorf("it says %+v, want step 4 and galaxies %v", d, batch)
	}
	checks, err := r.Verify()
	if err != nil || slices.ContainsFunc(checks, func(c run.Check) bool { return c.Err != nil }) {
		t.Errorf("the run is not whole: %+v, %v", checks, err)
	}
	if ended.Status != run.StatusFailed || ended.Step != 3 {
		t.Errorf("ended as %+v", ended)
	}

	*bad = good
	if _, err := resume(t, ended.Run); err != nil {
		t.Fatal(err)
	}
	wantEpochs, wantSteps := measured(t, whole.Run)
	if epochs, steps := measured(t, ended.Run); !slices.EqualFunc(epochs, wantEpochs, equalEpochs) || !slices.Equal(steps, wantSteps) {
		t.Errorf("resumed to %v, want %v", epochs, wantEpochs)
	}
	if _, err := r.Divergence(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the resumed run has left diverged.json: %v", err)
	}
}

// A run that diverges at its first step keeps its folder, which tells why.
func TestDivergedAtOnce(t *testing.T) {
	plan, err := NewPlan(settings(t, "runs", t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	for _, position := range plan.Training {
		plan.Catalogue.Galaxies[position].Votes[0] = math.Inf(1)
	}
	ended, err := plan.Run(t.Context(), Options{})
	var diverged *DivergedError
	if !errors.As(err, &diverged) || ended == nil {
		t.Fatalf("ended as %+v with %v", ended, err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := r.Divergence(); err != nil || d.Step != 1 || len(d.Galaxies) != 16 {
		t.Errorf("it says %+v: %v", d, err)
	}
}

// Weights that a learning rate beyond all numbers has made infinite are not saved,
// whoever asks: the last checkpoint stays as it was.
func TestBadWeightsAreNotSaved(t *testing.T) {
	for _, asked := range []bool{true, false} {
		var last int64
		plan, err := NewPlan(settings(t, "runs", t.TempDir(), "learning-rate", "1e38", "optimiser", "sgd", "epochs", "1"))
		if err != nil {
			t.Fatal(err)
		}
		ended, err := plan.Run(t.Context(), Options{
			SaveAsked: func() bool { return asked },
			Observe: func(e Event) {
				if s, is := e.(CheckpointSaved); is {
					last = s.Step
				}
			},
		})
		var diverged *DivergedError
		if !errors.As(err, &diverged) || ended == nil {
			t.Fatalf("ended as %+v with %v, want a *DivergedError", ended, err)
		}
		if last != 0 {
			t.Errorf("a checkpoint was written at step %d, of %v", last, err)
		}
		r, err := run.Open(ended.Run)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{run.Last, run.Best} {
			if _, err := run.ReadState(r.Checkpoint(name)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("there is a checkpoint %s: %v", name, err)
			}
		}
	}
}
