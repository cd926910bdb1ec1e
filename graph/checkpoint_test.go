package graph

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A trainer that is restored goes on exactly as the one that was saved: weights,
// moving averages, Adam's slots and the step count, which dropout depends on.
func TestCheckpointRoundTrip(t *testing.T) {
	batch := randomBatch(t, 16, 12, 4)
	first := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1})
	steps(t, first, batch, 7)
	dir := t.TempDir()
	if err := first.Save(dir); err != nil {
		t.Fatal(err)
	}
	second := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1})
	if err := second.Restore(dir); err != nil {
		t.Fatal(err)
	}
	if n, err := second.Steps(); err != nil || n != 7 {
		t.Errorf("restored at step %d (%v), want 7", n, err)
	}
	if a, b := steps(t, first, batch, 5), steps(t, second, batch, 5); !slices.Equal(a, b) {
		t.Errorf("losses went on with %v, after a restore with %v", a, b)
	}
}

func TestReadWeights(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1})
	steps(t, trainer, randomBatch(t, 16, 12, 4), 3)
	want, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := trainer.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadWeights(tiny(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(got, want, slices.Equal[[]float32]) {
		t.Error("the weights read are not those that were saved")
	}
}

func TestRestoreErrors(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1})
	saved := t.TempDir()
	if err := trainer.Save(saved); err != nil {
		t.Fatal(err)
	}
	other := tiny()
	other.Layers[0] = Conv{Filters: 6, Kernel: 3, Padding: 1, NoBias: true}
	cut := t.TempDir()
	for _, f := range []string{"variables.index", "variables.data-00000-of-00001"} {
		data, err := os.ReadFile(filepath.Join(saved, f))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cut, f), data[:len(data)/2], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		net  *Network
		dir  string
	}{
		{"nothing there", tiny(), t.TempDir()},
		{"another network", other, saved},
		{"cut files", tiny(), cut},
	}
	for _, test := range tests {
		err := newTrainer(t, test.net, Options{LossWeights: MSE()}).Restore(test.dir)
		if err == nil || !strings.Contains(err.Error(), test.dir) {
			t.Errorf("%s: restore gave %v, want an error that names the folder", test.name, err)
		}
		if _, err := ReadWeights(test.net, test.dir); err == nil {
			t.Errorf("%s: weights were read", test.name)
		}
	}
	if err := trainer.Save(filepath.Join(saved, "variables.index", "below a file")); err == nil {
		t.Error("a checkpoint was saved below a file")
	}
}

func TestActivations(t *testing.T) {
	net := tiny()
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	batch := randomBatch(t, 1, net.Size, 4)
	activations, err := Activations(net, weights, batch.Image(0))
	if err != nil {
		t.Fatal(err)
	}
	var layers []string
	for _, a := range activations {
		layers = append(layers, a.Layer)
		n := int64(1)
		for _, d := range a.Shape {
			n *= d
		}
		if int64(len(a.Values)) != n {
			t.Errorf("%s: %d values for shape %v", a.Layer, len(a.Values), a.Shape)
		}
	}
	want := "conv1 norm1 relu1 pool1 conv2 relu2 pool2 flatten1 dense1 relu3 dense2 sigmoid"
	if got := strings.Join(layers, " "); got != want {
		t.Errorf("layers %s, want %s", got, want)
	}
	for i, x := range activations[2].Values {
		if before := activations[1].Values[i]; x != max(before, 0) {
			t.Fatalf("relu1 makes %g of %g", x, before)
		}
	}
}
