package graph

import (
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// tiny has every kind of layer and trains in milliseconds.
func tiny() *Network {
	return &Network{
		Name: "tiny", Size: 12, Init: HeNormal, Output: Sigmoid,
		Layers: []Layer{
			Conv{Filters: 8, Kernel: 3, Padding: 1, NoBias: true}, BatchNorm{}, ReLU{}, MaxPool{2},
			Conv{Filters: 8, Kernel: 5, Padding: 1}, ReLU{}, MaxPool{2},
			Flatten{}, Dense{32}, Dropout{.15}, ReLU{}, Dense{galaxyzoo.NumAnswers},
		},
	}
}

func newTrainer(t testing.TB, net *Network, o Options) *Trainer {
	t.Helper()
	trainer, err := NewTrainer(net, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trainer.Close() })
	return trainer
}

func steps(t testing.TB, trainer *Trainer, b *Batch, n int) []float64 {
	t.Helper()
	return stepsAt(t, trainer, b, n, 1e-3)
}

func stepsAt(t testing.TB, trainer *Trainer, b *Batch, n int, learningRate float64) []float64 {
	t.Helper()
	losses := make([]float64, n)
	for i := range losses {
		var err error
		if losses[i], err = trainer.Step(b, learningRate); err != nil {
			t.Fatal(err)
		}
	}
	return losses
}

// A network has to be able to learn eight images by heart. The votes drawn scatter by
// 0.29, so that predicting their mean leaves a squared error of 0.08.
func TestOverfit(t *testing.T) {
	net := tiny()
	net.Layers = slices.DeleteFunc(net.Layers, func(l Layer) bool { _, is := l.(Dropout); return is })
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	batch := randomBatch(t, 8, net.Size, 4)
	losses := steps(t, trainer, batch, 400)
	if first, last := losses[0], losses[len(losses)-1]; last > 0.002 || first < 0.05 {
		t.Errorf("loss went from %.4f to %.4f, want below 0.002", first, last)
	}
}

func TestSameSeedSameLosses(t *testing.T) {
	batch := randomBatch(t, 16, 12, 4)
	train := func(seed uint64) []float64 {
		return steps(t, newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: seed}), batch, 10)
	}
	first := train(1)
	if again := train(1); !slices.Equal(first, again) {
		t.Errorf("the same seed gave losses %v and %v", first, again)
	}
	if other := train(2); slices.Equal(first, other) {
		t.Error("another seed gave the same losses")
	}
}

// The mask of dropout changes from step to step: with a learning rate of 0 and
// nothing else random, the loss would otherwise stay.
func TestDropoutChangesWithTheStep(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1})
	batch := randomBatch(t, 16, 12, 4)
	seen := map[float64]bool{}
	for range 5 {
		loss, err := trainer.Step(batch, 0)
		if err != nil {
			t.Fatal(err)
		}
		seen[loss] = true
	}
	if len(seen) != 5 {
		t.Errorf("5 steps saw %d different masks", len(seen))
	}
}

// Dropout keeps the expectation: over many steps the mean of what it lets
// through is what went in.
func TestDropoutKeepsTheMean(t *testing.T) {
	net := &Network{Name: "dropout", Size: 4, Init: HeNormal, Output: Linear,
		Layers: []Layer{Flatten{}, Dropout{.3}, Dense{galaxyzoo.NumAnswers}}}
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	batch := randomBatch(t, 64, 4, 4)
	votes := make([]galaxyzoo.Votes, batch.Rows)
	if err := trainer.Predict(batch, votes); err != nil {
		t.Fatal(err)
	}
	// With targets that are the undropped predictions the loss is the variance
	// that dropout adds: p/(1-p) of the sum of the squared terms.
	for i := range votes {
		batch.SetVotes(i, &votes[i])
	}
	var got float64
	const n = 200
	for range n {
		loss, err := trainer.Step(batch, 0)
		if err != nil {
			t.Fatal(err)
		}
		got += loss / n
	}
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	want, kernel := 0.0, weights["dense1/kernel"]
	features := len(kernel) / galaxyzoo.NumAnswers
	for row := range batch.Rows {
		for f, pixel := range batch.Image(row) {
			for k := range galaxyzoo.NumAnswers {
				x := float64(pixel) / 255 * float64(kernel[f*galaxyzoo.NumAnswers+k])
				want += x * x * .3 / .7 / float64(batch.Rows*galaxyzoo.NumAnswers)
			}
		}
	}
	if features != len(batch.Image(0)) || math.Abs(got-want) > 0.02*want { // 200 steps of 64*37 values
		t.Errorf("dropout of 0.3 adds a variance of %.5f, want %.5f", got, want)
	}
}

// Inference does not depend on what else is in the batch, on dropout, or on how
// often it is asked.
func TestInferenceMode(t *testing.T) {
	net := tiny()
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	batch := randomBatch(t, 16, net.Size, 4)
	steps(t, trainer, batch, 20)
	all := make([]galaxyzoo.Votes, 16)
	again := make([]galaxyzoo.Votes, 16)
	for _, votes := range [][]galaxyzoo.Votes{all, again} {
		if err := trainer.Predict(batch, votes); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(all, again) {
		t.Error("two predictions of one batch differ")
	}
	one, err := NewBatch(1, net.Size)
	if err != nil {
		t.Fatal(err)
	}
	copy(one.Pixels, batch.Image(7))
	alone := make([]galaxyzoo.Votes, 1)
	if err := trainer.Predict(one, alone); err != nil {
		t.Fatal(err)
	}
	for c := range alone[0] {
		if math.Abs(alone[0][c]-all[7][c]) > 1e-6 { // float32, other block sizes
			t.Errorf("vote %d is %.8f alone and %.8f among others", c, alone[0][c], all[7][c])
		}
	}
}

// One step of Adam from fresh slots moves each weight by the learning rate
// against the sign of its gradient.
func TestFirstStepOfAdam(t *testing.T) {
	net := &Network{Name: "dense", Size: 4, Init: HeNormal, Output: Linear, Layers: []Layer{Flatten{}, Dense{galaxyzoo.NumAnswers}}}
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	before, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trainer.Step(randomBatch(t, 8, 4, 4), 1e-2); err != nil {
		t.Fatal(err)
	}
	after, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range before {
		for i := range values {
			// epsilon, over the root of 1 - 0.999, shortens the step of the
			// smallest gradients, which are a hundred times as large
			if moved := math.Abs(float64(after[name][i] - values[i])); moved < 0.97e-2 || moved > 1.001e-2 {
				t.Fatalf("%s[%d] moved by %.6f, want 0.01", name, i, moved)
			}
		}
	}
}

// The moving averages follow the batch's mean and its unbiased variance by a
// tenth a step.
func TestMovingAverages(t *testing.T) {
	net := &Network{Name: "norm", Size: 3, Init: HeNormal, Output: Sigmoid,
		Layers: []Layer{BatchNorm{}, Flatten{}, Dense{galaxyzoo.NumAnswers}}}
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	batch := randomBatch(t, 5, 3, 4)
	if _, err := trainer.Step(batch, 1e-3); err != nil {
		t.Fatal(err)
	}
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	for c := range Channels {
		var sum, squares float64
		n := float64(len(batch.Pixels) / Channels)
		for i := c; i < len(batch.Pixels); i += Channels {
			x := float64(batch.Pixels[i]) / 255
			sum += x
			squares += x * x
		}
		mean := sum / n
		variance := (squares - n*mean*mean) / (n - 1)
		if got, want := float64(weights["norm1/moving_mean"][c]), 0.1*mean; math.Abs(got-want) > 1e-6 {
			t.Errorf("moving mean of channel %d is %.7f, want %.7f", c, got, want)
		}
		if got, want := float64(weights["norm1/moving_variance"][c]), 0.9+0.1*variance; math.Abs(got-want) > 1e-6 {
			t.Errorf("moving variance of channel %d is %.7f, want %.7f", c, got, want)
		}
	}
}

func TestLossWeights(t *testing.T) {
	rows := make([]galaxyzoo.Votes, 2)
	rows[0][0], rows[0][3], rows[1][0] = 0.5, 0.25, 0.25
	w := WeightedMSE(rows)
	if w[0] != 0.75 || w[3] != 0.25 || w[1] != 0 {
		t.Errorf("weights %v, want 0.75 for answer 0 and 0.25 for answer 3", w)
	}
	if zero := WeightedMSE(nil); zero[0] != 0 {
		t.Errorf("weights of no rows are %v", zero)
	}
	sum := float32(0)
	for _, x := range MSE() {
		sum += x
	}
	if math.Abs(float64(sum)-1) > 1e-6 {
		t.Errorf("the weights of the plain mean sum to %g", sum)
	}
}

// Loss agrees with what a step reports for the same predictions.
func TestLossOutsideTheGraph(t *testing.T) {
	net := &Network{Name: "dense", Size: 4, Init: HeNormal, Output: Sigmoid, Layers: []Layer{Flatten{}, Dense{galaxyzoo.NumAnswers}}}
	batch := randomBatch(t, 8, 4, 4)
	cast := make([]galaxyzoo.Votes, batch.Rows)
	for i := range cast {
		for c := range cast[i] {
			cast[i][c] = float64(batch.Votes[i*galaxyzoo.NumAnswers+c])
		}
	}
	trainer := newTrainer(t, net, Options{LossWeights: WeightedMSE(cast), Seed: 1})
	votes := make([]galaxyzoo.Votes, batch.Rows)
	if err := trainer.Predict(batch, votes); err != nil {
		t.Fatal(err)
	}
	inGraph, err := trainer.Step(batch, 0)
	if err != nil {
		t.Fatal(err)
	}
	if outside := trainer.Loss(votes, cast); math.Abs(outside-inGraph) > 1e-6 {
		t.Errorf("loss %.8f outside the graph, %.8f inside", outside, inGraph)
	}
}

func TestPredictChecksRoom(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE()})
	if err := trainer.Predict(randomBatch(t, 4, 12, 1), make([]galaxyzoo.Votes, 3)); err == nil {
		t.Error("room for 3 votes was accepted for 4 images")
	}
}

// Feeding the same batch again and again must not make the process grow.
func TestMemoryStaysFlat(t *testing.T) {
	if _, err := os.ReadFile("/proc/self/status"); err != nil {
		t.Skip("no /proc on this system to read the resident size from")
	}
	net := tiny()
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	batch := randomBatch(t, 8, net.Size, 1)
	votes := make([]galaxyzoo.Votes, batch.Rows)
	var early int
	for step := 1; step <= 2000; step++ {
		if _, err := trainer.Step(batch, 1e-3); err != nil {
			t.Fatal(err)
		}
		if step%50 == 0 {
			if err := trainer.Predict(batch, votes); err != nil {
				t.Fatal(err)
			}
		}
		if step == 200 {
			early = residentKB(t)
		}
	}
	if late := residentKB(t); float64(late) > 1.05*float64(early) {
		t.Errorf("resident size grew from %d kB at step 200 to %d kB at step 2000", early, late)
	}
}

func residentKB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == "VmRSS:" {
			kb, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			return kb
		}
	}
	t.Fatal("/proc/self/status has no VmRSS")
	return 0
}

// A snapshot is what the variables were when it was taken, whatever steps are made
// before and while it is saved.
func TestSnapshot(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1})
	batch := randomBatch(t, 8, 12, 4)
	steps(t, trainer, batch, 3)
	want, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := trainer.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	steps(t, trainer, batch, 2)
	dir, saved := t.TempDir(), make(chan error)
	go func() { saved <- snapshot.Save(dir) }()
	steps(t, trainer, batch, 20)
	if err := <-saved; err != nil {
		t.Fatal(err)
	}
	got, err := ReadWeights(tiny(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Error("the checkpoint holds other weights than those of the third step")
	}
	if now, err := trainer.Weights(); err != nil || maps.EqualFunc(now, want, slices.Equal) {
		t.Errorf("the trainer's weights have not moved (%v)", err)
	}
	if err := trainer.Restore(dir); err != nil {
		t.Fatal(err)
	}
	if n, err := trainer.Steps(); n != 3 || err != nil {
		t.Errorf("restored to step %d (%v), want 3", n, err)
	}
}

func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"seed3", "small"} {
		b.Run(name, func(b *testing.B) {
			net, err := LookUp(name)
			if err != nil {
				b.Fatal(err)
			}
			trainer := newTrainer(b, net, Options{LossWeights: MSE(), Seed: 1})
			batch := randomBatch(b, 64, net.Size, 1)
			steps(b, trainer, batch, 2)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := trainer.Step(batch, 1e-3); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(batch.Rows*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

// A training step computes ReLUs behind pools, and its loss is that of the layers in
// their order, which inference keeps; the test of gradients looks at theirs.
func TestPoolFirst(t *testing.T) {
	net := &Network{Name: "tiny", Size: 12, Init: HeNormal, Output: Sigmoid, Layers: []Layer{
		Conv{Filters: 8, Kernel: 3, Padding: 1}, ReLU{}, MaxPool{2}, Flatten{}, Dense{galaxyzoo.NumAnswers},
	}}
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	batch := randomBatch(t, 8, net.Size, 4)
	votes, cast := make([]galaxyzoo.Votes, batch.Rows), make([]galaxyzoo.Votes, batch.Rows)
	if err := trainer.Predict(batch, votes); err != nil {
		t.Fatal(err)
	}
	for i := range cast {
		for c := range cast[i] {
			cast[i][c] = float64(batch.Votes[i*galaxyzoo.NumAnswers+c])
		}
	}
	if got, want := steps(t, trainer, batch, 1)[0], trainer.Loss(votes, cast); math.Abs(got-want) > 1e-6*want {
		t.Errorf("loss %.9f, of the layers in their order %.9f", got, want)
	}
	table, err := tiny().Table()
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, row := range poolFirst(table)[:7] {
		kinds = append(kinds, row.layer.Kind())
	}
	if got, want := strings.Join(kinds, " "), "conv norm pool relu conv pool relu"; got != want {
		t.Errorf("layers %q, want %q", got, want)
	}
}
