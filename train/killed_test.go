package train

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// killed gives a finished run what it has when it is killed after its last step,
// before it has written its model.
func killed(t *testing.T, r *run.Run) {
	t.Helper()
	info, err := r.Info()
	if err != nil {
		t.Fatal(err)
	}
	info.Status, info.ExitCode = run.StatusRunning, nil
	if err := errors.Join(r.Unseal(), r.WriteInfo(info), os.RemoveAll(r.SavedModel()), os.RemoveAll(r.Samples())); err != nil {
		t.Fatal(err)
	}
}

// A run that was killed while it wrote its model is resumed for that alone.
func TestResumeAfterTheLastStep(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantEpochs, wantSteps := measured(t, ended.Run)
	r := &run.Run{Dir: ended.Run}
	killed(t, r)
	again, err := resume(t, ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	if again.Status != run.StatusDone || again.Epochs != 2 || again.Loss != ended.Loss || *again.RMSE != *ended.RMSE {
		t.Errorf("ended as %+v, want %+v", again, ended)
	}
	if epochs, steps := measured(t, ended.Run); !slices.EqualFunc(epochs, wantEpochs, equalEpochs) || !slices.Equal(steps, wantSteps) {
		t.Errorf("epochs %v, steps %v", epochs, steps)
	}
	if listed, err := run.VerifySums(r.SavedModel()); err != nil || !listed {
		t.Errorf("the model: %v", err)
	}
	if _, err := os.Stat(filepath.Join(r.Samples(), run.KernelSample)); err != nil {
		t.Error(err)
	}
	if _, err := PlanResume(ended.Run, run.Last, nil); err == nil || !strings.Contains(err.Error(), "has done all of its epochs: 2") {
		t.Errorf("once more: %v", err)
	}
}

// A run that was killed while it wrote its first checkpoint has it as its best, and
// goes on from there; one that was killed before says how to begin anew.
func TestResumeFromTheFirstCheckpoint(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	r := &run.Run{Dir: ended.Run}
	killed(t, r)
	if err := os.RemoveAll(r.Checkpoint(run.Last)); err != nil {
		t.Fatal(err)
	}
	if again, err := resume(t, ended.Run, run.Assignment{Key: "epochs", Value: "2"}); err != nil || again.Epochs != 2 {
		t.Errorf("ended as %+v, %v", again, err)
	}

	killed(t, r)
	if err := os.RemoveAll(r.Path("checkpoints")); err != nil {
		t.Fatal(err)
	}
	_, err = PlanResume(ended.Run, run.Last, nil)
	var usage *run.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "has no checkpoint yet") || !strings.Contains(usage.Hint, "--config "+r.Path(run.ConfigFile)) {
		t.Errorf("without a checkpoint: %v", err)
	}
	lock, err := r.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	var locked *run.LockedError
	if _, err = PlanResume(ended.Run, run.Last, nil); !errors.As(err, &locked) || locked.Holder.PID != os.Getpid() {
		t.Errorf("while another trains it: %v", err)
	}
}

// A checkpoint that is damaged after the resume was planned ends it with an error,
// and the run is left as it was.
func TestResumeOfWhatWasDamagedMeanwhile(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	r := &run.Run{Dir: ended.Run}
	before, err := os.ReadFile(r.Path(run.InfoFile))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := PlanResume(ended.Run, run.Last, []run.Assignment{{Key: "epochs", Value: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(r.Checkpoint(run.Last), "variables.index"))
	if _, err := plan.Run(context.Background(), Options{Version: "test"}); !isDataError(err) {
		t.Errorf("error is %v, want a data error", err)
	}
	if after, err := os.ReadFile(r.Path(run.InfoFile)); err != nil || string(after) != string(before) {
		t.Errorf("run.json changed to %s, %v", after, err)
	}
}

// An export leaves alone what lies beside it, and what another process has put in its
// place meanwhile.
func TestExportTouchesNothingElse(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"model.new", "model.old"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Export(&run.Run{Dir: ended.Run}, run.Best, filepath.Join(dir, "model"), false); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"model", "model.new", "model.old"}; !slices.Equal(names, want) {
		t.Errorf("there is %q, want %q", names, want)
	}
	if err := run.PlaceDir(filepath.Join(dir, "model.new"), filepath.Join(dir, "model")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a folder in the place of another: %v", err)
	}
}
