package graph

import (
	"slices"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Each variable gets its own values, those before one that is too large to wait, that
// one and those after it.
func TestVariablesAreSetTogether(t *testing.T) {
	net := tiny()
	net.Layers = []Layer{Flatten{}, Dense{16}, ReLU{}, Dense{together / 4 / 16}, ReLU{}, Dense{galaxyzoo.NumAnswers}}
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	for seed := range uint64(2) {
		want := Weights{}
		for _, v := range net.mustVariables(t) {
			want[v.Name] = net.Init.initialValues(v, 1+seed)
		}
		if seed > 0 {
			if err := trainer.SetWeights(want); err != nil {
				t.Fatal(err)
			}
		}
		got, err := trainer.Weights()
		if err != nil {
			t.Fatal(err)
		}
		for name := range want {
			if !slices.Equal(got[name], want[name]) {
				t.Errorf("seed %d: %s has other values than were set", 1+seed, name)
			}
		}
	}
}
