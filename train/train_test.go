package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npy"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// cacheDir is shared by the tests of this package.
var cacheDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tfgalaxy-train-")
	if err != nil {
		panic(err)
	}
	cacheDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// plain is what a run without a recipe does, whatever the default preset's is.
var plain = []run.Assignment{
	{Key: "optimiser", Value: "adam"}, {Key: "average", Value: "0"}, {Key: "label-bias", Value: "false"},
	{Key: "oversample", Value: "1"}, {Key: "margin", Value: "0"},
	{Key: "zoom", Value: "1"}, {Key: "shift", Value: "0"}, {Key: "brightness", Value: "0"},
}

// settings are those of a plain run of seconds: 2 epochs of 60 drawn galaxies of 16
// pixels.
func settings(t testing.TB, more ...string) *run.Values {
	t.Helper()
	return endless(t, append([]string{"epochs", "2"}, more...)...)
}

// endless are settings that do not say how long the run is.
func endless(t testing.TB, more ...string) *run.Values {
	t.Helper()
	flags := append(slices.Clone(plain), []run.Assignment{
		{Key: "data", Value: "synthetic:60"}, {Key: "size", Value: "16"},
		{Key: "batch-size", Value: "16"}, {Key: "cache", Value: cacheDir}, {Key: "validation", Value: "0.2"},
		{Key: "schedule", Value: "constant"}, {Key: "warm-up", Value: "0"},
	}...)
	for i := 0; i < len(more); i += 2 {
		flags = append(flags, run.Assignment{Key: more[i], Value: more[i+1]})
	}
	values, err := run.Resolver{Presets: PresetSettings(), Flags: flags}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func trainNew(t *testing.T, ctx context.Context, observe func(Event), more ...string) (*Ended, error) {
	t.Helper()
	return trainBy(t, ctx, observe, settings(t, append([]string{"runs", t.TempDir()}, more...)...))
}

func trainBy(t *testing.T, ctx context.Context, observe func(Event), values *run.Values) (*Ended, error) {
	t.Helper()
	plan, err := NewPlan(values)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Run(ctx, Options{Command: []string{"tfgalaxy", "train"}, Version: "test", Observe: observe})
}

func resume(t *testing.T, dir string, flags ...run.Assignment) (*Ended, error) {
	t.Helper()
	plan, err := PlanResume(dir, run.Last, flags)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Run(context.Background(), Options{Command: []string{"tfgalaxy", "train", "--resume", dir}, Version: "test"})
}

// measured are a run's metrics without what a clock says.
func measured(t *testing.T, dir string) ([]run.Epoch, []run.Step) {
	t.Helper()
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	epochs, err := r.Epochs()
	if err != nil {
		t.Fatal(err)
	}
	for i := range epochs {
		epochs[i].ImagesPerSecond, epochs[i].DataWait, epochs[i].Seconds = 0, 0, 0
	}
	steps, err := r.Steps()
	if err != nil {
		t.Fatal(err)
	}
	return epochs, steps
}

func equalEpochs(a, b run.Epoch) bool {
	return a.Epoch == b.Epoch && a.Step == b.Step && a.Loss == b.Loss && a.LearningRate == b.LearningRate &&
		*a.RMSE == *b.RMSE && *a.ValidationLoss == *b.ValidationLoss
}

// A run of 4 epochs, one of 2 resumed for 2 more, and one stopped in the middle
// of its third epoch and resumed, all have the same numbers to the last digit.
func TestResumeEqualsUndisturbedRun(t *testing.T) {
	whole, err := trainNew(t, context.Background(), nil, "epochs", "4")
	if err != nil {
		t.Fatal(err)
	}
	wantEpochs, wantSteps := measured(t, whole.Run)
	if len(wantEpochs) != 4 || len(wantSteps) != 4*3 {
		t.Fatalf("%d epochs and %d steps, want 4 and 12", len(wantEpochs), len(wantSteps))
	}
	compare := func(name, dir string) {
		t.Helper()
		epochs, steps := measured(t, dir)
		if !slices.EqualFunc(epochs, wantEpochs, equalEpochs) {
			t.Errorf("%s: epochs %+v, want %+v", name, epochs, wantEpochs)
		}
		if !slices.Equal(steps, wantSteps) {
			t.Errorf("%s: steps %+v, want %+v", name, steps, wantSteps)
		}
	}

	half, err := trainNew(t, context.Background(), nil, "epochs", "2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := resume(t, half.Run, run.Assignment{Key: "epochs", Value: "4"}); err != nil {
		t.Fatal(err)
	}
	compare("2 epochs and 2 more", half.Run)

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stopped, err := trainNew(t, ctx, func(e Event) {
		if s, ok := e.(Stepped); ok && s.Step.Step == 7 {
			stop()
		}
	}, "epochs", "4")
	if !errors.Is(err, ErrInterrupted) || stopped.Status != run.StatusInterrupted || stopped.Step > 8 {
		t.Fatalf("ended as %+v with %v, want an interruption after step 7", stopped, err)
	}
	if _, err := resume(t, stopped.Run); err != nil {
		t.Fatal(err)
	}
	compare("stopped within an epoch", stopped.Run)
}

func TestRunFolder(t *testing.T) {
	var kinds []string
	ended, err := trainNew(t, context.Background(), func(e Event) {
		switch e := e.(type) {
		case Started:
			kinds = append(kinds, e.Event)
		case Stepped:
			kinds = append(kinds, e.Event)
		case EpochEnded:
			kinds = append(kinds, e.Event)
		case Ended:
			kinds = append(kinds, e.Event)
		}
	}, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(kinds, " "), "start step step step epoch end"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	for _, name := range []string{
		"config.yaml", "run.json", "metrics.csv", "metrics.jsonl",
		"checkpoints/last/state.json", "checkpoints/last/variables.index", "checkpoints/best/state.json", "checkpoints/best/variables.index",
		"saved_model/saved_model.pb", "saved_model/assets.extra/preprocessing.json", "saved_model/variables/variables.index",
		"predictions/validation.csv", "samples/augmented.png", "samples/galaxy.png", "samples/kernels.npy", "samples/activations/01-conv1.npy",
	} {
		if _, err := os.Stat(filepath.Join(ended.Run, name)); err != nil {
			t.Error(err)
		}
	}
	var leftovers []string
	filepath.WalkDir(ended.Run, func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".new") || strings.HasPrefix(filepath.Base(path), ".") {
			leftovers = append(leftovers, path)
		}
		return err
	})
	if len(leftovers) > 0 {
		t.Errorf("left behind: %v", leftovers)
	}

	// The model gives the votes that were written down while training.
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	written, err := r.ReadPredictions()
	if err != nil {
		t.Fatal(err)
	}
	model, err := infer.LoadEnsemble([]string{ended.Run})
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	config, err := r.Config()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := OpenData(config.Data)
	if err != nil {
		t.Fatal(err)
	}
	_, held, err := Rows(&config, catalogue.IDs())
	if err != nil {
		t.Fatal(err)
	}
	result, err := model.Evaluate(context.Background(), catalogue, held, infer.Scoring{Cache: cacheDir, BatchSize: 7})
	if err != nil {
		t.Fatal(err)
	}
	score, err := galaxyzoo.NewScore(written.Votes, catalogue.Votes(held))
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []float64{score.RMSE, *ended.RMSE} {
		if d := other - result.RMSE; d > 1e-5 || d < -1e-5 { // six decimals in the file
			t.Errorf("RMSE %.7f by the model, %.7f while training", result.RMSE, other)
		}
	}
}

func TestNothingHeldBack(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "validation", "0", "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	if ended.RMSE != nil || ended.BestEpoch != 1 || ended.SavedModel == "" {
		t.Errorf("ended as %+v, want no RMSE but a best epoch and a model", ended)
	}
	if _, err := os.Stat(filepath.Join(ended.Run, "predictions")); !os.IsNotExist(err) {
		t.Errorf("predictions on rows held back were written: %v", err)
	}
}

func TestDivergence(t *testing.T) {
	_, err := trainNew(t, context.Background(), nil, "learning-rate", "1e38", "output", "linear")
	if err == nil || !strings.Contains(err.Error(), "not numbers") && !strings.Contains(err.Error(), "the loss is") {
		t.Fatalf("got %v, want an error about a loss that is no number", err)
	}
	if !strings.Contains(err.Error(), "step") || !strings.Contains(err.Error(), "checkpoint") {
		t.Errorf("%v: want the step and the last good checkpoint named", err)
	}
}

// A checkpoint that cannot be written ends the run, whatever goes on meanwhile, with
// what was in the way.
func TestFailedCheckpoint(t *testing.T) {
	var dir string
	_, err := trainNew(t, context.Background(), func(e Event) {
		s, started := e.(Started)
		if !started {
			return
		}
		dir = s.Run
		folder := filepath.Join(dir, "checkpoints")
		if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o666)); err != nil {
			t.Error(err)
		}
	}, "epochs", "3")
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "checkpoints")) {
		t.Fatalf("got %v, want an error that names the checkpoint", err)
	}
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	info, err := r.Info()
	if err != nil {
		t.Fatal(err)
	}
	if info.Status != run.StatusFailed {
		t.Errorf("the run is called %s, want %s", info.Status, run.StatusFailed)
	}
}

func TestPatience(t *testing.T) {
	// With a learning rate of next to nothing the score stays within float32's
	// last digits, and patience ends soon.
	ended, err := trainNew(t, context.Background(), nil, "learning-rate", "1e-30", "epochs", "50", "patience", "2")
	if err != nil {
		t.Fatal(err)
	}
	if ended.Epochs >= 50 || ended.Status != run.StatusDone {
		t.Errorf("ended after %d epochs as %s", ended.Epochs, ended.Status)
	}
}

func TestResumeRefusals(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		flags []run.Assignment
		want  string
	}{
		{"nothing left to do", nil, "has done all of its epochs: 1"},
		{"another network", []run.Assignment{{Key: "network", Value: "seed3"}}, `--network "seed3": run`},
		{"another seed", []run.Assignment{{Key: "seed", Value: "9"}}, `--seed "9"`},
		{"another batch size", []run.Assignment{{Key: "batch-size", Value: "8"}, {Key: "epochs", Value: "3"}}, `--batch-size "8"`},
	}
	for _, test := range tests {
		_, err := PlanResume(ended.Run, run.Last, test.flags)
		var usage *run.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.want) || usage.Hint == "" {
			t.Errorf("%s: got %v, want a usage error with %q and a hint", test.name, err, test.want)
		}
	}
	if _, err := PlanResume(ended.Run, run.Last, []run.Assignment{{Key: "epochs", Value: "2"}, {Key: "data", Value: "synthetic:61"}}); !isDataError(err) {
		t.Errorf("other data: got %v, want a data error", err)
	}
	if _, err := PlanResume(t.TempDir(), run.Last, nil); err == nil {
		t.Error("an empty folder was resumed")
	}
}

// A run goes on although its configuration lacks the settings that came later, of which
// its preset has values by now.
func TestResumeOfAnOlderRun(t *testing.T) {
	values, err := run.Resolver{Flags: []run.Assignment{ // and not the recipe of preset small
		{Key: "preset", Value: "small"}, {Key: "data", Value: "synthetic:20"}, {Key: "size", Value: "16"},
		{Key: "epochs", Value: "1"}, {Key: "cache", Value: cacheDir}, {Key: "runs", Value: t.TempDir()},
	}}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := NewPlan(values)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := plan.Run(t.Context(), Options{Command: []string{"tfgalaxy", "train"}, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(ended.Run, run.ConfigFile)
	config, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var older []string
	for line := range strings.Lines(string(config)) {
		if !strings.HasSuffix(line, "# default\n") {
			older = append(older, line)
		}
	}
	if err := os.WriteFile(file, []byte(strings.Join(older, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	resume(t, ended.Run, run.Assignment{Key: "epochs", Value: "2"})
}

func isDataError(err error) bool {
	var data *galaxyzoo.DataError
	return errors.As(err, &data)
}

func TestPlanErrors(t *testing.T) {
	if _, err := NewPlan(settings(t, "data", filepath.Join(t.TempDir(), "none"))); !isDataError(err) {
		t.Errorf("missing data: got %v, want a data error", err)
	}
	for _, more := range [][]string{{"network", "seed4"}, {"network", "small", "size", "8"}, {"data", "synthetic:none"}, {"data", "synthetic:0"}} {
		_, err := NewPlan(settings(t, more...))
		var usage *run.UsageError
		if !errors.As(err, &usage) || usage.Hint == "" {
			t.Errorf("%v: got %v, want a usage error with a hint", more, err)
		}
	}
}

// A run that fails before its first step leaves nothing.
func TestFailureLeavesNothing(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	plan, err := NewPlan(settings(t, "runs", runs, "cache", filepath.Join(runs+".file", "cache")))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(runs+".file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Run(context.Background(), Options{}); err == nil {
		t.Fatal("a cache below a file was made")
	}
	if _, err := os.Stat(runs); !os.IsNotExist(err) {
		t.Errorf("the runs folder is there: %v", err)
	}
}

// Every epoch has each training row once, in an order of its own, and the
// batches are the same whoever prepares them and wherever an epoch is taken up.
func TestInput(t *testing.T) {
	values := settings(t, "flip", "true")
	catalogue, err := OpenData(values.Config.Data)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := infer.OpenCrops(context.Background(), cacheDir, catalogue, Preprocessing(&values.Config), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	rows, _ := galaxyzoo.Split(catalogue.IDs(), 0.2, 1)
	epoch := func(workers, epoch, from int) [][]byte {
		c := values.Config
		c.InputThreads = workers
		in, err := newInput(&c, catalogue, cache, rows, imagesOf(c.Size))
		if err != nil {
			t.Fatal(err)
		}
		var batches [][]byte
		feed, stop := in.epoch(epoch, from)
		defer stop()
		for b := range feed {
			batches = append(batches, append(bytes.Clone(b.Pixels), byte(b.Rows)))
			in.recycle(b)
		}
		return batches
	}
	first := epoch(1, 0, 0)
	if !slices.EqualFunc(first, epoch(3, 0, 0), bytes.Equal) {
		t.Error("the number of workers changes the batches")
	}
	if !slices.EqualFunc(first[1:], epoch(2, 0, 1), bytes.Equal) {
		t.Error("an epoch taken up at its second batch goes on with others")
	}
	if slices.EqualFunc(first, epoch(1, 1, 0), bytes.Equal) {
		t.Error("two epochs have the same batches")
	}
	// Stopped early, an epoch gives all its batches back.
	in, err := newInput(&values.Config, catalogue, cache, rows, imagesOf(values.Config.Size))
	if err != nil {
		t.Fatal(err)
	}
	feed, stop := in.epoch(0, 0)
	in.recycle(<-feed)
	stop()
	if len(in.ring) != cap(in.ring) {
		t.Errorf("%d of %d batches came back", len(in.ring), cap(in.ring))
	}
	order := in.order(3)
	slices.Sort(order)
	if !slices.Equal(order, rows) {
		t.Error("an epoch's order is no permutation of the training rows")
	}
}

// NumPy's own reader in Go reads what is written, with its shape.
func TestEncodeArray(t *testing.T) {
	var file bytes.Buffer
	values := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	if err := encodeArray(&file, []int64{2, 1, 3, 2}, values); err != nil {
		t.Fatal(err)
	}
	if start := file.Len() - 4*len(values); start%64 != 0 {
		t.Errorf("the values start at byte %d, want a multiple of 64", start)
	}
	r, err := npy.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	var got []float32
	if err := r.Read(&got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Header.Descr.Shape, []int{2, 1, 3, 2}) || !slices.Equal(got, values) {
		t.Errorf("read %v of shape %v", got, r.Header.Descr.Shape)
	}
}

func TestPresetsArePossible(t *testing.T) {
	for _, p := range Presets {
		values, err := run.Resolver{Presets: PresetSettings(), Flags: []run.Assignment{{Key: "preset", Value: p.Name}}}.Resolve()
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		if _, err := Network(&values.Config); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	if _, err := graph.LookUp(run.Default().Network); err != nil {
		t.Error(err)
	}
}

func TestBetter(t *testing.T) {
	score := func(loss, rmse float64) *run.BestEpoch { return &run.BestEpoch{Loss: loss, RMSE: &rmse} }
	trained := func(loss, rmse float64) *run.BestEpoch { return &run.BestEpoch{Loss: loss, TrainingRMSE: &rmse} }
	tests := []struct {
		name        string
		epoch, best *run.BestEpoch
		want        bool
	}{
		{"the first", score(9, 9), nil, true},
		{"a lower RMSE", score(2, 0.1), score(1, 0.2), true},
		{"a higher RMSE", score(1, 0.2), score(2, 0.1), false},
		{"the same RMSE", score(1, 0.1), score(2, 0.1), false},
		{"a lower RMSE of training rows", trained(2, 0.1), trained(1, 0.2), true},
		{"a higher RMSE of training rows", trained(1, 0.2), trained(2, 0.1), false},
	}
	for _, test := range tests {
		if got := better(test.epoch, test.best); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
