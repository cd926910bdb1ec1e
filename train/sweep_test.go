package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// tiny are the settings of a sweep whose runs take tenths of a second.
const tiny = "settings: {data: 'synthetic:60', network: seed2, size: 16, oversample: 1, batch-size: 16, validation: 0.2, augment: none"

// planSweep plans a sweep in dir: tiny, more settings, and what varies.
func planSweep(t *testing.T, dir, more, varied string, settings SweepSettings) (*Sweep, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sweep.yaml")
	if err := os.WriteFile(file, []byte(tiny+more+"}\n"+varied), 0o644); err != nil {
		t.Fatal(err)
	}
	asked, err := run.ReadSweep(file)
	if err != nil {
		t.Fatal(err)
	}
	settings.Dir = dir
	if settings.Shard.Of == 0 {
		settings.Shard = infer.Whole
	}
	settings.Resolver = run.Resolver{Presets: PresetSettings(), Flags: []run.Assignment{{Key: "cache", Value: cacheDir}}}
	return PlanSweep(asked, settings)
}

func mustPlanSweep(t *testing.T, dir, more, varied string, settings SweepSettings) *Sweep {
	t.Helper()
	s, err := planSweep(t, dir, more, varied, settings)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func runSweep(ctx context.Context, s *Sweep, observe func(SweepEvent), devices ...string) error {
	return s.Run(ctx, SweepOptions{Devices: devices, Observe: observe, Train: Options{Command: []string{"tfgalaxy", "sweep"}, Version: "test"}})
}

func statuses(s *Sweep) []run.Status {
	var all []run.Status
	for _, r := range s.Runs {
		all = append(all, r.Status)
	}
	return all
}

// Runs go on two devices at once, each of which has one at a time; a run of the sweep is
// the run that train makes of the same settings; and a sweep that is done, or to which a
// value is added, leaves what is done alone.
func TestSweep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sweep")
	s := mustPlanSweep(t, dir, ", epochs: 2", "seeds: [1, 2]\n", SweepSettings{})
	if _, err := os.Stat(dir); err == nil {
		t.Error("planning has made a folder")
	}
	running, most := map[string]string{}, 0
	var lines bytes.Buffer
	observe := func(e SweepEvent) {
		switch e.Event.(type) {
		case Started:
			if running[e.Device] != "" {
				t.Errorf("%s begins on %s, which has %s", e.Name, e.Device, running[e.Device])
			}
			running[e.Device] = e.Name
			most = max(most, len(running))
		case RunLeft:
			delete(running, e.Device)
		}
		if err := json.NewEncoder(&lines).Encode(e); err != nil {
			t.Error(err)
		}
	}
	if err := runSweep(context.Background(), s, observe, "cpu:0", "cpu:1"); err != nil {
		t.Fatal(err)
	}
	if done := []run.Status{run.StatusDone, run.StatusDone}; !slices.Equal(statuses(s), done) || most != 2 {
		t.Errorf("%q, %d at once", statuses(s), most)
	}
	if want := `{"sweep_run":"small-seed=1","sweep_device":"cpu:`; !strings.Contains(lines.String(), want) || strings.Count(lines.String(), `"event":"left"`) != 2 {
		t.Errorf("no %s in events\n%s", want, lines.String())
	}
	for line := range strings.Lines(lines.String()) {
		keys := map[json.Token]bool{}
		for decoder := json.NewDecoder(strings.NewReader(line)); ; {
			key, err := decoder.Token()
			if err != nil || key == json.Delim('}') {
				break
			}
			if key == json.Delim('{') {
				continue
			}
			if keys[key] {
				t.Fatalf("%v twice in %s", key, line)
			}
			keys[key] = true
			var value json.RawMessage
			if err := decoder.Decode(&value); err != nil {
				t.Fatal(err)
			}
		}
	}

	single := filepath.Join(t.TempDir(), "single")
	values, err := s.Runs[1].Resolve(s.settings.Resolver)
	if err != nil {
		t.Fatal(err)
	}
	if err := values.Choose("run-dir", single, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := trainBy(t, context.Background(), nil, values); err != nil {
		t.Fatal(err)
	}
	epochs, steps := measured(t, s.Runs[1].Dir)
	wantEpochs, wantSteps := measured(t, single)
	if !slices.EqualFunc(epochs, wantEpochs, equalEpochs) || !slices.Equal(steps, wantSteps) {
		t.Error("a run of a sweep has other numbers than a run of its own")
	}

	before, err := os.Stat((&run.Run{Dir: s.Runs[0].Dir}).Path(run.InfoFile))
	if err != nil {
		t.Fatal(err)
	}
	more := mustPlanSweep(t, dir, ", epochs: 2", "seeds: [4, 1]\n", SweepSettings{})
	if want := []run.Status{StatusWaiting, run.StatusDone}; !slices.Equal(statuses(more), want) || !slices.Equal(more.Extra, []string{"small-seed=2"}) {
		t.Errorf("with another seed %q, extra %q", statuses(more), more.Extra)
	}
	if !more.Todo(more.Runs[0]) || more.Todo(more.Runs[1]) {
		t.Error("of a run that is done and one that was added the wrong one is to do")
	}
	again := mustPlanSweep(t, dir, ", epochs: 2", "seeds: [1, 2]\n", SweepSettings{Retry: true})
	if err := runSweep(context.Background(), again, func(e SweepEvent) { t.Errorf("%+v in a sweep that is done", e) }, "cpu:0"); err != nil {
		t.Error(err)
	}
	after, err := os.Stat((&run.Run{Dir: s.Runs[0].Dir}).Path(run.InfoFile))
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a run that is done was written to: %v", err)
	}
	testSweepGoesOn(t, s)
	testSweepRefuses(t, dir)
	if c := s.Compare(); len(c.Runs) != 2 || len(c.Repeated) != 1 || len(c.Repeated[0].Runs) != 2 || !slices.Contains(c.Settings, "seed") {
		t.Errorf("compared %+v", c)
	}
}

// testSweepGoesOn sees that an interrupted sweep goes on to the numbers of an undisturbed
// one, and so does one of which a run was killed before it had a checkpoint.
func testSweepGoesOn(t *testing.T, whole *Sweep) {
	dir := filepath.Join(t.TempDir(), "stopped")
	s := mustPlanSweep(t, dir, ", epochs: 2", "seeds: [1, 2]\n", SweepSettings{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := runSweep(ctx, s, func(e SweepEvent) {
		if step, is := e.Event.(Stepped); is && step.Step.Step == 4 {
			cancel()
		}
	}, "cpu:0")
	if want := []run.Status{run.StatusInterrupted, StatusWaiting}; !errors.Is(err, ErrInterrupted) || !slices.Equal(statuses(s), want) {
		t.Fatalf("interrupted: %q, %v", statuses(s), err)
	}
	// A run that was killed in its first epoch.
	killed := &run.Run{Dir: s.Runs[1].Dir}
	if err := os.CopyFS(killed.Dir, os.DirFS(whole.Runs[1].Dir)); err != nil {
		t.Fatal(err)
	}
	info, err := killed.Info()
	if err != nil {
		t.Fatal(err)
	}
	info.Status, info.Best = run.StatusRunning, nil
	for _, err := range []error{killed.Unseal(), killed.WriteInfo(info), os.RemoveAll(killed.Path("checkpoints"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s = mustPlanSweep(t, dir, ", epochs: 2", "seeds: [1, 2]\n", SweepSettings{})
	if want := []run.Status{run.StatusInterrupted, run.StatusKilled}; !slices.Equal(statuses(s), want) {
		t.Fatalf("before going on: %q", statuses(s))
	}
	var from []int64
	if err := runSweep(context.Background(), s, func(e SweepEvent) {
		if started, is := e.Event.(Started); is {
			from = append(from, started.FromStep)
		}
	}, "cpu:0"); err != nil || !slices.Equal(from, []int64{4, 0}) {
		t.Fatalf("went on from steps %v, %v", from, err)
	}
	for i := range s.Runs {
		epochs, steps := measured(t, s.Runs[i].Dir)
		wantEpochs, wantSteps := measured(t, whole.Runs[i].Dir)
		if !slices.EqualFunc(epochs, wantEpochs, equalEpochs) || !slices.Equal(steps, wantSteps) {
			t.Errorf("run %s has other numbers than in a sweep that nobody disturbed", s.Runs[i].Name)
		}
	}
}

// A run that diverges stops no other, and is tried again only where that is asked for.
func TestSweepFailingRun(t *testing.T) {
	dir := t.TempDir()
	const varied = "grid: {learning-rate: [1e30, 0.001]}\n"
	s := mustPlanSweep(t, dir, ", steps: 2, output: linear", varied, SweepSettings{})
	err := runSweep(context.Background(), s, nil, "cpu:0")
	if want := []run.Status{run.StatusDiverged, run.StatusDone}; !slices.Equal(statuses(s), want) || s.Runs[0].Err == nil {
		t.Fatalf("%q: %v", statuses(s), s.Runs[0].Err)
	}
	if err == nil || !strings.Contains(err.Error(), "1 of 2 runs failed: small-learning-rate=1e+30") {
		t.Errorf("the sweep ends with %v", err)
	}
	for _, retry := range []bool{false, true} {
		s := mustPlanSweep(t, dir, ", steps: 2, output: linear", varied, SweepSettings{Retry: retry})
		begun := 0
		err := runSweep(context.Background(), s, func(e SweepEvent) {
			if _, is := e.Event.(Started); is {
				begun++
			}
		}, "cpu:0")
		if err == nil || retry != (begun == 1) {
			t.Errorf("retry %v: %d have begun, %v", retry, begun, err)
		}
	}
}

// A device that is not there gets no run after its first, which leaves no folder.
func TestSweepDeviceFails(t *testing.T) {
	s := mustPlanSweep(t, t.TempDir(), ", steps: 2", "seeds: [1, 2, 3]\n", SweepSettings{})
	err := runSweep(context.Background(), s, nil, "gpu:99")
	if !errors.Is(err, graph.ErrDevice) || !strings.HasPrefix(err.Error(), "no device is left for 2 of 3 runs: ") {
		t.Errorf("the sweep ends with %v", err)
	}
	if want := []run.Status{run.StatusFailed, StatusWaiting, StatusWaiting}; !slices.Equal(statuses(s), want) {
		t.Errorf("the runs are %q, want %q", statuses(s), want)
	}
	if left, err := os.ReadDir(s.Dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left: %v", left, err)
	}
}

// A shard has every N-th run, and none that another process has, though it took it
// after the sweep was planned.
func TestSweepShardAndLock(t *testing.T) {
	dir := t.TempDir()
	s := mustPlanSweep(t, dir, "", "seeds: [1, 2, 3, 4, 5]\n", SweepSettings{Shard: infer.Shard{Number: 3, Of: 4}})
	var todo []string
	for _, r := range s.Runs {
		if s.Todo(r) {
			todo = append(todo, r.Name)
		}
	}
	if !slices.Equal(todo, []string{"small-seed=3"}) {
		t.Errorf("to do are %q", todo)
	}
	// What a process leaves that is killed as it begins a run is no obstacle.
	if err := errors.Join(os.Mkdir(s.Runs[1].Dir, 0o755), os.WriteFile(filepath.Join(s.Runs[1].Dir, run.LockFile), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := s.Runs[1].look(); err != nil || s.Runs[1].Status != run.StatusKilled {
		t.Errorf("a run that was killed as it began is %s, %v", s.Runs[1].Status, err)
	}
	held, err := run.CreateAt(s.Runs[2].Dir)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := held.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if err := runSweep(context.Background(), s, nil, "cpu:0"); err != nil || s.Runs[2].Status != StatusElsewhere {
		t.Errorf("a run that another has is %s, %v", s.Runs[2].Status, err)
	}
}

// Of two processes that planned the same run one makes it: the other finds it done, or
// taken, when its turn comes or when it wants to make the folder.
func TestSweepTwice(t *testing.T) {
	dir := t.TempDir()
	sweeps := []*Sweep{}
	for range 2 {
		sweeps = append(sweeps, mustPlanSweep(t, dir, ", steps: 2", "seeds: [1]\n", SweepSettings{}))
	}
	var begun atomic.Int64
	faults := make(chan error, len(sweeps))
	for _, s := range sweeps {
		go func() {
			faults <- runSweep(context.Background(), s, func(e SweepEvent) {
				if _, is := e.Event.(Started); is {
					begun.Add(1)
				}
			}, "cpu:0")
		}()
	}
	for range sweeps {
		if err := <-faults; err != nil {
			t.Error(err)
		}
	}
	if c := sweeps[0].Compare(); begun.Load() != 1 || c.Runs[0].Status != run.StatusDone {
		t.Errorf("the run has begun %d times, and is %s", begun.Load(), c.Runs[0].Status)
	}
}

// testSweepRefuses sees that faults of any run are told before the first one begins, with
// its name; dir has a run.
func testSweepRefuses(t *testing.T, dir string) {
	other := t.TempDir()
	if err := os.MkdirAll(filepath.Join(other, "small-seed=1", "thesis"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ dir, more, varied, want string }{
		{dir, ", epochs: 3", "seeds: [1]\n", `run small-seed=1: ` + filepath.Join(dir, "small-seed=1") + ` has epochs "2", and the sweep now says "3"`},
		{other, "", "seeds: [1]\n", "is there, and is no run: it holds thesis"},
		{other, "", "grid: {optimiser: [sgd, adam], momentum: [0.5]}\n", "run small-optimiser=adam-momentum=0.5: "},
		{other, "", "grid: {fold: [1]}\n", "fold has no effect"},
		{other, "", "presets: [small, tall]\n", "run tall: unknown preset"},
		{other, "", "grid: {freeze: ['', nothing]}\n", "run small-freeze=nothing: "},
	}
	for _, test := range tests {
		if _, err := planSweep(t, test.dir, test.more, test.varied, SweepSettings{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s%s: %v, want %q", test.more, test.varied, err, test.want)
		}
	}
	if entries, err := os.ReadDir(other); err != nil || len(entries) != 1 {
		t.Errorf("something was begun: %v, %v", entries, err)
	}
	// What the machine computes with may change.
	mustPlanSweep(t, dir, ", epochs: 2, threads: 1, input-threads: 1", "seeds: [1]\n", SweepSettings{})
}

// One request for a checkpoint is one to each run that is going, and to none that
// begins later.
func TestSweepSaveAsked(t *testing.T) {
	signals := 1
	w := &sweeping{options: SweepOptions{Train: Options{SaveAsked: func() bool {
		signals--
		return signals == 0
	}}}}
	a, b := w.optionsOf(&SweepRun{}, "gpu:0"), w.optionsOf(&SweepRun{}, "gpu:1")
	if !a.SaveAsked() || !b.SaveAsked() || a.SaveAsked() || b.SaveAsked() || w.optionsOf(&SweepRun{}, "gpu:0").SaveAsked() {
		t.Error("not each of two runs was asked to save once")
	}
}
