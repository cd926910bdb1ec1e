package graph

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func TestSignatures(t *testing.T) {
	plain := tiny()
	plain.Layers = slices.DeleteFunc(plain.Layers, func(l Layer) bool { _, is := l.(Dropout); return is })
	flat := &Network{Name: "flat", Size: 6, Init: HeNormal, Output: Sigmoid,
		Layers: []Layer{Conv{Filters: galaxyzoo.NumAnswers, Kernel: 6}, Flatten{}}}
	tests := []struct {
		name       string
		net        *Network
		centreCrop int
		want       string // names, inputs and outputs
	}{
		{"all", tiny(), 207,
			"serving_default(images uint8 [-1, 12, 12, 3]) -> votes float32 [-1, 37]\n" +
				"original(images uint8 [-1, 424, 424, 3]) -> votes float32 [-1, 37]\n" +
				"features(images uint8 [-1, 12, 12, 3]) -> features float32 [-1, 32] votes float32 [-1, 37]\n" +
				"dropout(dropout1 float32 [1, 32] images uint8 [-1, 12, 12, 3]) -> votes float32 [-1, 37]\n"},
		{"no dropout, another crop", plain, 0,
			"serving_default(images uint8 [-1, 12, 12, 3]) -> votes float32 [-1, 37]\n" +
				"features(images uint8 [-1, 12, 12, 3]) -> features float32 [-1, 32] votes float32 [-1, 37]\n"},
		{"no dense layer", flat, 0,
			"serving_default(images uint8 [-1, 6, 6, 3]) -> votes float32 [-1, 37]\n"},
	}
	for _, test := range tests {
		weights, _ := trained(t, test.net, randomBatch(t, 4, test.net.Size, 4))
		dir, signatures := export(t, test.net, weights, Export{Preprocessing: []byte("{}"), CentreCrop: test.centreCrop})
		if got := describeSignatures(signatures); got != test.want {
			t.Errorf("%s: got\n%swant\n%s", test.name, got, test.want)
		}
		written := readMeta(t, dir).SignatureDef
		for _, s := range signatures {
			if s.Doc == "" || written[s.Name].GetMethodName() != PredictMethod {
				t.Errorf("%s: signature %s is written as %v", test.name, s.Name, written[s.Name])
			}
		}
		model := load(t, dir)
		if got, want := model.HasDropout(), strings.Contains(test.want, DropoutSignature); got != want {
			t.Errorf("%s: dropout %v, want %v", test.name, got, want)
		}
	}
}

func describeSignatures(signatures []Signature) string {
	var b strings.Builder
	list := func(specs map[string]TensorSpec) string {
		var parts []string
		for name, spec := range specs {
			parts = append(parts, name+" "+spec.String())
		}
		slices.Sort(parts)
		return strings.Join(parts, " ")
	}
	for _, s := range signatures {
		b.WriteString(s.Name + "(" + list(s.Inputs) + ") -> " + list(s.Outputs) + "\n")
	}
	return b.String()
}

// The votes are what the last layer, computed here, makes of the features.
func TestFeatures(t *testing.T) {
	net := tiny()
	batch := randomBatch(t, 16, net.Size, 4)
	weights, want := trained(t, net, batch)
	dir, _ := export(t, net, weights, Export{Preprocessing: []byte("{}")})
	model := load(t, dir)
	size := model.FeatureSize()
	if size != 32 {
		t.Fatalf("%d features, want 32", size)
	}
	votes, features := make([]galaxyzoo.Votes, batch.Rows), make([]float32, batch.Rows*size)
	if err := model.Features(batch, votes, features); err != nil {
		t.Fatal(err)
	}
	compareVotes(t, "votes beside features", votes, want, exportTolerance)
	kernel, bias := weights["dense2/kernel"], weights["dense2/bias"]
	for i := range votes {
		row := features[i*size:][:size]
		if slices.Min(row) < 0 || slices.Max(row) == 0 {
			t.Fatalf("image %d: features from %g to %g, want what a ReLU gives", i, slices.Min(row), slices.Max(row))
		}
		for c := range votes[i] {
			sum := float64(bias[c])
			for k, x := range row {
				sum += float64(x) * float64(kernel[k*galaxyzoo.NumAnswers+c])
			}
			if vote := 1 / (1 + math.Exp(-sum)); math.Abs(vote-votes[i][c]) > 1e-5 { // float32 sums of 32 products
				t.Fatalf("image %d, vote %d: the features make it %.7f, want %.7f", i, c, vote, votes[i][c])
			}
		}
	}
	for _, room := range []struct{ votes, features int }{{batch.Rows - 1, len(features)}, {batch.Rows, len(features) - 1}} {
		if err := model.Features(batch, make([]galaxyzoo.Votes, room.votes), make([]float32, room.features)); err == nil {
			t.Errorf("room for %d votes and %d values was accepted", room.votes, room.features)
		}
	}
}

func sample(t *testing.T, model *Model, batch *Batch, seed uint64) []galaxyzoo.Votes {
	t.Helper()
	votes := make([]galaxyzoo.Votes, batch.Rows)
	if err := model.Sample(batch, seed, votes); err != nil {
		t.Fatal(err)
	}
	return votes
}

func TestSample(t *testing.T) {
	net := tiny()
	batch := randomBatch(t, 16, net.Size, 4)
	weights, _ := trained(t, net, batch)
	dir, _ := export(t, net, weights, Export{Preprocessing: []byte("{}")})
	model := load(t, dir)
	first := sample(t, model, batch, 1)
	if again := sample(t, model, batch, 1); !slices.Equal(first, again) {
		t.Error("the same seed gives other votes")
	}
	if other := sample(t, model, batch, 2); slices.Equal(first, other) {
		t.Error("another seed gives the same votes")
	}
	alone, err := NewBatch(1, net.Size)
	if err != nil {
		t.Fatal(err)
	}
	copy(alone.Pixels, batch.Image(5))
	compareVotes(t, "an image alone", sample(t, model, alone, 1), first[5:6], 1e-6) // float32, other block sizes
	if err := model.Sample(batch, 1, make([]galaxyzoo.Votes, 3)); err == nil {
		t.Error("room for 3 votes was accepted for 16 images")
	}
}

// Dropout keeps the mean of what it drops from, so where only a linear layer
// follows, many draws average to the votes without it.
func TestSampleMean(t *testing.T) {
	net := &Network{Name: "linear", Size: 4, Init: HeNormal, Output: Linear,
		Layers: []Layer{Flatten{}, Dropout{.3}, Dense{galaxyzoo.NumAnswers}}}
	batch := randomBatch(t, 3, net.Size, 4)
	weights, want := trained(t, net, batch)
	dir, _ := export(t, net, weights, Export{Preprocessing: []byte("{}")})
	model := load(t, dir)
	const draws = 4000
	var sum, squares [3]galaxyzoo.Votes
	for seed := range uint64(draws) {
		for i, votes := range sample(t, model, batch, seed) {
			for c, x := range votes {
				sum[i][c] += x
				squares[i][c] += x * x
			}
		}
	}
	for i := range sum {
		for c := range sum[i] {
			mean := sum[i][c] / draws
			sigma := math.Sqrt(squares[i][c]/draws - mean*mean)
			// The mean of n draws scatters by sigma/sqrt(n): five of that.
			if sigma == 0 || math.Abs(mean-want[i][c]) > 5*sigma/math.Sqrt(draws) {
				t.Errorf("image %d, vote %d: %d draws average to %.4f with deviation %.4f, want %.4f", i, c, draws, mean, sigma, want[i][c])
			}
		}
	}
}
