package infer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// tolerance is what the order of float32 sums may change in a vote.
const tolerance = 1e-6

// conv is a network small enough to run a thousand times, with dropout.
func conv(size int) *graph.Network {
	return &graph.Network{Name: "conv", Size: size, Init: graph.HeNormal, Output: graph.Sigmoid, Layers: []graph.Layer{
		graph.Conv{Filters: 4, Kernel: 3, Padding: 1}, graph.ReLU{}, graph.MaxPool{Size: 2},
		graph.Flatten{}, graph.Dense{Units: 8}, graph.ReLU{}, graph.Dropout{Rate: .5},
		graph.Dense{Units: galaxyzoo.NumAnswers},
	}}
}

// modelFolder writes an untrained model for crops of the preprocessing given, with
// its weights changed.
func modelFolder(t testing.TB, net *graph.Network, seed uint64, preprocessing string, change ...func(graph.Weights)) string {
	t.Helper()
	trainer, err := graph.NewTrainer(net, graph.Options{LossWeights: graph.MSE(), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(weights)
	}
	dir := t.TempDir()
	if _, err := graph.WriteSavedModel(dir, net, weights, graph.Export{Preprocessing: []byte(preprocessing)}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ensembleOf loads models, each for crops of 8 or 12 pixels in turn.
func ensembleOf(t testing.TB, members int) *Ensemble {
	t.Helper()
	var paths []string
	for k := range members {
		size := 8 + 4*(k%2)
		paths = append(paths, modelFolder(t, conv(size), uint64(k), fmt.Sprintf(`{"crop":"centre","width":40,"size":%d}`, size)))
	}
	e, err := LoadEnsemble(paths)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// imageFolder makes a folder of n small images, 1.jpg and so on.
func imageFolder(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := 1; i <= n; i++ {
		writeImage(t, filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), i)
	}
	return dir
}

// writeImage writes a blob whose place and colour follow from seed.
func writeImage(t testing.TB, path string, seed int) {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 48, 48))
	for y := range 48 {
		for x := range 48 {
			d := math.Hypot(float64(x-20-seed%7), float64(y-20-seed%5))
			v := uint8(255 * math.Exp(-d*d/float64(40+seed%11*20)))
			img.Set(x, y, color.RGBA{v, uint8(int(v) * (seed%3 + 1) / 3), v / 2, 255})
		}
	}
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, img, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, encoded.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, where string) *imageproc.Listing {
	t.Helper()
	l, err := imageproc.OpenListing(context.Background(), where, "")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// predictAll collects the predictions by id, features copied.
func predictAll(t testing.TB, e *Ensemble, where string, o Options) map[string]Prediction {
	t.Helper()
	o.Decoder = imageproc.DefaultDecoder
	if err := o.Check(e); err != nil {
		t.Fatal(err)
	}
	out := map[string]Prediction{}
	for p, err := range e.Predict(t.Context(), open(t, where).All(), o) {
		if err != nil {
			t.Fatal(err)
		}
		p.Features = append([]float32(nil), p.Features...)
		out[p.Entry.ID] = p
	}
	return out
}

func furthest(a, b *galaxyzoo.Votes) float64 {
	far := 0.0
	for c := range a {
		far = max(far, math.Abs(a[c]-b[c]))
	}
	return far
}

func TestPredictWhateverTheBatches(t *testing.T) {
	e, dir := ensembleOf(t, 3), imageFolder(t, 23)
	for _, views := range []int{1, 5} {
		want := predictAll(t, e, dir, Options{BatchSize: 1, Views: views})
		if len(want) != 23 {
			t.Fatalf("%d predictions, want 23", len(want))
		}
		for _, batch := range []int{2, 7, 23, 64} {
			got := predictAll(t, e, dir, Options{BatchSize: batch, Views: views})
			for id, p := range got {
				w := want[id]
				if d := furthest(&p.Votes, &w.Votes); len(got) != 23 || !(d <= tolerance) {
					t.Errorf("%d views, batches of %d: %d predictions, %s is off by %g", views, batch, len(got), id, d)
				}
			}
		}
	}
}

// The ensemble's votes are the mean of what its members say one by one, and its
// spread their standard deviation.
func TestEnsembleIsTheMean(t *testing.T) {
	e, dir := ensembleOf(t, 3), imageFolder(t, 4)
	got := predictAll(t, e, dir, Options{BatchSize: 4, Uncertainty: true})
	var members []map[string]Prediction
	for _, m := range e.Members {
		one, err := LoadEnsemble([]string{m.Dir})
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, predictAll(t, one, dir, Options{BatchSize: 4}))
		one.Close()
	}
	for id, p := range got {
		for c := range p.Votes {
			mean, square := 0.0, 0.0
			for _, m := range members {
				x := m[id].Votes[c]
				mean += x / 3
				square += x * x / 3
			}
			spread := math.Sqrt(max(0, square-mean*mean))
			if math.Abs(p.Votes[c]-mean) > tolerance || math.Abs(p.Spread[c]-spread) > 1e-5 { // the root of a small difference
				t.Fatalf("%s, vote %d: %g, spread %g, want %g, %g", id, c, p.Votes[c], p.Spread[c], mean, spread)
			}
		}
	}
}

func TestDropoutSpreads(t *testing.T) {
	e, dir := ensembleOf(t, 1), imageFolder(t, 2)
	plain := predictAll(t, e, dir, Options{BatchSize: 2})
	noisy := predictAll(t, e, dir, Options{BatchSize: 2, Uncertainty: true, DropoutSamples: 16})
	for id, p := range noisy {
		w := plain[id]
		if p.Votes != w.Votes {
			t.Errorf("%s: sampling dropout changed the votes", id)
		}
		if p.Spread[0] <= 0 {
			t.Errorf("%s: the spread is %g, want more than 0", id, p.Spread[0])
		}
	}
}

func TestConsistentPredictions(t *testing.T) {
	e, dir := ensembleOf(t, 1), imageFolder(t, 2)
	for id, p := range predictAll(t, e, dir, Options{BatchSize: 2, Consistent: true}) {
		if err := p.Votes.Check(); err != nil || p.Moved <= 0 { // an untrained network's votes obey nothing
			t.Errorf("%s: moved by %g, %v", id, p.Moved, err)
		}
	}
}

// One view of one image has the features that the model gives for its crop; more
// have their mean.
func TestFeatures(t *testing.T) {
	e, dir := ensembleOf(t, 1), imageFolder(t, 5)
	one := predictAll(t, e, dir, Options{BatchSize: 2, Features: true})
	for id, p := range one {
		if len(p.Features) != 8 {
			t.Fatalf("%s has %d features, want 8", id, len(p.Features))
		}
	}
	two := predictAll(t, e, dir, Options{BatchSize: 5, Features: true, Views: 2})
	whole := predictAll(t, e, dir, Options{BatchSize: 64, Features: true, Views: 2})
	differ := false
	for id, p := range two {
		for k, x := range p.Features {
			if math.Abs(float64(x-whole[id].Features[k])) > 1e-5 { // of values up to some tens
				t.Errorf("%s: feature %d depends on the batches", id, k)
			}
			differ = differ || x != one[id].Features[k]
		}
	}
	if !differ {
		t.Error("a second view changes no feature")
	}
}

func TestUnreadableImages(t *testing.T) {
	e, dir := ensembleOf(t, 2), imageFolder(t, 9)
	want := predictAll(t, e, dir, Options{BatchSize: 4})
	if err := os.WriteFile(filepath.Join(dir, "3.jpg"), []byte("no image"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := predictAll(t, e, dir, Options{BatchSize: 4})
	for id, p := range got {
		w := want[id]
		switch d := furthest(&p.Votes, &w.Votes); {
		case id == "3":
			var data *galaxyzoo.DataError
			if !errors.As(p.Err, &data) || data.File != filepath.Join(dir, "3.jpg") {
				t.Errorf("the error is %v", p.Err)
			}
		case p.Err != nil || d > tolerance:
			t.Errorf("%s: %v, off by %g", id, p.Err, d)
		}
	}
}

// A network that was trained badly is told of, and no table of NaN is written.
func TestVotesThatAreNoNumbers(t *testing.T) {
	broken := modelFolder(t, conv(8), 1, `{"crop":"centre","width":40,"size":8}`, func(w graph.Weights) { w["dense2/bias"][1] = float32(math.NaN()) })
	e, err := LoadEnsemble([]string{broken})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, err = range e.Predict(t.Context(), open(t, imageFolder(t, 3)).All(), Options{BatchSize: 2, Decoder: imageproc.DefaultDecoder}) {
		if err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "Class1.2 is NaN, for image ") {
		t.Errorf("got %v, want an error that names the vote", err)
	}
}

func TestPredictEndsWithTheContext(t *testing.T) {
	e, dir := ensembleOf(t, 1), imageFolder(t, 9)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	seen := 0
	var last error
	for _, err := range e.Predict(ctx, open(t, dir).All(), Options{BatchSize: 2, Decoder: imageproc.DefaultDecoder}) {
		if last = err; err != nil {
			break
		}
		seen++
		stop()
	}
	if !errors.Is(last, context.Canceled) || seen > 2 {
		t.Errorf("ended after %d images with %v", seen, last)
	}
}

// A reader who stops early leaves nothing running: the race detector and the
// leak of a goroutine that waits on a channel would show here.
func TestPredictStopsEarly(t *testing.T) {
	e, dir := ensembleOf(t, 1), imageFolder(t, 30)
	for range 3 {
		for range e.Predict(t.Context(), open(t, dir).All(), Options{BatchSize: 2, Decoder: imageproc.DefaultDecoder}) {
			break
		}
	}
}

func TestOptionsCheck(t *testing.T) {
	one, two := ensembleOf(t, 1), ensembleOf(t, 2)
	tests := []struct {
		name string
		e    *Ensemble
		o    Options
		want bool
	}{
		{"plain", one, Options{BatchSize: 1}, true},
		{"no batch", one, Options{}, false},
		{"too many views", one, Options{BatchSize: 1, Views: imageproc.MaxViews + 1}, false},
		{"nothing spreads", one, Options{BatchSize: 1, Uncertainty: true}, false},
		{"views spread", one, Options{BatchSize: 1, Uncertainty: true, Views: 2}, true},
		{"models spread", two, Options{BatchSize: 1, Uncertainty: true}, true},
		{"dropout spreads", one, Options{BatchSize: 1, Uncertainty: true, DropoutSamples: 2}, true},
		{"features of one", one, Options{BatchSize: 1, Features: true}, true},
		{"features of two", two, Options{BatchSize: 1, Features: true}, false},
	}
	for _, test := range tests {
		if err := test.o.Check(test.e); (err == nil) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
