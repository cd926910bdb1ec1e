package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func readSweep(t *testing.T, content string) (*Sweep, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sweep.yaml")
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return ReadSweep(file)
}

func TestSweepPoints(t *testing.T) {
	tests := []struct {
		name, content string
		want          []string
	}{
		{"the grid before the seeds, each as the file has it, and presets first",
			"seeds: [2, 1]\ngrid:\n  flip: [true, false]\n  learning-rate: [0.002, 1e-3]\npresets: [small, d4]\n",
			[]string{
				"small-flip=true-learning-rate=0.002-seed=2", "small-flip=true-learning-rate=0.002-seed=1",
				"small-flip=true-learning-rate=0.001-seed=2", "small-flip=true-learning-rate=0.001-seed=1",
				"small-flip=false-learning-rate=0.002-seed=2", "small-flip=false-learning-rate=0.002-seed=1",
				"small-flip=false-learning-rate=0.001-seed=2", "small-flip=false-learning-rate=0.001-seed=1",
				"d4-flip=true-learning-rate=0.002-seed=2", "d4-flip=true-learning-rate=0.002-seed=1",
				"d4-flip=true-learning-rate=0.001-seed=2", "d4-flip=true-learning-rate=0.001-seed=1",
				"d4-flip=false-learning-rate=0.002-seed=2", "d4-flip=false-learning-rate=0.002-seed=1",
				"d4-flip=false-learning-rate=0.001-seed=2", "d4-flip=false-learning-rate=0.001-seed=1",
			}},
		{"settings alone are one run", "settings: {preset: d4, epochs: 3}", []string{"d4"}},
		{"one seed is in the name, so that another can be added", "seeds: [7]", []string{"small-seed=7"}},
		{"no slash comes into a name, and what it was still counts",
			"grid: {data: [a/b, 'a\\b']}", []string{"small-data=a_b-4c99e492", "small-data=a_b-22b2af56"}},
	}
	for _, test := range tests {
		sweep, err := readSweep(t, test.content)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var names []string
		for _, p := range sweep.Points {
			names = append(names, p.Name)
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("%s: runs\n%s\nwant\n%s", test.name, strings.Join(names, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

// A long name is cut, and names that are cut to the same remain two.
func TestSweepNamesFit(t *testing.T) {
	long := strings.Repeat("conv1,", 60)
	sweep, err := readSweep(t, fmt.Sprintf("grid: {freeze: ['%sa', '%sb']}", long, long))
	if err != nil {
		t.Fatal(err)
	}
	a, b := sweep.Points[0].Name, sweep.Points[1].Name
	if len(a) > 200 || a == b {
		t.Errorf("names %q (%d bytes) and %q", a, len(a), b)
	}
}

func TestSweepFileFaults(t *testing.T) {
	many := "seeds: [0" + strings.Repeat(", %d", 1000) + "]\n"
	numbers := make([]any, 1000)
	for i := range numbers {
		numbers[i] = i + 1
	}
	tests := []struct{ content, fault, hint string }{
		{"# nothing\n", "describes no runs", "seeds: [1, 2, 3]"},
		{"runs: there\n", "describes no runs", ""},
		{"runs: ''\nseeds: [1]\n", ":1: runs is empty", ""},
		{"[1, 2]\n", ":1: want lines of the form key: value", ""},
		{"sedes: [1]\n", `:1: unknown key "sedes"`, "did you mean seeds?"},
		{"seeds: [1]\nlearning-rate: 0.1\n", `:2: unknown key "learning-rate"`, "under settings or"},
		{"seeds: 3\n", ":1: seeds is a single value, want a list", ""},
		{"seeds: []\n", ":1: seeds is an empty list", ""},
		{"seeds:\n  - 1\n  - 2\n  - 1\n", ":4: seeds has 1 twice", ""},
		{"grid:\n  learning-rate: [0.001, 1e-3]\n", ":2: learning-rate has 0.001 twice", ""},
		{"seeds: [1, one]\n", `:1: seed = "one", want a whole number`, ""},
		{"seeds: [[1]]\n", ":1: seeds is a list, want a plain value", ""},
		{"seeds: [1]\nseeds: [2]\n", ":2: seeds was already given on line 1", ""},
		{"grid: [1]\n", ":1: grid is a list, want a mapping", ""},
		{"grid:\n  learning-rat: [1]\n", `:2: unknown setting "learning-rat"`, "did you mean learning-rate?"},
		{"grid:\n  epochs: 3\n", ":2: epochs is a single value, want a list", ""},
		{"grid:\n  seed: [1]\n", ":2: seed has no place here", "seeds: [1, 2, 3]"},
		{"grid:\n  preset: [d4]\n", ":2: preset has no place here", "presets: [small, d4]"},
		{"grid:\n  threads: [1]\n", ":2: threads has no place here", "under settings"},
		{"settings:\n  run-dir: here\n", ":2: run-dir has no place here", "runs: FOLDER"},
		{"settings:\n  devices: cpu:0\n", ":2: devices has no place here", "sweep --devices"},
		{"settings:\n  workers: a:1\n", ":2: workers has no place here", "leave it out"},
		{"settings:\n  epochs: many\n", `:2: epochs = "many", want a whole number`, ""},
		{"settings:\n  epochs: [1]\n", ":2: epochs is a list, want a plain value", ""},
		{"settings: {seed: 1}\nseeds: [2]\n", ":2: seed was already given on line 1", ""},
		{"settings: {epochs: 1}\ngrid: {epochs: [2]}\n", ":2: epochs was already given on line 1", ""},
		{fmt.Sprintf(many, numbers...), "describes more than 1000 runs", ""},
		{"seeds: &a [1]\ngrid: {epochs: *a}\n", ":2: epochs is a reference, want a list", ""},
	}
	for _, test := range tests {
		_, err := readSweep(t, test.content)
		usage, ok := errors.AsType[*UsageError](err)
		if !ok || !strings.Contains(err.Error(), test.fault) || !strings.Contains(usage.Hint, test.hint) {
			t.Errorf("%.60q gives %#v, want a *UsageError with %q and the hint %q", test.content, err, test.fault, test.hint)
		}
	}
	if _, err := ReadSweep(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "failed to read sweep") {
		t.Errorf("a file that is not there gives %v", err)
	}
}

func TestSweepResolve(t *testing.T) {
	sweep, err := readSweep(t, "settings: {epochs: 3, batch-size: 8}\ngrid: {learning-rate: [0.1]}\npresets: [fast]\n")
	if err != nil {
		t.Fatal(err)
	}
	point := &sweep.Points[0]
	r := Resolver{
		Presets: map[string][]Assignment{"fast": {{"epochs", "9"}, {"size", "32"}}},
		Environ: []string{"TFGALAXY_BATCH_SIZE=16", "TFGALAXY_RUNS=elsewhere"}, OtherEnv: SweepForeign(),
	}
	v, err := point.Resolve(r)
	if err != nil {
		t.Fatal(err)
	}
	if c := v.Config; c.Epochs != 3 || c.Size != 32 || c.BatchSize != 16 || c.LearningRate != 0.1 || c.Preset != "fast" || c.Runs != "runs" {
		t.Errorf("the configuration is %+v", c)
	}
	if origin := v.Origin("learning-rate"); !strings.HasSuffix(origin, "sweep.yaml:2") {
		t.Errorf("the learning rate is of %s", origin)
	}
	for _, setting := range []Resolver{
		{Presets: r.Presets, Environ: []string{"TFGALAXY_LEARNING_RATE=0.2"}},
		{Presets: r.Presets, Flags: []Assignment{{"preset", "fast"}}},
	} {
		if _, err := point.Resolve(setting); err == nil || !strings.Contains(err.Error(), "and the sweep varies it") {
			t.Errorf("what would make all runs the same gives %v", err)
		}
	}
}

func FuzzSweep(f *testing.F) {
	f.Add("settings: {epochs: 3}\npresets: [small]\ngrid: {flip: [true, false]}\nseeds: [1, 2]\nruns: there\n")
	f.Add("grid: {a: &x [1], b: *x}\n---\n")
	f.Add("? [a]\n: b\n")
	f.Fuzz(func(t *testing.T, content string) {
		sweep, err := readSweep(t, content)
		if err != nil {
			if _, ok := errors.AsType[*UsageError](err); !ok {
				t.Fatalf("error %#v, want a *UsageError", err)
			}
			return
		}
		names := map[string]bool{}
		for _, p := range sweep.Points {
			if p.Name != filepath.Base(p.Name) || len(p.Name) > 255 || names[p.Name] {
				t.Fatalf("name %q", p.Name)
			}
			names[p.Name] = true
		}
	})
}
