package graph

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Where an image cannot be halved as often as a network pools, what is left out of it
// is not the same once it is turned.
func TestSymmetryNote(t *testing.T) {
	for _, test := range []struct {
		network string
		size    int
		want    string
	}{
		{"d4", 64, ""}, {"d4", 80, ""}, {"small", 72, ""},
		{"d4", 72, "at an input of 72 pixels the votes of d4 change as an image is turned or mirrored; at 64 or 80 they do not"},
		{"d4", 16, ""}, {"d4", 20, "at an input of 20 pixels the votes of d4 change as an image is turned or mirrored; at 16 or 32 they do not"},
		{"d4-large", 144, "at an input of 144 pixels the votes of d4-large change as an image is turned or mirrored; at 128 or 160 they do not"},
	} {
		net, err := LookUp(test.network)
		if err != nil {
			t.Fatal(err)
		}
		net.Size = test.size
		if got := net.SymmetryNote(); got != test.want {
			t.Errorf("%s of %d pixels: %q, want %q", test.network, test.size, got, test.want)
		}
	}
}

// A model says of its network what the network says, and one of an earlier version
// says nothing.
func TestSymmetryTravels(t *testing.T) {
	plain := Network{Name: "dense", Size: 4, Init: HeNormal, Output: Sigmoid, Layers: []Layer{Flatten{}, Dense{galaxyzoo.NumAnswers}}}
	turned := plain
	turned.Layers = []Layer{Lift{Filters: 1, Kernel: 3, Padding: 1}, ReLU{}, MaxPool{2}, GroupDense{4}, Dense{galaxyzoo.NumAnswers}}
	for want, net := range map[string]Network{"": plain, SymmetryD4: turned} {
		trainer, err := NewTrainer(&net, Options{LossWeights: MSE()})
		if err != nil {
			t.Fatal(err)
		}
		weights, err := trainer.Weights()
		if err != nil {
			t.Fatal(err)
		}
		trainer.Close()
		dir := t.TempDir()
		if _, err := WriteSavedModel(dir, &net, weights, Export{Preprocessing: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		load := func() (string, error) {
			m, err := LoadModel(dir)
			if err != nil {
				return "", err
			}
			return m.Symmetry, m.Close()
		}
		if got, err := load(); err != nil || got != want {
			t.Errorf("a network with the symmetry %q is loaded with %q, %v", want, got, err)
		}
		file := filepath.Join(dir, extraAssets, networkKey)
		if err := os.WriteFile(file, []byte(`{"symmetry":"d8"}`), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := load(); err == nil || !strings.Contains(err.Error(), `its symmetry is "d8"`) {
			t.Errorf("a symmetry that is not known: got %v", err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if got, err := load(); err != nil || got != "" {
			t.Errorf("a model without %s is loaded with %q, %v", networkKey, got, err)
		}
	}
}
