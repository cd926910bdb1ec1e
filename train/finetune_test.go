package train

import (
	"context"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// started returns the weights that a configuration begins with.
func started(t *testing.T, c *run.Config) (graph.Weights, *run.InitSource) {
	t.Helper()
	network, err := Network(c)
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := graph.NewTrainer(network, graph.Options{LossWeights: graph.MSE(), Seed: c.Seed, Average: c.Average})
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	var source *run.InitSource
	if c.InitFrom != "" {
		if source, err = startFrom(trainer, network, c); err != nil {
			t.Fatal(err)
		}
	}
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return weights, source
}

// The weights before the first step are the source's to the bit, in whatever form
// it is named; with body the last layer is as without a source.
func TestInitFrom(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1", "seed", "5", "average", "0.5")
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	frozen := filepath.Join(t.TempDir(), "frozen")
	if _, err := Export(r, run.Best, frozen, true); err != nil {
		t.Fatal(err)
	}
	want := kept(t, ended.Run, run.Best)
	for _, path := range []string{ended.Run, r.Checkpoint(run.Last), r.SavedModel(), frozen} {
		// The output is no weight: another one changes the layout, and may start from these.
		got, source := started(t, &settings(t, "init-from", path, "output", "linear").Config)
		if !maps.EqualFunc(got, want, slices.Equal[[]float32]) {
			t.Errorf("%s: training starts from other weights", path)
		}
		if source.Path != run.PortablePath(path) || source.Layers != run.InitAll || len(source.Digest) != 64 {
			t.Errorf("%s: recorded as %+v", path, source)
		}
		if ofRun := path != frozen; (source.Run == r.Name()) != ofRun || (source.Network == "small") != ofRun || (source.Data != "") != ofRun {
			t.Errorf("%s: recorded as of run %q, network %q, data %q", path, source.Run, source.Network, source.Data)
		}
	}

	drawn, _ := started(t, &settings(t).Config)
	got, _ := started(t, &settings(t, "init-from", ended.Run, "init-layers", "body").Config)
	for name, values := range got {
		from := want
		if strings.HasPrefix(name, "dense2/") {
			from = drawn
		}
		if !slices.Equal(values, from[name]) {
			t.Errorf("body: %s starts from other weights", name)
		}
	}
	if slices.Equal(drawn["dense2/kernel"], want["dense2/kernel"]) {
		t.Error("the source's last layer is what is drawn: nothing to tell apart")
	}
}

// Frozen layers are after two epochs what they were in the source, also with an
// optimiser that takes a share off all kernels; the others are not. Once it has
// begun, a run needs its source no more; its configuration repeats it.
func TestFreeze(t *testing.T) {
	source, err := trainNew(t, context.Background(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	want := kept(t, source.Run, run.Best)
	how := []string{"init-from", source.Run, "init-layers", "body", "freeze", "conv*, norm6", "optimiser", "adamw", "weight-decay", "0.1", "layer-decay", "0.9", "seed", "3"}
	whole, err := trainNew(t, context.Background(), nil, append(how, "epochs", "2")...)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range kept(t, whole.Run, run.Last) {
		frozen := strings.HasPrefix(name, "conv") || strings.HasPrefix(name, "norm6/")
		if same := slices.Equal(values, want[name]); same != frozen {
			t.Errorf("%s is the source's: %v, want %v", name, same, frozen)
		}
	}

	half, err := trainNew(t, context.Background(), nil, append(how, "epochs", "1")...)
	if err != nil {
		t.Fatal(err)
	}
	epochs, steps := measured(t, whole.Run)
	values, err := run.Resolver{
		Presets: PresetSettings(), File: filepath.Join(whole.Run, run.ConfigFile), Flags: []run.Assignment{{Key: "runs", Value: t.TempDir()}},
	}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := NewPlan(values)
	if err != nil {
		t.Fatal(err)
	}
	repeated, err := plan.Run(context.Background(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(source.Run); err != nil {
		t.Fatal(err)
	}
	if _, err := resume(t, half.Run, run.Assignment{Key: "epochs", Value: "2"}); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"resumed without its source": half.Run, "repeated by its configuration": repeated.Run} {
		gotEpochs, gotSteps := measured(t, dir)
		if !slices.EqualFunc(gotEpochs, epochs, equalEpochs) || !slices.Equal(gotSteps, steps) {
			t.Errorf("%s: another run came out", name)
		}
		r, err := run.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		info, err := r.Info()
		if err != nil {
			t.Fatal(err)
		}
		if from := info.InitFrom; from == nil || from.Path != run.PortablePath(source.Run) || from.Run != filepath.Base(source.Run) || from.Layers != run.InitBody {
			t.Errorf("%s: run.json has %+v as the source", name, from)
		}
		text, err := os.ReadFile(filepath.Join(r.SavedModel(), cardFile))
		if err != nil {
			t.Fatal(err)
		}
		wantIn(t, name, string(text), "| fine-tuning | all layers but the last start from `"+filepath.Base(source.Run)+"` (network `small`, trained on data `",
			"`); `conv*, norm6` frozen; learning rate times 0.9 with each layer from the last |\n| checkpoint |")
		if strings.Contains(string(text), source.Run) {
			t.Errorf("%s: the card has a path", name)
		}
	}
	var usage *run.UsageError
	if _, err := PlanResume(half.Run, run.Last, []run.Assignment{{Key: "epochs", Value: "3"}, {Key: "init-from", Value: whole.Run}}); !errors.As(err, &usage) {
		t.Errorf("a resume from another source gave %v, want a usage error", err)
	}
}

func TestInitFromErrors(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1", "size", "32")
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "model") // of no run
	if err := os.CopyFS(copied, os.DirFS(r.SavedModel())); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name       string
		flags      []string
		want, hint string
	}{
		{"another size", nil, "dense1/kernel of network small is 256x512, but there it is 1024x512, for images of 32 pixels", "--size 32 fits these weights; --size 16 does not"},
		{"another size of a model without a run", []string{"init-from", copied}, "for images of 32 pixels", "--size 32 fits"},
		{"another size, body", []string{"init-layers", "body"}, "for images of 32 pixels", "--size 32 fits"},
		{"another network", []string{"network", "seed3", "size", "32"}, "conv1/kernel of network seed3 is 9x9x3x64, but there it is 5x5x3x32", "these weights are of network small: --network small"},
		{"another network, of a model without a run", []string{"network", "seed3", "size", "32", "init-from", copied}, "conv1/kernel", "tfgalaxy presets lists"},
	} {
		_, err := NewPlan(settings(t, append([]string{"init-from", ended.Run}, test.flags...)...))
		var usage *run.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.want) || !strings.Contains(usage.Hint, test.hint) {
			t.Errorf("%s: got %v with hint %v, want %q with %q", test.name, err, usage, test.want, test.hint)
		}
	}

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	begun := filepath.Join(t.TempDir(), "begun")
	if err := errors.Join(os.MkdirAll(begun, 0o755), os.WriteFile(filepath.Join(begun, run.ConfigFile), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(t.TempDir(), "none"): "no such file",
		file:                               "want the folder of a run",
		t.TempDir():                        "it holds no weights",
		filepath.Dir(ended.Run):            "the latest is " + ended.Run,
		begun:                              "no best checkpoint yet",
	} {
		_, err := NewPlan(settings(t, "init-from", path))
		if !isDataError(err) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want a data error with %q", path, err, want)
		}
	}
}

// Where all but the last layer is there, body is what would do.
func TestBodyIsHinted(t *testing.T) {
	network := func(head ...graph.Layer) *graph.Network {
		return &graph.Network{Name: "head", Size: 8, Init: graph.HeNormal, Output: graph.Linear, Layers: slices.Concat(
			[]graph.Layer{graph.Conv{Filters: 2, Kernel: 3, Padding: 1}, graph.Flatten{}}, head)}
	}
	plain := network(graph.Dense{Units: 37})
	trainer, err := graph.NewTrainer(network(graph.Maxout{Units: 37, Pieces: 2}), graph.Options{LossWeights: graph.MSE()})
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	dir := t.TempDir()
	if err := trainer.Save(dir); err != nil {
		t.Fatal(err)
	}
	s, err := openWeights(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := settings(t, "init-from", dir).Config
	_, err = s.wanted(plain, &c)
	var usage *run.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "dense1/kernel of network head is 128x37, but there is no such variable") ||
		usage.Hint != "--init-layers body takes all layers but dense1, which then starts anew" {
		t.Errorf("got %v (%+v)", err, usage)
	}
	c.InitLayers = run.InitBody
	vars, err := s.wanted(plain, &c)
	if err != nil || len(vars) != 2 || vars[0].Name != "conv1/kernel" || vars[1].Name != "conv1/bias" {
		t.Errorf("body wants %v (%v), want conv1's two", vars, err)
	}
	if _, err := s.wanted(network(graph.Dense{Units: 3}, graph.Dense{Units: 37}), &c); err == nil || !strings.Contains(err.Error(), "dense1/kernel of network head is 128x3") {
		t.Errorf("a body with another dense layer: %v", err)
	}
}

// The factors of seed2, whose layers with weights are conv1, conv2, norm1, dense1,
// dense2 and dense3, by hand.
func TestRateFactors(t *testing.T) {
	network, err := graph.LookUp("seed2")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		freeze string
		decay  float64
		want   map[string]float64
	}{
		{"", 1, map[string]float64{}},
		{"", 0.5, map[string]float64{
			"conv1/kernel": 0.03125, "conv1/bias": 0.03125, "conv2/kernel": 0.0625, "norm1/gamma": 0.125, "norm1/beta": 0.125,
			"dense1/kernel": 0.25, "dense1/bias": 0.25, "dense2/kernel": 0.5, "dense2/bias": 0.5,
		}},
		{"conv*,norm1", 1, map[string]float64{"conv1/kernel": 0, "conv1/bias": 0, "conv2/kernel": 0, "norm1/gamma": 0, "norm1/beta": 0}},
		{"*1, conv2", 0.1, map[string]float64{
			"conv1/kernel": 0, "conv1/bias": 0, "conv2/kernel": 0, "norm1/gamma": 0, "norm1/beta": 0,
			"dense1/kernel": 0, "dense1/bias": 0, "dense2/kernel": 0.1, "dense2/bias": 0.1,
		}},
	} {
		c := run.Default()
		c.Freeze, c.LayerDecay = test.freeze, test.decay
		got, err := rateFactors(network, &c)
		if err != nil {
			t.Errorf("%q, %g: %v", test.freeze, test.decay, err)
		}
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-15 } // powers of what is no binary fraction
		if !maps.EqualFunc(got, test.want, near) {
			t.Errorf("%q, %g: factors %v, want %v", test.freeze, test.decay, got, test.want)
		}
	}
}

func TestFreezeErrors(t *testing.T) {
	for freeze, want := range map[string]struct{ text, hint string }{
		"conv9":         {`no layer with weights "conv9"`, "did you mean conv"},
		"conv1,nrm2":    {`"nrm2"`, "did you mean norm2?"},
		"conv1,":        {`no layer with weights ""`, "the layers with weights are conv1, norm1,"},
		"relu1":         {`no layer with weights "relu1"`, ""},
		"[":             {`"[" is no pattern`, "conv1, norm1"},
		"*":             {"nothing is left to learn", "conv1, norm1"},
		"conv*,n*,d*":   {"nothing is left to learn", ""},
		"attention*":    {`"attention*"`, "the layers with weights are"},
		"conv1 , pool1": {`"pool1"`, ""},
	} {
		_, err := NewPlan(settings(t, "freeze", freeze))
		var usage *run.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want.text) || !strings.Contains(usage.Hint, want.hint) {
			t.Errorf("%q: got %v (%+v), want %q with hint %q", freeze, err, usage, want.text, want.hint)
		}
	}
}
