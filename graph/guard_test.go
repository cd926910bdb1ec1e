package graph

import (
	"errors"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// A step whose loss, gradients or batch statistics are not finite changes nothing, and
// says which they are; the next one is made as if it had not been.
func TestGuard(t *testing.T) {
	votes := func(t *testing.T, _ *Trainer, b *Batch) { b.Votes[5] = float32(math.Inf(1)) }
	fill := func(name string, value float32) func(*testing.T, *Trainer, *Batch) {
		return func(t *testing.T, trainer *Trainer, _ *Batch) { poison(t, trainer, name, value) }
	}
	tests := []struct {
		name   string
		o      Options
		poison func(*testing.T, *Trainer, *Batch)
		loss   bool   // is not finite
		names  string // among the variables
	}{
		{"vote, Adam", Options{}, votes, true, "conv1/kernel"},
		{"vote, clipped", Options{ClipNorm: 1, Average: .9}, votes, true, "conv1/kernel"},
		{"vote, AdamW", Options{Optimiser: AdamW, WeightDecay: .1, Average: .9, RateFactors: map[string]float64{"conv1/kernel": .5}}, votes, true, "conv1/kernel"},
		{"vote, SGD", Options{Optimiser: SGD, Momentum: .9, WeightDecay: .1}, votes, true, "conv1/kernel"},
		{"vote, bfloat16", Options{Precision: BFloat16}, votes, true, "conv1/kernel"},
		{"vote, XLA", Options{XLA: true}, votes, true, "conv1/kernel"},
		// ReLU makes 0 of it, and the loss is fine.
		{"weight", Options{}, fill("conv2/bias", float32(math.NaN())), false, "conv2/bias"},
		{"batch norm", Options{}, fill("norm1/moving_variance", float32(math.Inf(1))), false, "norm1/moving_variance"},
	}
	for _, test := range tests {
		test.o.LossWeights = MSE()
		trainer := newTrainer(t, tiny(), test.o)
		batch := randomBatch(t, 8, 12, 4)
		steps(t, trainer, batch, 2)
		kept := slices.Clone(batch.Votes)
		test.poison(t, trainer, batch)
		before := patterns(all(t, trainer))
		loss, err := trainer.Step(batch, 1e-3)
		var bad *NotFiniteError
		if !errors.As(err, &bad) {
			t.Errorf("%s: loss %v and error %v, want a *NotFiniteError", test.name, loss, err)
			continue
		}
		if notFinite := math.IsInf(bad.Loss, 0) || math.IsNaN(bad.Loss); notFinite != test.loss || !slices.Contains(bad.Variables, test.names) {
			t.Errorf("%s: loss %v, variables %v", test.name, bad.Loss, bad.Variables)
		}
		if !maps.EqualFunc(before, patterns(all(t, trainer)), slices.Equal) {
			t.Errorf("%s: the step changed variables", test.name)
		}
		copy(batch.Votes, kept)
		if n, err := trainer.Steps(); n != 2 || err != nil {
			t.Errorf("%s: %d steps are counted (%v), want 2", test.name, n, err)
		}
		if strings.HasPrefix(test.name, "vote") {
			if loss, err := trainer.Step(batch, 1e-3); err != nil || !(loss > 0 && loss < 1) {
				t.Errorf("%s: afterwards loss %v and error %v", test.name, loss, err)
			}
		}
	}
}

// poison fills a variable with a value.
func poison(t *testing.T, trainer *Trainer, name string, value float32) {
	t.Helper()
	v := trainer.builder.vars[name]
	if err := assign(trainer.session, v, slices.Repeat([]float32{value}, v.Elements())); err != nil {
		t.Fatal(err)
	}
}

// patterns makes NaNs equal themselves.
func patterns(values map[string][]float32) map[string][]uint32 {
	out := map[string][]uint32{}
	for name, v := range values {
		for _, x := range v {
			out[name] = append(out[name], math.Float32bits(x))
		}
	}
	return out
}

// Nothing is written of weights, slots or averages that are not finite.
func TestSnapshotIsFinite(t *testing.T) {
	for _, name := range []string{"conv1/kernel", "norm1/moving_variance", "adam/v/conv2/bias", "average/conv1/kernel"} {
		trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Average: .9})
		value := float32(math.Inf(-1))
		if name == "conv1/kernel" {
			value = 1e20 // whose square is beyond float32
		}
		poison(t, trainer, name, value)
		dir := t.TempDir()
		err := trainer.Save(dir)
		var bad *NotFiniteError
		if !errors.As(err, &bad) || !slices.Equal(bad.Variables, []string{name}) {
			t.Errorf("%s: %v, want a *NotFiniteError that names it alone", name, err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("%s: %v was written: %v", name, files, err)
		}
	}
}

// assign sets a float32 variable.
func assign(s runner, v *variable, values []float32) error {
	one := assignment{session: s}
	if err := one.set(v, values); err != nil {
		return err
	}
	return one.run()
}
