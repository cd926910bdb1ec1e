package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// flip damages one bit in the middle of a file and returns a function that mends it.
func flip(t *testing.T, path string) (mend func()) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(content []byte) {
		t.Helper()
		// In a file of its own: the best and the last checkpoint may share one.
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	damaged := slices.Clone(content)
	damaged[len(damaged)/2] ^= 1
	write(damaged)
	return func() { write(content) }
}

// A damaged file of the last checkpoint is named and not used, and the run goes on
// from its best epoch to the same numbers as one that nothing happened to.
func TestResumeFromBest(t *testing.T) {
	whole, err := trainNew(t, context.Background(), nil, "epochs", "4")
	if err != nil {
		t.Fatal(err)
	}
	part, err := trainNew(t, context.Background(), nil, "epochs", "3")
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(part.Run)
	if err != nil {
		t.Fatal(err)
	}
	more := []run.Assignment{{Key: "epochs", Value: "4"}}
	files, err := os.ReadDir(r.Checkpoint(run.Last))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 4 { // the state, two of TensorFlow's, and the sums
		t.Errorf("the checkpoint has %d files, want 4", len(files))
	}
	for _, file := range files {
		path := filepath.Join(r.Checkpoint(run.Last), file.Name())
		mend := flip(t, path)
		_, err := PlanResume(part.Run, run.Last, more)
		if !isDataError(err) || !strings.Contains(err.Error(), filepath.Base(path)) && file.Name() != run.SumsFile {
			t.Errorf("with %s damaged: %v", file.Name(), err)
		} else if !strings.Contains(err.Error(), "--checkpoint best goes on from the best epoch") {
			t.Errorf("%v: nothing is said of the best checkpoint", err)
		}
		if file != files[len(files)-1] {
			mend()
		}
	}

	plan, err := PlanResume(part.Run, run.Best, more)
	if err != nil {
		t.Fatal(err)
	}
	var from int64
	ended, err := plan.Run(context.Background(), Options{Version: "test", Observe: func(e Event) {
		if s, is := e.(Started); is {
			from = s.FromStep
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(3 * part.BestEpoch); from != want {
		t.Errorf("went on from step %d, want %d, after the best epoch", from, want)
	}
	wantEpochs, wantSteps := measured(t, whole.Run)
	if epochs, steps := measured(t, ended.Run); !slices.EqualFunc(epochs, wantEpochs, equalEpochs) || !slices.Equal(steps, wantSteps) {
		t.Errorf("epochs %v\nwant %v", epochs, wantEpochs)
	}
	if checks, err := r.Verify(); err != nil || slices.ContainsFunc(checks, func(c run.Check) bool { return c.Err != nil || c.Note != "" }) {
		t.Errorf("the run is not whole afterwards: %v, %v", checks, err)
	}
}

// No file of a model can be damaged without being named, but the card, which is for
// readers. Neither is a best checkpoint used that is damaged.
func TestDamagedModel(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(ended.SavedModel, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		mend := flip(t, path)
		defer mend()
		model, err := infer.Load(ended.Run)
		if err == nil {
			model.Close()
		}
		if name := filepath.Base(path); name == cardFile && err != nil {
			t.Errorf("a card that was edited: %v", err)
		} else if name != cardFile && !isDataError(err) {
			t.Errorf("with %s damaged: %v", path, err)
		}
		return nil
	})
	if err != nil || files != 7 {
		t.Errorf("looked at %d files, want 7: %v", files, err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "model")
	flip(t, filepath.Join(r.Checkpoint(run.Best), "variables.index"))
	if _, err := Export(r, run.Best, out, false); !isDataError(err) || !strings.Contains(err.Error(), "--checkpoint last takes") {
		t.Errorf("export of a damaged checkpoint: %v", err)
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("it left something: %v", err)
	}
	if _, err := Export(r, run.Last, out, false); err != nil {
		t.Error(err)
	}
}

// A crop cache that is cut while a run reads it stops the run, which says what is left
// of it and goes on.
func TestCropsCutWhileTraining(t *testing.T) {
	cache, runs := t.TempDir(), t.TempDir()
	_, err := trainNew(t, t.Context(), func(e Event) {
		if s, is := e.(Stepped); !is || s.Step.Step != 4 {
			return
		}
		files, err := filepath.Glob(filepath.Join(cache, "*"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		if err := os.Truncate(files[0], 0); err != nil {
			t.Error(err)
		}
	}, "epochs", "2", "cache", cache, "runs", runs)
	left, listErr := run.List(runs)
	if listErr != nil || len(left) != 1 {
		t.Fatalf("%d runs: %v", len(left), listErr)
	}
	info, infoErr := left[0].Info()
	if !errors.Is(err, imageproc.ErrCropsChanged) || infoErr != nil || info.Status != run.StatusFailed {
		t.Errorf("status %s, %v: %v", info.Status, infoErr, err)
	} else if !strings.Contains(err.Error(), "train --resume "+left[0].Dir+" goes on from epoch 1, step 3") {
		t.Errorf("%v: nothing is said of the checkpoint", err)
	}
	if ended, err := resume(t, left[0].Dir); err != nil || ended.Status != run.StatusDone {
		t.Errorf("resumed: %+v, %v", ended, err)
	}
}

// A record that was damaged after the run ended is named by a resume, which leaves all
// as it is, and goes on without it once it is removed.
func TestResumeWithDamagedRecord(t *testing.T) {
	ended, err := trainNew(t, t.Context(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(ended.Run, run.InfoFile)
	more := run.Assignment{Key: "epochs", Value: "2"}
	mend := flip(t, filepath.Join(ended.Run, run.MetricsCSV))
	if _, err := resume(t, ended.Run, more); !isDataError(err) || !strings.Contains(err.Error(), run.MetricsCSV) {
		t.Errorf("with damaged metrics: %v", err)
	}
	mend()
	flip(t, path)
	if _, err := resume(t, ended.Run, more); !isDataError(err) || !strings.Contains(err.Error(), path) {
		t.Errorf("with a damaged record: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	again, err := resume(t, ended.Run, more)
	if err != nil || again.Epochs != 2 {
		t.Errorf("without a record: %+v, %v", again, err)
	}
}
