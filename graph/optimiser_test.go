package graph

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// line is the network whose gradient can be written down: votes = image/255 . kernel
// + bias.
func line() *Network {
	return &Network{Name: "line", Size: 4, Init: HeNormal, Output: Linear, Layers: []Layer{Flatten{}, Dense{galaxyzoo.NumAnswers}}}
}

// raw returns all float32 variables of a trainer as they are.
func raw(t testing.TB, trainer *Trainer) Weights {
	t.Helper()
	values := Weights{}
	for _, v := range trainer.builder.order {
		if v.dtype != tf.Float {
			continue
		}
		out, err := trainer.session.Run(nil, []tf.Output{v.read}, nil)
		if err != nil {
			t.Fatal(err)
		}
		values[v.Name] = copyFloats(out[0])
	}
	return values
}

// lineReference is what training does to the weights of line, in float64 and by the
// formulas of the papers.
type lineReference struct {
	o       Options
	weights map[string][]float64
	slots   map[string][2][]float64
	average map[string][]float64
	step    int
}

func newLineReference(o Options, start Weights) *lineReference {
	r := &lineReference{o: o, weights: map[string][]float64{}, slots: map[string][2][]float64{}, average: map[string][]float64{}}
	for _, name := range []string{"dense1/kernel", "dense1/bias"} {
		for _, x := range start[name] {
			r.weights[name] = append(r.weights[name], float64(x))
		}
		n := len(r.weights[name])
		r.slots[name] = [2][]float64{make([]float64, n), make([]float64, n)}
		r.average[name] = slices.Clone(r.weights[name])
	}
	return r
}

// gradients of sum_k w_k mean_i (votes_ik - want_ik)^2, clipped.
func (r *lineReference) gradients(b *Batch) map[string][]float64 {
	const k = galaxyzoo.NumAnswers
	kernel, bias := r.weights["dense1/kernel"], r.weights["dense1/bias"]
	inputs := len(kernel) / k
	g := map[string][]float64{"dense1/kernel": make([]float64, len(kernel)), "dense1/bias": make([]float64, k)}
	for i := range b.Rows {
		for c := range k {
			vote := bias[c]
			for j := range inputs {
				vote += float64(b.Pixels[i*inputs+j]) / 255 * kernel[j*k+c]
			}
			slope := 2 * float64(r.o.LossWeights[c]) * (vote - float64(b.Votes[i*k+c])) / float64(b.Rows)
			g["dense1/bias"][c] += slope
			for j := range inputs {
				g["dense1/kernel"][j*k+c] += slope * float64(b.Pixels[i*inputs+j]) / 255
			}
		}
	}
	maps.DeleteFunc(g, func(name string, _ []float64) bool { return r.o.frozen(name) })
	square := 0.0
	for _, values := range g {
		for _, x := range values {
			square += x * x
		}
	}
	if limit := r.o.ClipNorm; limit > 0 && math.Sqrt(square) > limit {
		for _, values := range g {
			for i := range values {
				values[i] *= limit / math.Sqrt(square)
			}
		}
	}
	return g
}

func (r *lineReference) take(b *Batch, learningRate float64) {
	r.step++
	t := float64(r.step)
	for name, gradient := range r.gradients(b) {
		rate := learningRate * r.o.factor(name)
		w, first, second := r.weights[name], r.slots[name][0], r.slots[name][1]
		for i, g := range gradient {
			shrink := 0.0
			if name == "dense1/kernel" {
				shrink = rate * r.o.WeightDecay * w[i]
			}
			if r.o.Optimiser == SGD {
				first[i] = r.o.Momentum*first[i] + g
				w[i] -= shrink + rate*(g+r.o.Momentum*first[i])
				continue
			}
			first[i] = .9*first[i] + .1*g
			second[i] = .999*second[i] + .001*g*g
			m, v := first[i]/(1-math.Pow(.9, t)), second[i]/(1-math.Pow(.999, t))
			w[i] -= shrink + rate*m/(math.Sqrt(v)+1e-8)
		}
	}
	for name, average := range r.average {
		d := min(r.o.Average, t/(t+9)) // t counts from 1 here
		for i := range average {
			average[i] = d*average[i] + (1-d)*r.weights[name][i]
		}
	}
}

// Each optimiser does what its paper says, alone and with all that can change a step.
func TestOptimisers(t *testing.T) {
	kernelAlone := map[string]float64{"dense1/bias": 0}
	tests := []struct {
		name    string
		options Options
	}{
		{"unnamed", Options{}},
		{"adam", Options{Optimiser: Adam}},
		{"adamw without decay", Options{Optimiser: AdamW}},
		{"adamw", Options{Optimiser: AdamW, WeightDecay: 3}},
		{"sgd without momentum", Options{Optimiser: SGD}},
		{"sgd", Options{Optimiser: SGD, Momentum: .9}},
		{"sgd with decay", Options{Optimiser: SGD, Momentum: .8, WeightDecay: 3}},
		{"clipped", Options{Optimiser: SGD, Momentum: .9, WeightDecay: 3, ClipNorm: .01}},
		{"factors", Options{Optimiser: AdamW, WeightDecay: 3, RateFactors: map[string]float64{"dense1/kernel": .25, "dense1/bias": 2}}},
		{"frozen bias", Options{Optimiser: AdamW, WeightDecay: 3, RateFactors: kernelAlone}},
		{"frozen bias, clipped", Options{Optimiser: SGD, ClipNorm: .01, RateFactors: kernelAlone}},
		{"frozen kernel", Options{Optimiser: AdamW, WeightDecay: 3, RateFactors: map[string]float64{"dense1/kernel": 0}}},
		{"averaged", Options{Optimiser: AdamW, WeightDecay: 3, Average: .3}},
		{"averaged, frozen bias", Options{Optimiser: SGD, Momentum: .9, Average: .9, RateFactors: kernelAlone}},
		{"float16", Options{Optimiser: AdamW, WeightDecay: 3, Average: .3, Precision: Float16}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := test.options
			o.LossWeights, o.Seed = WeightedMSE([]galaxyzoo.Votes{{1, .5, .25, 2}}), 3
			trainer := newTrainer(t, line(), o)
			start := raw(t, trainer)
			want := newLineReference(o, start)
			for i, rate := range []float64{.01, .02, .02, .005, .01} {
				batch := randomBatch(t, 6, 4, uint64(i))
				if _, err := trainer.Step(batch, rate); err != nil {
					t.Fatal(err)
				}
				want.take(batch, rate)
			}
			got := raw(t, trainer)
			weights, err := trainer.Weights()
			if err != nil {
				t.Fatal(err)
			}
			// Five steps of Adam are of about 1e-2 each, those for gradients whose
			// digits cancel too.
			tolerance := 1e-4
			if o.Optimiser == SGD {
				tolerance = 1e-6
			}
			for name := range want.weights {
				near(t, name, got[name], want.weights[name], tolerance)
				if o.frozen(name) && !slices.Equal(got[name], start[name]) {
					t.Errorf("%s is frozen, and has moved", name)
				}
				if o.Average > 0 {
					near(t, "average of "+name, weights[name], want.average[name], tolerance)
				} else if !slices.Equal(weights[name], got[name]) {
					t.Errorf("%s: without an average the weights are not what they are", name)
				}
			}
			for name := range got {
				for variable := range want.weights {
					if o.frozen(variable) && strings.HasSuffix(name, "/"+variable) && !strings.HasPrefix(name, averagePrefix) {
						t.Errorf("%s is frozen, and has a slot %s", variable, name)
					}
				}
			}
		})
	}
}

// near compares float32 with float64.
func near(t *testing.T, name string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	for i := range want {
		if math.Abs(float64(got[i])-want[i]) > tolerance {
			t.Errorf("%s[%d] is %.8f, want %.8f", name, i, got[i], want[i])
			return
		}
	}
}

// With gradients of 0 nothing but the decay moves anything, and it moves kernels only.
func TestDecayIsOfKernels(t *testing.T) {
	for _, optimiser := range []Optimiser{AdamW, SGD} {
		trainer := newTrainer(t, tiny(), Options{Seed: 1, Optimiser: optimiser, WeightDecay: .5}) // all answers weigh nothing
		before := raw(t, trainer)
		if _, err := trainer.Step(randomBatch(t, 8, 12, 4), .1); err != nil {
			t.Fatal(err)
		}
		after := raw(t, trainer)
		for _, v := range trainer.builder.trainable() {
			factor := 1.
			if strings.HasSuffix(v.Name, "/kernel") {
				factor = 1 - .1*.5
			}
			for i, x := range before[v.Name] {
				if got := after[v.Name][i]; math.Abs(float64(got)-factor*float64(x)) > 1e-7 {
					t.Errorf("%s: %s[%d] went from %g to %g, want %g of it", optimiser, v.Name, i, x, got, factor)
					break
				}
			}
		}
	}
}

// A frozen layer's variables stay, batch norm's averages among them, which it uses: so
// a network without dropout whose norms are frozen has the same loss in training as in
// inference. What is not frozen learns, in front of the frozen norm too.
func TestFrozenVariables(t *testing.T) {
	for _, precision := range []Precision{Float32, BFloat16} {
		net := tiny()
		net.Layers = slices.DeleteFunc(net.Layers, func(l Layer) bool { _, is := l.(Dropout); return is })
		frozen := map[string]float64{"norm1/gamma": 0, "norm1/beta": 0, "conv2/kernel": 0}
		trainer := newTrainer(t, net, Options{
			LossWeights: MSE(), Seed: 1, Optimiser: AdamW, WeightDecay: .1, Average: .5, RateFactors: frozen, Precision: precision,
		})
		if err := trainer.SetWeights(Weights{"norm1/moving_mean": slices.Repeat([]float32{.1}, 8), "norm1/moving_variance": slices.Repeat([]float32{.4}, 8)}); err != nil {
			t.Fatal(err)
		}
		before, batch := raw(t, trainer), randomBatch(t, 8, 12, 4)
		votes, cast := make([]galaxyzoo.Votes, batch.Rows), make([]galaxyzoo.Votes, batch.Rows)
		if err := trainer.Predict(batch, votes); err != nil {
			t.Fatal(err)
		}
		for i := range cast {
			for c := range cast[i] {
				cast[i][c] = float64(batch.Votes[i*galaxyzoo.NumAnswers+c])
			}
		}
		tolerance := 1e-6
		if precision == BFloat16 {
			tolerance = 1. / 256 // of its 8 bits
		}
		if got, want := steps(t, trainer, batch, 1)[0], trainer.Loss(votes, cast); math.Abs(got-want) > tolerance*want {
			t.Errorf("%s: loss %.8f in training, %.8f in inference", precision, got, want)
		}
		steps(t, trainer, batch, 3)
		after := raw(t, trainer)
		still := []string{"norm1/gamma", "norm1/beta", "norm1/moving_mean", "norm1/moving_variance", "conv2/kernel"}
		for _, v := range trainer.net.mustVariables(t) {
			if moved := !slices.Equal(before[v.Name], after[v.Name]); moved == slices.Contains(still, v.Name) {
				t.Errorf("%s: %s moved: %v", precision, v.Name, moved)
			}
			if average := averagePrefix + v.Name; slices.Contains(still, v.Name) && !slices.Equal(after[v.Name], after[average]) {
				t.Errorf("%s: %s is not the average of what does not move", precision, average)
			}
		}
	}
}

func (n *Network) mustVariables(t *testing.T) []Variable {
	t.Helper()
	variables, err := n.Variables()
	if err != nil {
		t.Fatal(err)
	}
	return variables
}

// A step that is held back moves neither weights nor slots nor averages.
func TestOverflowOfOptimisers(t *testing.T) {
	for _, o := range []Options{
		{Optimiser: AdamW, WeightDecay: .1, Average: .9},
		{Optimiser: SGD, Momentum: .9, WeightDecay: .1, Average: .9, ClipNorm: 1, RateFactors: map[string]float64{"conv1/kernel": .5}},
	} {
		o.LossWeights, o.Precision = MSE(), Float16
		trainer := newTrainer(t, tiny(), o)
		batch := randomBatch(t, 8, 12, 4)
		steps(t, trainer, batch, 2)
		before := all(t, trainer)
		set(t, trainer, trainer.scale.scale, 1e30)
		if _, err := trainer.Step(batch, 1e-3); !errors.Is(err, ErrOverflow) {
			t.Fatalf("%s: %v, want ErrOverflow", o.Optimiser, err)
		}
		if !maps.EqualFunc(before, all(t, trainer), slices.Equal) {
			t.Errorf("%s: a step that overflowed changed variables", o.Optimiser)
		}
	}
}

func TestOptionsErrors(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{"unknown", Options{Optimiser: "lion"}, `no optimiser "lion", want adam, adamw or sgd`},
		{"decay of adam", Options{WeightDecay: .1}, "adam does not decay weights"},
		{"negative decay", Options{Optimiser: AdamW, WeightDecay: -1}, "weight decay -1"},
		{"momentum", Options{Optimiser: SGD, Momentum: 1}, "momentum 1, want"},
		{"average", Options{Average: math.NaN()}, "average NaN, want"},
		{"bias", Options{OutputBias: make([]float32, 36)}, "36 starting values"},
		{"unknown variable", Options{RateFactors: map[string]float64{"conv9/kernel": 0}}, `"conv9/kernel", which network "line" does not have`},
		{"negative factor", Options{RateFactors: map[string]float64{"dense1/bias": -1}}, "rate factor -1 of dense1/bias"},
		{"nothing to learn", Options{RateFactors: map[string]float64{"dense1/bias": 0, "dense1/kernel": 0}}, "nothing is left to learn"},
	}
	for _, test := range tests {
		if _, err := NewTrainer(line(), test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	mean := Options{RateFactors: map[string]float64{"norm1/moving_mean": 1}}
	if _, err := NewTrainer(tiny(), mean); err == nil || !strings.Contains(err.Error(), `"norm1/moving_mean", which is no variable`) {
		t.Errorf("a rate of batch norm's average: %v", err)
	}
}

// The last bias starts as it is told, and so does its average.
func TestOutputBias(t *testing.T) {
	want := make([]float32, galaxyzoo.NumAnswers)
	for c := range want {
		want[c] = float32(c) - 10
	}
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Average: .5, OutputBias: want})
	for _, name := range []string{"dense2/bias", "average/dense2/bias"} {
		if got := raw(t, trainer)[name]; !slices.Equal(got, want) {
			t.Errorf("%s starts as %v, want %v", name, got, want)
		}
	}
}

// userSeconds is the processor time that this process has taken.
func userSeconds(b *testing.B) float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// What an optimiser and an average cost shows in processor time, even while others
// work on the machine, and best in steps on two images: the trainers step in turns.
func BenchmarkOptimisers(b *testing.B) {
	net, err := LookUp("small")
	if err != nil {
		b.Fatal(err)
	}
	kinds := []struct {
		name    string
		options Options
	}{
		{"adam", Options{}},
		{"adam+average", Options{Average: .999}},
		{"adamw", Options{Optimiser: AdamW, WeightDecay: .05}},
		{"adamw+average", Options{Optimiser: AdamW, WeightDecay: .05, Average: .999}},
		{"sgd", Options{Optimiser: SGD, Momentum: .9, WeightDecay: .05}},
	}
	for _, rows := range []int{2, 64} {
		b.Run(fmt.Sprintf("images=%d", rows), func(b *testing.B) {
			batch := randomBatch(b, rows, net.Size, 1)
			trainers, spent := make([]*Trainer, len(kinds)), make([]float64, len(kinds))
			for i, k := range kinds {
				k.options.LossWeights = MSE()
				trainers[i] = newTrainer(b, net, k.options)
				steps(b, trainers[i], batch, 2)
			}
			for b.Loop() {
				for i, trainer := range trainers {
					before := userSeconds(b)
					steps(b, trainer, batch, 1)
					spent[i] += userSeconds(b) - before
				}
			}
			for i, k := range kinds {
				b.ReportMetric(1e3*spent[i]/float64(b.N), k.name+"-ms")
			}
		})
	}
}
