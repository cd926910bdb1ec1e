package run

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// finishedRun makes a run with all its parts.
func finishedRun(t *testing.T) *Run {
	t.Helper()
	r := create(t)
	m := openMetrics(t, r, 0)
	fill(t, m, 1, 6)
	values, err := Resolver{}.Resolve()
	if err := errors.Join(err, m.Close(), r.WriteConfig(values), r.WriteInfo(testInfo()), r.WritePredictions(testPredictions())); err != nil {
		t.Fatal(err)
	}
	state := testState()
	for _, dir := range []string{r.Checkpoint(Last), r.Checkpoint(Best), r.SavedModel()} {
		fillDir(t, dir, "weights")
		if dir != r.SavedModel() {
			if err := state.Write(dir); err != nil {
				t.Fatal(err)
			}
		}
		if err := WriteSums(dir); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// Each part that is damaged is named, and no other.
func TestVerify(t *testing.T) {
	damaged := func(t *testing.T, r *Run) map[string]Check {
		t.Helper()
		checks, err := r.Verify()
		if err != nil {
			t.Fatal(err)
		}
		faults := map[string]Check{}
		for _, c := range checks {
			if c.Err != nil {
				faults[c.Part] = c
			} else if c.Found == "" {
				t.Errorf("nothing is said of %s", c.Part)
			}
		}
		return faults
	}
	if faults := damaged(t, finishedRun(t)); len(faults) > 0 {
		t.Errorf("faults in a whole run: %v", faults)
	}
	if checks, err := finishedRun(t).Verify(); err != nil || len(checks) != 9 {
		t.Errorf("%d checks, %v; want 9", len(checks), err)
	}
	if found := amount(1, "epoch", "epochs") + ", " + amount(2, "epoch", "epochs") + ", " + amount(0, "epoch", "epochs"); found != "1 epoch, 2 epochs, 0 epochs" {
		t.Errorf("found %s", found)
	}
	for _, test := range []struct{ file, part, mend string }{
		{ConfigFile, ConfigFile, ""},
		{InfoFile, InfoFile, "begins a new record"},
		{MetricsCSV, MetricsCSV, "--resume"},
		{MetricsJSONL, MetricsJSONL, "--resume"},
		{"checkpoints/last/a", "checkpoints/last", "--checkpoint best"},
		{"checkpoints/last/state.json", "checkpoints/last", "--checkpoint best"},
		{"checkpoints/best/" + SumsFile, "checkpoints/best", "--checkpoint last"},
		{"saved_model/deep/b", ModelFolder, "export --run"},
		{"predictions/validation.csv", "predictions/validation.csv", "figures"},
	} {
		r := finishedRun(t)
		if err := os.WriteFile(r.Path(filepath.FromSlash(test.file)), []byte("]damaged\n[1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		faults := damaged(t, r)
		if c := faults[test.part]; len(faults) != 1 || c.Err == nil || !strings.Contains(c.Mend, test.mend) {
			t.Errorf("%s: faults %v, want one in %s, to be mended by %q", test.file, faults, test.part, test.mend)
		}
	}
}

func TestVerifyOfALockedRun(t *testing.T) {
	r := finishedRun(t)
	lock, err := r.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release() //nolint:errcheck // the folder goes with the test
	_, err = r.Verify()
	if _, locked := errors.AsType[*LockedError](err); !locked {
		t.Errorf("%v, want a LockedError", err)
	}
}

// A run that has only begun, or is of an earlier version, is no fault.
func TestVerifyOfWhatIsNotThere(t *testing.T) {
	r := finishedRun(t)
	for _, part := range []string{MetricsCSV, MetricsJSONL, "checkpoints/best", "predictions", "checkpoints/last/" + SumsFile, "saved_model/" + SumsFile} {
		if err := os.RemoveAll(r.Path(filepath.FromSlash(part))); err != nil {
			t.Fatal(err)
		}
	}
	checks, err := r.Verify()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Err != nil {
			t.Errorf("%s: %v", c.Part, c.Err)
		}
		unchecked := c.Part == "checkpoints/last" || c.Part == ModelFolder
		if unchecked != (c.Note != "") {
			t.Errorf("%s: note %q", c.Part, c.Note)
		}
	}
}

// The state of a damaged checkpoint is not given out, and the error says whether the
// other will do.
func TestVerifiedState(t *testing.T) {
	r := finishedRun(t)
	for _, name := range []string{Last, Best} {
		if state, err := r.VerifiedState(name); err != nil || state.Step != testState().Step {
			t.Errorf("%s: %v, %v", name, state, err)
		}
	}
	spoil := func(name string) {
		if err := os.WriteFile(filepath.Join(r.Checkpoint(name), "a"), []byte("Weights"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	spoil(Last)
	_, err := r.VerifiedState(Last)
	data, is := errors.AsType[*galaxyzoo.DataError](err)
	if !is || data.File != filepath.Join(r.Checkpoint(Last), "a") || !strings.Contains(err.Error(), "--checkpoint best goes on") {
		t.Errorf("with the last checkpoint damaged: %v", err)
	}
	spoil(Best)
	if _, err := r.VerifiedState(Best); err == nil || strings.Contains(err.Error(), "is whole") {
		t.Errorf("with both damaged: %v", err)
	}

	// One who works on the run may be replacing what was found damaged.
	holder := exec.Command("flock", "--no-fork", r.Path(LockFile), "sleep", "60")
	if err := holder.Start(); err != nil {
		t.Skip("there is no program flock here, to hold the run by")
	}
	defer holder.Process.Kill() //nolint:errcheck // it ends by itself
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, held := r.Holder(); held {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("flock does not take the lock")
		}
	}
	_, err = r.VerifiedState(Last)
	if _, locked := errors.AsType[*LockedError](err); !locked {
		t.Errorf("of a run that another process holds: %v", err)
	}
}
