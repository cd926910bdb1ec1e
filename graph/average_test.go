package graph

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// averaging has all that a checkpoint of a run with averages has.
func averaging() Options {
	return Options{LossWeights: MSE(), Seed: 1, Optimiser: AdamW, WeightDecay: .1, Average: .6}
}

// Every variable's average, batch norm's own included, follows it as the formula says,
// from where it starts.
func TestAverage(t *testing.T) {
	trainer := newTrainer(t, tiny(), averaging())
	batch := randomBatch(t, 8, 12, 4)
	want := map[string][]float64{}
	for name, values := range raw(t, trainer) {
		if of, is := strings.CutPrefix(name, averagePrefix); is {
			if !slices.Equal(values, raw(t, trainer)[of]) {
				t.Errorf("%s does not start as what it is of", name)
			}
			for _, x := range values {
				want[of] = append(want[of], float64(x))
			}
		}
	}
	if n := len(tiny().mustVariables(t)); len(want) != n {
		t.Fatalf("%d averages of %d variables", len(want), n)
	}
	for step := range 20 {
		steps(t, trainer, batch, 1)
		now := raw(t, trainer)
		d := min(.6, float64(1+step)/float64(10+step))
		for name, average := range want {
			for i := range average {
				average[i] = d*average[i] + (1-d)*float64(now[name][i])
				if got := now[averagePrefix+name][i]; math.Abs(float64(got)-average[i]) > 1e-6 {
					t.Fatalf("step %d: average of %s[%d] is %.8f, want %.8f", step, name, i, got, average[i])
				}
			}
		}
	}
}

// What is scored is the network of the averages, and training goes on with the
// weights: the losses are those of a trainer that keeps no average.
func TestAverageIsScoredAndNotTrained(t *testing.T) {
	batch := randomBatch(t, 8, 12, 4)
	averaged := newTrainer(t, tiny(), averaging())
	without := averaging()
	without.Average = 0
	plain := newTrainer(t, tiny(), without)
	if a, b := steps(t, averaged, batch, 10), steps(t, plain, batch, 10); !slices.Equal(a, b) {
		t.Errorf("losses %v with an average, %v without", a, b)
	}
	predict := func(trainer *Trainer) []galaxyzoo.Votes {
		votes := make([]galaxyzoo.Votes, batch.Rows)
		if err := trainer.Predict(batch, votes); err != nil {
			t.Fatal(err)
		}
		return votes
	}
	if slices.Equal(predict(averaged), predict(plain)) {
		t.Error("the average predicts what the weights do")
	}
	weights, err := averaged.Weights()
	if err != nil {
		t.Fatal(err)
	}
	if err := plain.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(predict(averaged), predict(plain)) {
		t.Error("a trainer with the averages for weights predicts other votes")
	}
	dir := t.TempDir()
	if err := averaged.Save(dir); err != nil {
		t.Fatal(err)
	}
	read, err := ReadWeights(tiny(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(read, weights, slices.Equal) {
		t.Error("the weights read from a checkpoint are not its averages")
	}
}

// SetWeights sets averages with what they are of, and nothing else.
func TestSetWeights(t *testing.T) {
	trainer := newTrainer(t, tiny(), averaging())
	before := raw(t, trainer)
	bias := slices.Repeat([]float32{.5}, 8)
	if err := trainer.SetWeights(Weights{"conv2/bias": bias}); err != nil {
		t.Fatal(err)
	}
	want := maps.Clone(before)
	want["conv2/bias"], want["average/conv2/bias"] = bias, bias
	if !maps.EqualFunc(raw(t, trainer), want, slices.Equal) {
		t.Error("other variables were set than the one that was named")
	}
	for _, wrong := range []Weights{{"conv2/bias": bias[1:]}, {"adam/m/conv2/bias": bias}, {"conv7/bias": bias}} {
		if err := trainer.SetWeights(wrong); err == nil {
			t.Errorf("%v was set", wrong)
		}
	}
}

// With every optimiser a trainer that is restored goes on exactly as the one that was
// saved: weights, their averages, and the optimiser's slots.
func TestRoundTripOfOptimisers(t *testing.T) {
	sgd := Options{LossWeights: MSE(), Seed: 1, Optimiser: SGD, Momentum: .9, WeightDecay: .01, Average: .9}
	frozen := averaging()
	frozen.RateFactors = map[string]float64{"conv1/kernel": 0, "norm1/gamma": 0, "norm1/beta": 0, "conv2/kernel": .3}
	batch := randomBatch(t, 16, 12, 4)
	for name, o := range map[string]Options{
		"adamw, averaged": averaging(), "sgd, averaged": sgd, "frozen": frozen,
	} {
		first := newTrainer(t, tiny(), o)
		steps(t, first, batch, 7)
		dir := t.TempDir()
		if err := first.Save(dir); err != nil {
			t.Fatal(err)
		}
		second := newTrainer(t, tiny(), o)
		if err := second.Restore(dir); err != nil {
			t.Fatal(err)
		}
		if a, b := steps(t, first, batch, 5), steps(t, second, batch, 5); !slices.Equal(a, b) {
			t.Errorf("%s: losses went on with %v, after a restore with %v", name, a, b)
		}
		if !maps.EqualFunc(raw(t, first), raw(t, second), slices.Equal) {
			t.Errorf("%s: after the same steps the variables are not the same", name)
		}
	}
}
