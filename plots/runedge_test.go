package plots_test

import (
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// ofOutcome are the constructors that take an outcome.
var ofOutcome = map[string]func(*plots.Outcome, plots.Source) (*plots.Figure, error){
	"predicted-vs-true": plots.PredictedVersusTrue, "calibration": plots.Calibration, "confusion": plots.Confusion,
}

func TestOutcomesThatCannotBeDrawn(t *testing.T) {
	short := handmadeOutcome(4)
	short.Cast = short.Cast[:3]
	broken := handmadeOutcome(4)
	broken.Predicted[2][7] = math.NaN()
	for name, draw := range ofOutcome {
		for _, c := range []struct {
			outcome *plots.Outcome
			want    string
		}{
			{&plots.Outcome{}, "no galaxies"},
			{short, "4 ids, 4 predictions and 3 rows of votes"},
			{broken, "predictions: row 3: Class4.1 = NaN, want 0 to 1"},
		} {
			if _, err := draw(c.outcome, plots.Source{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
		}
	}
}

func TestOutcomesAtTheirLimits(t *testing.T) {
	zero, one := handmadeOutcome(5), handmadeOutcome(5)
	for i := range zero.Predicted {
		zero.Predicted[i], zero.Cast[i] = galaxyzoo.Votes{}, galaxyzoo.Votes{}
		for c := range one.Predicted[i] {
			one.Predicted[i][c], one.Cast[i][c] = 1, 1
		}
	}
	for figure, draw := range ofOutcome {
		for name, o := range map[string]*plots.Outcome{"one row": handmadeOutcome(1), "all zero": zero, "all one": one} {
			f, err := draw(o, plots.Source{Galaxies: len(o.IDs)})
			if err != nil {
				t.Errorf("%s of %s: %v", figure, name, err)
				continue
			}
			if err := f.Write(io.Discard, plots.SVG, plots.Dark); err != nil {
				t.Errorf("%s of %s: %v", figure, name, err)
			}
			checkTexts(t, f)
		}
	}
}

func TestCurvesAtTheirLimits(t *testing.T) {
	for name, runs := range map[string][]plots.Curves{
		"no runs": nil, "no steps": {{Name: "a"}},
		"not a number": {{Name: "a", Steps: []run.Step{{Step: 1, Epoch: 1, Loss: math.NaN()}}}},
	} {
		if _, err := plots.Loss(runs); err == nil {
			t.Errorf("the loss of %s: no error", name)
		}
	}
	if _, err := plots.RMSE(nil, plots.Scores{}); err == nil {
		t.Error("the scores of no runs: no error")
	}
	wrong := plots.Scores{Baselines: []plots.NamedScore{{Name: "mean vote", Score: galaxyzoo.Score{RMSE: math.NaN()}}}}
	if _, err := plots.RMSE([]plots.Curves{{Name: "a"}}, wrong); err == nil {
		t.Error("a score that is not a number: no error")
	}

	still := handmadeCurves("still", 2, 5, 0.5)
	for i := range still.Steps {
		still.Steps[i].Loss, still.Steps[i].LearningRate = 0.05, 1e-5
	}
	perfect := handmadeCurves("perfect", 2, 5, 0.5)
	perfect.Steps[9].Loss = 0
	for name, c := range map[string]plots.Curves{
		"a run of one step": {Name: "a", Steps: []run.Step{{Step: 1, Epoch: 1, Loss: 0.1, LearningRate: 0.001}}},
		"a constant loss":   still,
		"a loss of 0":       perfect,
		"a long run":        handmadeCurves("a run with a long name that goes on for longer than there is room for it", 90, 200, 0.4),
	} {
		for _, draw := range []func() (*plots.Figure, error){
			func() (*plots.Figure, error) { return plots.Loss([]plots.Curves{c}) },
			func() (*plots.Figure, error) { return plots.Loss([]plots.Curves{c, still}) },
			func() (*plots.Figure, error) { return plots.RMSE([]plots.Curves{c}, plots.Scores{}) },
		} {
			f, err := draw()
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			var b strings.Builder
			if err := f.Write(&b, plots.SVG, plots.Light); err != nil {
				t.Errorf("%s of %s: %v", f.Name, name, err)
			}
			if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
				t.Errorf("%s of %s: something is drawn nowhere", f.Name, name)
			}
			if b.Len() > 400_000 {
				t.Errorf("%s of %s: %d bytes, want steps to be thinned", f.Name, name, b.Len())
			}
		}
	}
}

func TestSmooth(t *testing.T) {
	values := []float64{8, 4, 2, 2, 2, 5}
	want := []float64{8, 14.0 / 3, 8.0 / 3, 2, 3, 3.5}
	for i, got := range plots.Smooth(values, 2) {
		if math.Abs(got-want[i]) > 1e-12 {
			t.Errorf("value %d: %v, want %v", i, got, want[i])
		}
	}
	if got := plots.Smooth(values, 1); !slices.Equal(got, values) {
		t.Errorf("a half width of 1 gives %v", got)
	}
	if got := plots.Smooth(nil, 5); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestReliability(t *testing.T) {
	o := &plots.Outcome{IDs: []int64{1, 2, 3, 4}, Predicted: make([]galaxyzoo.Votes, 4), Cast: make([]galaxyzoo.Votes, 4)}
	for i, pair := range [][2]float64{{0.05, 0}, {0.07, 0.1}, {0.55, 0.4}, {1, 0.9}} {
		o.Predicted[i][0], o.Cast[i][0] = pair[0], pair[1]
	}
	bins, limit := o.Reliability(0)
	if limit != 1 || bins[0].Galaxies != 2 || bins[5].Galaxies != 1 || bins[9].Galaxies != 1 {
		t.Fatalf("limit %v, bins %+v", limit, bins)
	}
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-12 }
	if b := bins[0]; !near(b.Predicted, 0.06) || !near(b.Cast, 0.05) || !near(b.Error, 0.05) {
		t.Errorf("the first bin is %+v", b)
	}
	// Of an answer that nobody gives, the lowest range is drawn.
	if _, limit := o.Reliability(1); limit != 0.05 {
		t.Errorf("limit %v of an answer without votes", limit)
	}
}

func TestLeading(t *testing.T) {
	var q6 = galaxyzoo.Questions[5]
	votes := func(odd float64) (v galaxyzoo.Votes) {
		v[q6.First()], v[q6.First()+1] = odd, 1-odd
		return v
	}
	o := &plots.Outcome{IDs: []int64{1, 2, 3},
		Cast:      []galaxyzoo.Votes{votes(0.9), votes(0.2), votes(0.8)},
		Predicted: []galaxyzoo.Votes{votes(0.7), votes(0.1), votes(0.3)}}
	m := o.Leading(q6)
	if m[0][0] != 1 || m[0][1] != 1 || m[1][0] != 0 || m[1][1] != 1 {
		t.Errorf("counts %v", m)
	}
	if m := o.Leading(galaxyzoo.Questions[6]); m[0][0] != 0 {
		t.Errorf("a question that nobody reached: %v", m)
	}
}

func TestExtremes(t *testing.T) {
	o := handmadeOutcome(20)
	best, worst := o.Extremes(3)
	errs := make([]float64, 20)
	for i := range errs {
		k := plots.Case{Predicted: o.Predicted[i], Cast: o.Cast[i]}
		errs[i] = k.RMSE()
	}
	sorted := slices.Clone(errs)
	slices.Sort(sorted)
	for k := range 3 {
		if errs[best[k]] != sorted[k] || errs[worst[k]] != sorted[19-k] {
			t.Errorf("place %d: %v and %v, want %v and %v", k, errs[best[k]], errs[worst[k]], sorted[k], sorted[19-k])
		}
	}
	if best, worst := o.Extremes(50); len(best) != 20 || len(worst) != 20 {
		t.Errorf("%d best and %d worst of 20", len(best), len(worst))
	}
}

func TestKernelsInOrder(t *testing.T) {
	kernels, err := plots.Kernels(handmadeKernels())
	if err != nil {
		t.Fatal(err)
	}
	if first, last := kernels[0].Order, kernels[len(kernels)-1].Order; first < 0.5 || last > first {
		t.Errorf("an edge has order %.2f, the least ordered filter %.2f", first, last)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	noise := &plots.Array{Shape: []int{9, 9, 3, 1}, Values: make([]float32, 243)}
	for i := range noise.Values {
		noise.Values[i] = float32(rng.NormFloat64())
	}
	kernels, err = plots.Kernels(noise)
	if err != nil {
		t.Fatal(err)
	}
	if o := kernels[0].Order; math.Abs(o) > 0.2 { // 432 pairs: a standard error of 0.05
		t.Errorf("noise has order %.2f", o)
	}

	// A single positive weight in red: grey but for one pixel.
	a := &plots.Array{Shape: []int{3, 3, 3, 1}, Values: make([]float32, 27)}
	a.Values[3] = 0.5 // second pixel, red
	kernels, err = plots.Kernels(a)
	if err != nil {
		t.Fatal(err)
	}
	if p := kernels[0].Colour.NRGBAAt(1, 0); p.R != 255 || p.G != 128 || p.B != 128 {
		t.Errorf("the weight is drawn as %v", p)
	}
	if p := kernels[0].Colour.NRGBAAt(0, 1); p.R != 128 {
		t.Errorf("a weight of 0 is drawn as %v", p)
	}
}

func TestSamplesThatCannotBeDrawn(t *testing.T) {
	grey := &plots.Array{Shape: []int{3, 3, 1, 2}, Values: make([]float32, 18)}
	if _, err := plots.Filters(grey, ""); err == nil || !strings.Contains(err.Error(), "want [k, k, 3, filters]") {
		t.Errorf("kernels of one channel: %v", err)
	}
	lying := &plots.Array{Shape: []int{3, 3, 3, 2}, Values: make([]float32, 5)}
	if _, err := plots.Filters(lying, ""); err == nil {
		t.Error("kernels with too few values: no error")
	}
	galaxy := handmadeImage(1)
	if _, err := plots.Activations(nil, handmadeLayers(), ""); err == nil {
		t.Error("activations of no image: no error")
	}
	if _, err := plots.Activations(galaxy, nil, ""); err == nil {
		t.Error("activations of no layers: no error")
	}
	flat := []plots.Layer{{Name: "x", Array: plots.Array{Shape: []int{2, 2}, Values: make([]float32, 4)}}}
	if _, err := plots.Activations(galaxy, flat, ""); err == nil {
		t.Error("activations of two dimensions: no error")
	}
	if _, err := plots.Augmented(handmadeSheet(8), 5, ""); err == nil {
		t.Error("a mosaic of other tiles: no error")
	}
	if _, err := plots.Augmented(nil, 8, ""); err == nil {
		t.Error("no mosaic: no error")
	}
	if _, err := plots.Best(nil, plots.Source{}); err == nil {
		t.Error("no galaxies: no error")
	}

	// All of it zero: nothing to see, and no fault.
	zero := &plots.Array{Shape: []int{3, 3, 3, 100}, Values: make([]float32, 2700)}
	dark := []plots.Layer{{Name: "conv1", Array: plots.Array{Shape: []int{2, 2, 3}, Values: make([]float32, 12)}}}
	for _, draw := range []func() (*plots.Figure, error){
		func() (*plots.Figure, error) { return plots.Filters(zero, "") },
		func() (*plots.Figure, error) { return plots.Activations(galaxy, dark, "") },
		func() (*plots.Figure, error) {
			return plots.Augmented(image.NewNRGBA(image.Rect(0, 0, 32, 32)), 8, "")
		},
	} {
		f, err := draw()
		if err != nil {
			t.Error(err)
			continue
		}
		if err := f.Write(io.Discard, plots.PNG, plots.Light); err != nil {
			t.Error(err)
		}
	}
}

// Of many layers there are shown those at the ends of blocks, whatever a block begins with.
func TestDeepNetworksFitThePage(t *testing.T) {
	for _, first := range []string{"conv", "dense", "maxout", "lift", "gconv", "gdense"} {
		var layers []plots.Layer
		for i := range 12 {
			for _, kind := range []string{first, "norm", "relu"} {
				l := plots.Layer{Name: fmt.Sprint(kind, i+1), Array: plots.Array{Shape: []int{2, 2, 1}, Values: make([]float32, 4)}}
				l.Values[0] = float32(len(layers) + 1)
				layers = append(layers, l)
			}
		}
		f, err := plots.Activations(handmadeImage(1), layers, "deep")
		if err != nil {
			t.Fatal(err)
		}
		if f.Height > 760 {
			t.Errorf("%s: %d layers are drawn %.0f points high", first, len(layers), f.Height)
		}
		if want := "13 layers of 36 shown"; !strings.Contains(f.Caption, want) { // the first one, and the ends of 12 blocks
			t.Errorf("%s: the caption lacks %q: %s", first, want, f.Caption)
		}
	}
}
