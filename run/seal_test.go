package run

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// damage flips one bit in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A bit that is flipped in a file of a run that has ended is noticed by who reads it,
// and by who resumes the run, until the file is removed.
func TestSeal(t *testing.T) {
	for file, read := range map[string]func(*Run) error{
		InfoFile:                     func(r *Run) error { _, err := r.Info(); return err },
		MetricsCSV:                   func(r *Run) error { _, err := r.Epochs(); return err },
		MetricsJSONL:                 func(r *Run) error { _, err := r.Steps(); return err },
		DivergedFile:                 func(r *Run) error { _, err := r.Divergence(); return err },
		"predictions/validation.csv": func(r *Run) error { _, err := r.ReadPredictions(); return err },
		"samples/kernels.npy":        func(r *Run) error { return r.Unchanged(filepath.Join(r.Samples(), "kernels.npy")) },
	} {
		r := finishedRun(t)
		path := r.Path(filepath.FromSlash(file))
		touch(t, filepath.Join(r.Samples(), "kernels.npy"))
		if err := os.WriteFile(filepath.Join(r.Samples(), "kernels.npy"), []byte("kernels"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.WriteDivergence(&Divergence{What: "the loss is NaN", Step: 1, Epoch: 1}), r.Seal()); err != nil {
			t.Fatal(err)
		}
		if err := read(r); err != nil {
			t.Errorf("%s, sealed: %v", file, err)
		}
		damage(t, path)
		if err := read(r); !isDataError(err) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s, damaged and read: %v", file, err)
		}
		if checks, err := r.Verify(); err != nil || countFaults(checks) != 1 {
			t.Errorf("%s, damaged: faults %+v, %v", file, checks, err)
		}
		if slices.Contains(sealed, file) { // a resume reads no samples
			if err := r.Unseal(); !isDataError(err) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s, damaged and resumed: %v", file, err)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		missing := 1
		if file == DivergedFile { // which is there for a reader alone
			missing = 0
		}
		if checks, err := r.Verify(); err != nil || countFaults(checks) != missing {
			t.Errorf("%s, removed: faults %+v, %v", file, checks, err)
		}
		if err := r.Unseal(); err != nil {
			t.Errorf("%s, removed: %v", file, err)
		}
		if _, err := os.Lstat(r.Path(SumsFile)); !os.IsNotExist(err) {
			t.Errorf("the list is still there: %v", err)
		}
	}
}

func countFaults(checks []Check) (n int) {
	for _, c := range checks {
		if c.Err != nil {
			n++
		}
	}
	return n
}

// A configuration may get a comment, but not another value than the checkpoint's.
func TestConfigOfAnotherRun(t *testing.T) {
	r := finishedRun(t)
	values, err := Resolver{}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	state := testState()
	state.Settings = values.Fixed("epochs")
	if _, has := state.Settings["epochs"]; has || state.Settings["network"] == "" {
		t.Fatalf("settings %v", state.Settings)
	}
	if err := state.Write(r.Checkpoint(Last)); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(r.Path(ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ from, to, want string }{
		{"epochs: ", "# a comment\nepochs: 1", ""},
		{"validation: 0.", "validation: 0.0", "validation is "},
		{"batch-size: ", "batch-size: 1", "batch-size is "},
	} {
		changed := strings.Replace(string(content), test.from, test.to, 1)
		if err := os.WriteFile(r.Path(ConfigFile), []byte(changed), 0o644); err != nil || changed == string(content) {
			t.Fatal(test.from, err)
		}
		_, err := r.Config()
		if test.want == "" && err != nil || test.want != "" && (!isDataError(err) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%q: %v, want %q", test.to, err, test.want)
		}
	}
}

// A list that is damaged is named, with what is left to do; a configuration that was
// edited is no damage.
func TestSealOfItself(t *testing.T) {
	r := finishedRun(t)
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(r.Path(ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.Path(ConfigFile), append(config, "# of the first night\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if checks, err := r.Verify(); err != nil || countFaults(checks) != 0 || !strings.Contains(checks[0].Note, "edited") {
		t.Errorf("with a comment: %+v, %v", checks, err)
	}
	if err := os.Truncate(r.Path(SumsFile), 100); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"read": func() error { _, err := r.Info(); return err }(), "resumed": r.Unseal()} {
		if !isDataError(err) || !strings.Contains(err.Error(), "remove the list") {
			t.Errorf("a list that was cut, %s: %v", what, err)
		}
	}
	if checks, err := r.Verify(); err != nil || len(checks) != 1 || checks[0].Part != SumsFile || checks[0].Err == nil {
		t.Errorf("a list that was cut: %+v, %v", checks, err)
	}
	if err := os.Remove(r.Path(SumsFile)); err != nil {
		t.Fatal(err)
	}
	if err := r.Unseal(); err != nil {
		t.Error(err)
	}
}
