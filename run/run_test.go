package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// touch makes a file, and the folders above it.
func touch(t testing.TB, path string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB) *Run {
	t.Helper()
	r, err := Create(filepath.Join(t.TempDir(), "runs"), "small")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// names lists a folder, hidden files too.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestCreateNumbers(t *testing.T) {
	tests := []struct {
		there []string
		want  string
	}{
		{nil, "0001-small"},
		{[]string{"0001-small"}, "0002-small"},
		{[]string{"0001-a", "0007-seed3"}, "0008-small"},
		{[]string{"0009-a", "0010-b"}, "0011-small"},
		{[]string{"9999-a"}, "10000-small"},
		{[]string{"notes", "12-a", "0003", "a-0004"}, "0001-small"},
		{[]string{"0002-a", ".0003"}, "0004-small"}, // another is being made
	}
	for _, tt := range tests {
		runs := filepath.Join(t.TempDir(), "deep", "runs")
		for _, name := range tt.there {
			if err := os.MkdirAll(filepath.Join(runs, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Create(runs, "small")
		if err != nil {
			t.Fatal(err)
		}
		if r.Dir != filepath.Join(runs, tt.want) || r.Name() != tt.want {
			t.Errorf("beside %q: %s, want %s", tt.there, r.Dir, tt.want)
		}
		// Claims of processes that were killed go.
		want := append(slices.DeleteFunc(slices.Clone(tt.there), claimName.MatchString), tt.want)
		slices.Sort(want)
		if got := names(t, runs); !slices.Equal(got, want) {
			t.Errorf("left %q, want %q", got, want)
		}
	}
}

func TestCreateAtOnce(t *testing.T) {
	const n = 24
	runs := filepath.Join(t.TempDir(), "runs")
	var wg sync.WaitGroup
	made := make([]*Run, n)
	for i := range n {
		wg.Go(func() {
			r, err := Create(runs, fmt.Sprintf("name%d", i%3))
			if err != nil {
				t.Error(err)
				return
			}
			made[i] = r
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	seen := map[int64]string{}
	for _, r := range made {
		if other, ok := seen[r.number()]; ok {
			t.Errorf("%s and %s have one number", r.Name(), other)
		}
		seen[r.number()] = r.Name()
	}
	if got := names(t, runs); len(got) != n {
		t.Errorf("left %q, want %d folders", got, n)
	}
}

func TestCreateErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	touch(t, file)
	run := filepath.Join(dir, "run")
	touch(t, filepath.Join(run, InfoFile))
	other := filepath.Join(dir, "other")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 300) // no file system takes it
	at := func(path string) func() (*Run, error) { return func() (*Run, error) { return CreateAt(path) } }
	in := func(runs, name string) func() (*Run, error) {
		return func() (*Run, error) { return Create(runs, name) }
	}
	tests := []struct {
		name   string
		make   func() (*Run, error)
		want   string
		hint   string
		misuse bool
	}{
		{"runs is a file", in(file, "a"), fmt.Sprintf("failed to make folder of runs %q: %s is a file", file, file), "", false},
		{"runs below a file", in(filepath.Join(file, "a", "runs"), "a"), fmt.Sprintf("failed to make folder of runs %q: not a directory", filepath.Join(file, "a", "runs")), "", false},
		{"long name", in(filepath.Join(dir, "new", "runs"), long), fmt.Sprintf("failed to make run folder in %q: file name too long", filepath.Join(dir, "new", "runs")), "", false},
		{"long folder", in(filepath.Join(dir, "new", long, "runs"), "a"), fmt.Sprintf("failed to make folder of runs %q: file name too long", filepath.Join(dir, "new", long, "runs")), "", false},
		{"name with a slash", in(dir, "../a"), `a run cannot be named "../a", want letters, digits, dots, dashes and underscores`, "", true},
		{"no name", in(dir, ""), `a run cannot be named "", want letters, digits, dots, dashes and underscores`, "", true},
		{"run there", at(run), fmt.Sprintf("run folder %q is there already, and nothing is overwritten", run), "--resume " + run + " continues it; or name a folder that does not exist", true},
		{"folder there", at(other + "/"), fmt.Sprintf("run folder %q is there already, and nothing is overwritten", other), "name a folder that does not exist", true},
		{"file there", at(file), fmt.Sprintf("run folder %q is there already, and nothing is overwritten", file), "name a folder that does not exist", true},
		{"at below a file", at(filepath.Join(file, "a")), fmt.Sprintf("failed to make run folder %q: %s is a file", filepath.Join(file, "a"), file), "", false},
		{"at a long name", at(filepath.Join(dir, "new", long)), fmt.Sprintf("failed to make run folder %q: file name too long", filepath.Join(dir, "new", long)), "", false},
	}
	before := names(t, dir)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.make()
			if err == nil || err.Error() != tt.want {
				t.Fatalf("error = %v\n want = %s", err, tt.want)
			}
			var usage *UsageError
			if errors.As(err, &usage) != tt.misuse || tt.misuse && usage.Hint != tt.hint {
				t.Errorf("error = %#v, want hint %q", err, tt.hint)
			}
			if after := names(t, dir); !slices.Equal(before, after) {
				t.Errorf("left %q, want %q", after, before)
			}
		})
	}
}

func TestCreateWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere; TestCreateErrors has files in the way instead")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, runs := range []string{dir, filepath.Join(dir, "runs")} {
		if _, err := Create(runs, "a"); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), strconv.Quote(runs)) {
			t.Errorf("error = %v, want one that names %s", err, runs)
		}
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

func TestCreateAt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "mine")
	r, err := CreateAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Dir != dir || r.Name() != "mine" || r.number() != -1 {
		t.Errorf("made %s, named %s", r.Dir, r.Name())
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	runs := filepath.Join(dir, "runs")
	touch(t, filepath.Join(runs, "0002-a", ConfigFile))
	touch(t, filepath.Join(runs, "0010-b", InfoFile))
	touch(t, filepath.Join(runs, "mine", InfoFile))
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := Open(filepath.Join(runs, "0002-a") + "/")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(runs, "0002-a"); r.Dir != want {
		t.Errorf("Dir = %s, want %s", r.Dir, want)
	}
	tests := []struct{ name, dir, want, hint string }{
		{"runs", runs, fmt.Sprintf("failed to open run %q: it is a folder of runs, want one of the 3 in it", runs), "the latest is " + filepath.Join(runs, "0010-b")},
		{"empty", empty, fmt.Sprintf("failed to open run %q: the folder holds neither run.json nor config.yaml", empty), ""},
		{"missing", filepath.Join(runs, "0002-x"), fmt.Sprintf("failed to open run %q: no such file or directory", filepath.Join(runs, "0002-x")), "did you mean " + filepath.Join(runs, "0002-a") + "?"},
		{"missing far", filepath.Join(dir, "none", "0002-x"), fmt.Sprintf("failed to open run %q: no such file or directory", filepath.Join(dir, "none", "0002-x")), ""},
		{"file", filepath.Join(runs, "mine", InfoFile), fmt.Sprintf("failed to open run %q: it is a file, want a run folder", filepath.Join(runs, "mine", InfoFile)), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(tt.dir)
			var usage *UsageError
			if !errors.As(err, &usage) || err.Error() != tt.want || usage.Hint != tt.hint {
				t.Errorf("error = %#v %v\n want = %s (%s)", err, err, tt.want, tt.hint)
			}
		})
	}
}

func TestList(t *testing.T) {
	runs := t.TempDir()
	for _, name := range []string{"10000-c", "0002-a", "0010-b", "mine"} {
		touch(t, filepath.Join(runs, name, InfoFile))
	}
	touch(t, filepath.Join(runs, "file"))
	touch(t, filepath.Join(runs, "0011-unfinished", "x"))
	list, err := List(runs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range list {
		got = append(got, r.Name())
	}
	if want := []string{"mine", "0002-a", "0010-b", "10000-c"}; !slices.Equal(got, want) {
		t.Errorf("runs %q, want %q", got, want)
	}
	if list, err := List(filepath.Join(runs, "none")); err != nil || len(list) != 0 {
		t.Errorf("no folder: %v, %v", list, err)
	}
	if _, err := List(filepath.Join(runs, "file")); err == nil {
		t.Error("a file was listed")
	}
}

func TestDiscard(t *testing.T) {
	step := func(t *testing.T, r *Run) {
		m, err := r.OpenMetrics(0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(m.WriteStep(Step{1, 1, .5, .1}), m.Close()); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name    string
		fill    func(t *testing.T, r *Run)
		removed bool
	}{
		{"nothing", func(*testing.T, *Run) {}, true},
		{"before the first step", func(t *testing.T, r *Run) {
			touch(t, r.Path(ConfigFile))
			touch(t, filepath.Join(r.Samples(), "augmented.png"))
			touch(t, r.Path(MetricsJSONL))
		}, true},
		{"a step", step, false},
		{"a checkpoint", func(t *testing.T, r *Run) { touch(t, filepath.Join(r.Checkpoint(Last), StateFile)) }, false},
		{"a damaged step", func(t *testing.T, r *Run) {
			if err := os.WriteFile(r.Path(MetricsJSONL), []byte("{}\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			r, err := Create(filepath.Join(root, "deep", "runs"), "small")
			if err != nil {
				t.Fatal(err)
			}
			tt.fill(t, r)
			removed, err := r.Discard()
			if removed != tt.removed || (err != nil) != (tt.name == "a damaged step") {
				t.Errorf("removed = %v, %v; want %v", removed, err, tt.removed)
			}
			if left := names(t, root); (len(left) == 0) != tt.removed {
				t.Errorf("left %q", left)
			}
		})
	}
	t.Run("beside another", func(t *testing.T) {
		first := create(t)
		second, err := Create(filepath.Dir(first.Dir), "b")
		if err != nil {
			t.Fatal(err)
		}
		if removed, err := first.Discard(); !removed || err != nil {
			t.Fatal(removed, err)
		}
		if _, err := os.Stat(second.Dir); err != nil {
			t.Error(err)
		}
	})
}

func TestPlaces(t *testing.T) {
	r := &Run{Dir: "runs/0007-seed3"}
	for got, want := range map[string]string{
		r.Path(ConfigFile): "runs/0007-seed3/config.yaml",
		r.Path():           "runs/0007-seed3",
		r.Checkpoint(Last): "runs/0007-seed3/checkpoints/last",
		r.Checkpoint(Best): "runs/0007-seed3/checkpoints/best",
		r.SavedModel():     "runs/0007-seed3/saved_model",
		r.Predictions():    "runs/0007-seed3/predictions/validation.csv",
		r.Samples():        "runs/0007-seed3/samples",
		r.Plots():          "runs/0007-seed3/plots",
		r.Name():           "0007-seed3",
	} {
		if got != filepath.FromSlash(want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if r := (&Run{Dir: "."}); r.Name() == "." {
		t.Error("the run in the working directory is named .")
	}
}
