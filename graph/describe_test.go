package graph

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

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
