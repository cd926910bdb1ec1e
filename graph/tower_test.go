package graph

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// onCPUs has the test's sessions offer so many CPUs.
func onCPUs(t *testing.T, n int) Placement {
	t.Helper()
	before := machine
	machine.CPUs = n
	t.Cleanup(func() { machine = before })
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("cpu:%d", i))
	}
	return PlaceOn(names)
}

// curve returns the losses of steps on batches of the sizes given in turn, and the
// votes for the last batch after them.
func curve(t *testing.T, net *Network, o Options, steps int, rows ...int) (losses []float64, votes []float32) {
	t.Helper()
	trainer, err := NewTrainer(net, o)
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	for step := range steps {
		b := randomBatch(t, rows[step%len(rows)], net.Size, uint64(step%3))
		loss, err := trainer.Step(b, 0.001)
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		losses = append(losses, loss)
		if step == steps-1 {
			out := make([]galaxyzoo.Votes, b.Rows)
			if err := trainer.Predict(b, out); err != nil {
				t.Fatal(err)
			}
			for _, v := range out {
				for _, x := range v {
					votes = append(votes, float32(x))
				}
			}
		}
	}
	return losses, votes
}

// apart returns the largest difference between two rows of numbers.
func apart[T float32 | float64](a, b []T) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	most := 0.0
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		most = max(most, d)
	}
	return most
}

// evenly returns a network without batch norm, with dropout, and options of which a step
// does not depend on how its batch is split.
func evenly(t *testing.T) (*Network, Options) {
	t.Helper()
	net, err := LookUp("seed3")
	if err != nil {
		t.Fatal(err)
	}
	net.Size = 16
	net.Layers = slices.DeleteFunc(net.Layers, func(l Layer) bool { return l.Kind() == "norm" })
	if !slices.ContainsFunc(net.Layers, func(l Layer) bool { return l.Kind() == "dropout" }) {
		t.Fatal("there is no dropout")
	}
	return net, Options{LossWeights: MSE(), Seed: 3, ClipNorm: 1, Average: 0.9, Optimiser: AdamW, WeightDecay: 0.01}
}

// A batch that is split over devices makes the same steps, dropout included, also where
// it does not split evenly or is smaller than there are devices.
func TestTowers(t *testing.T) {
	net, o := evenly(t)
	const steps = 50
	rows := []int{12, 7, 1, 12, 2}
	want, wantVotes := curve(t, net, o, steps, rows...)
	for _, devices := range []int{1, 2, 3} {
		o.Placement = onCPUs(t, devices)
		got, votes := curve(t, net, o, steps, rows...)
		if d := apart(got, want); d > 1e-5 {
			t.Errorf("%d devices: losses differ by %.1e from those of none named", devices, d)
		}
		if d := apart(votes, wantVotes); d > 1e-4 {
			t.Errorf("%d devices: votes differ by %.1e from those of none named", devices, d)
		}
	}
}

// Each tower's batch norm measures its own rows, and its averages follow the mean of
// what the towers measured, by their rows.
func TestTowersBatchNorm(t *testing.T) {
	net, err := LookUp("seed3")
	if err != nil {
		t.Fatal(err)
	}
	net.Size = 16
	averagesAfter := func(p Placement, b *Batch) Weights {
		trainer, err := NewTrainer(net, Options{LossWeights: MSE(), Seed: 3, Placement: p})
		if err != nil {
			t.Fatal(err)
		}
		defer trainer.Close()
		if _, err := trainer.Step(b, 0.001); err != nil {
			t.Fatal(err)
		}
		weights, err := trainer.Weights()
		if err != nil {
			t.Fatal(err)
		}
		return weights
	}
	const rows = 7 // 3 and 4
	whole := randomBatch(t, rows, net.Size, 1)
	part := func(from, to int) *Batch {
		b, err := NewBatch(to-from, net.Size)
		if err != nil {
			t.Fatal(err)
		}
		copy(b.Pixels, whole.Pixels[from*len(whole.Pixels)/rows:])
		copy(b.Votes, whole.Votes[from*galaxyzoo.NumAnswers:])
		return b
	}
	first, last := averagesAfter(Placement{}, part(0, 3)), averagesAfter(Placement{}, part(3, rows))
	together := averagesAfter(onCPUs(t, 2), whole)
	for _, name := range []string{"norm1/moving_mean", "norm1/moving_variance"} { // later layers see what the first made of its share
		want := make([]float32, len(together[name]))
		for i := range want {
			want[i] = (3*first[name][i] + 4*last[name][i]) / rows
		}
		if d := apart(together[name], want); d > 1e-6 || len(want) == 0 {
			t.Errorf("%s is off by %.1e", name, d)
		}
	}
}

// Nothing of a placed trainer is left to TensorFlow, which would take the first GPU for
// it: the network and its variables are where they are to be, the rest on the host.
func TestAllIsPlaced(t *testing.T) {
	net, o := evenly(t)
	o.Precision, o.Feed, o.CropSize, o.Crops = Float16, FeedRows, net.Size, 5
	onCPUs(t, 2)
	o.Placement = PlaceOn([]string{"cpu:1"})
	trainer := newTrainer(t, net, o)
	host := cpuOf("")
	inference, err := newInference(net)
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range inference.graph.Operations() {
		if operation.Device() != host {
			t.Errorf("%s of a network that is written is on %q", operation.Name(), operation.Device())
		}
	}
	for _, operation := range trainer.builder.graph.Operations() {
		name, device := operation.Name(), operation.Device()
		switch kind := operation.Type(); {
		case device == "":
			t.Errorf("%s is placed nowhere", name)
		case (kind == "Conv2D" || kind == "MatMul" || kind == "VarHandleOp" && strings.HasSuffix(name, "/kernel")) && device == host:
			t.Errorf("%s is on the host", name)
		}
	}
}

// The loss of each tower is scaled, and one that overflows holds back the step of all.
func TestTowersInFloat16(t *testing.T) {
	net, o := tiny(), Options{LossWeights: MSE(), Seed: 3, Precision: Float16, Optimiser: SGD, Momentum: 0.9}
	net.Layers = slices.DeleteFunc(net.Layers, func(l Layer) bool { return l.Kind() == "norm" })
	want, _ := curve(t, net, o, 4, 4)
	o.Placement = onCPUs(t, 2)
	got, _ := curve(t, net, o, 4, 4)
	if d := apart(got, want); d > 1e-5 { // gradients have 11 bits, and losses move by 1e-3
		t.Errorf("losses differ by %.1e from those of one device", d)
	}
	trainer := newTrainer(t, net, o)
	b := randomBatch(t, 4, net.Size, 1)
	b.Votes[len(b.Votes)-1] = float32(math.Inf(1)) // of the second tower
	before := patterns(all(t, trainer))
	if _, err := trainer.Step(b, 1e-3); !errors.Is(err, ErrOverflow) {
		t.Errorf("%v, want %v", err, ErrOverflow)
	}
	if !maps.EqualFunc(before, patterns(all(t, trainer)), slices.Equal) {
		t.Error("the step changed variables")
	}
}
