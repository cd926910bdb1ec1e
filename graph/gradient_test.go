package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A probe is a small network in training mode whose loss and gradients can be
// looked at.
type probe struct {
	t         *testing.T
	b         *builder
	session   *tf.Session
	feeds     map[tf.Output]*tf.Tensor
	loss      tf.Output
	gradients []tf.Output
}

func newProbe(t *testing.T, net *Network, clip float64) *probe {
	t.Helper()
	b, err := newBuilder(net, Placement{})
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{t: t, b: b}
	images := op.Placeholder(b.scope.SubScope("images"), tf.Uint8, op.PlaceholderShape(b.imageShape()))
	votes := op.Placeholder(b.scope.SubScope("votes"), tf.Float)
	step := op.Const(b.scope.SubScope("step"), int64(3))
	var averages []average
	rows := rowsOf(b.scope.SubScope("rows"), images)
	whole := share{batch: rows, rows: rows}
	predictions := b.forward(b.scope.SubScope("training"), images, passInputs{
		averages: &averages, draw: drawEach(b.scope.SubScope("draws"), whole, 5, step),
	}).votes
	var weights [galaxyzoo.NumAnswers]float32
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range weights {
		weights[i] = rng.Float32()
	}
	p.loss = loss(b.scope.SubScope("loss"), predictions, votes, whole.perImage(b.scope.SubScope("per_image")), weights)
	var reads []tf.Output
	for _, v := range b.trainable() {
		reads = append(reads, v.read)
	}
	p.gradients = op.Gradients(b.scope.SubScope("gradients"), []tf.Output{p.loss}, reads)
	if b.scope.Err() == nil && clip > 0 {
		p.gradients = clipByGlobalNorm(b.scope.SubScope("clip"), b.trainable(), p.gradients, halfSquares(b.scope.SubScope("norms"), b.trainable(), p.gradients), clip)
	}
	if p.session, err = b.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.session.Close() })

	batch := randomBatch(t, 8, net.Size, 9)
	p.feeds = map[tf.Output]*tf.Tensor{images: batch.images, votes: batch.votes}
	for _, v := range b.order {
		values := net.Init.initialValues(v.Variable, 1)
		if v.Role == Scale || v.Role == Offset { // away from their start, where errors could hide
			for i := range values {
				values[i] += 0.3 * rng.Float32()
			}
		}
		p.set(v, values)
	}
	return p
}

func randomBatch(t testing.TB, rows, size int, seed uint64) *Batch {
	t.Helper()
	batch, err := NewBatch(rows, size)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range batch.Pixels {
		batch.Pixels[i] = byte(rng.Uint32())
	}
	for i := range batch.Votes {
		batch.Votes[i] = rng.Float32()
	}
	return batch
}

func (p *probe) set(v *variable, values []float32) {
	p.t.Helper()
	if err := assign(p.session, v, values); err != nil {
		p.t.Fatal(err)
	}
}

func (p *probe) fetch(o tf.Output) []float32 {
	p.t.Helper()
	out, err := p.session.Run(p.feeds, []tf.Output{o}, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return copyFloats(out[0])
}

// Each layer kind, in a network that is otherwise as plain as can be: along a
// random direction of each variable the gradient has to agree with the
// difference of the loss a small step forth and back.
func TestGradients(t *testing.T) {
	head := []Layer{Flatten{}, Dense{galaxyzoo.NumAnswers}}
	tests := []struct {
		name   string
		layers []Layer
		output Output
	}{
		{"dense", head, Sigmoid},
		{"linear output", head, Linear},
		{"tree output", head, Tree},
		{"softmax-tree output", head, SoftmaxTree},
		{"conv same", append([]Layer{Conv{Filters: 4, Kernel: 3, Padding: 1}}, head...), Sigmoid},
		{"conv valid", append([]Layer{Conv{Filters: 4, Kernel: 3}}, head...), Sigmoid},
		{"conv padded", append([]Layer{Conv{Filters: 4, Kernel: 5, Padding: 1}}, head...), Sigmoid},
		{"two convs", append([]Layer{Conv{Filters: 4, Kernel: 3}, Conv{Filters: 3, Kernel: 3, NoBias: true}}, head...), Sigmoid},
		{"batch norm", append([]Layer{Conv{Filters: 4, Kernel: 3, NoBias: true}, BatchNorm{}}, head...), Sigmoid},
		{"relu", append([]Layer{Conv{Filters: 4, Kernel: 3}, ReLU{}}, head...), Sigmoid},
		{"max pool", append([]Layer{Conv{Filters: 4, Kernel: 3}, MaxPool{2}}, head...), Sigmoid},
		{"maxout", []Layer{Flatten{}, Maxout{Units: 20, Pieces: 3}, Dense{galaxyzoo.NumAnswers}}, Sigmoid},
		{"parts", []Layer{Parts{View: 4, Side: 3}, Conv{Filters: 4, Kernel: 2}, ReLU{}, Dropout{.2}, Flatten{}, Join{PartsOfImage}, Dense{galaxyzoo.NumAnswers}}, Sigmoid},
		{"lift", append([]Layer{Lift{Filters: 2, Kernel: 3, Padding: 1}}, head...), Sigmoid},
		{"lift with stride", append([]Layer{Lift{Filters: 2, Kernel: 4, Padding: 1, Stride: 2}}, head...), Sigmoid},
		{"group conv", append([]Layer{Lift{Filters: 2, Kernel: 3}, GroupConv{Filters: 2, Kernel: 3, Padding: 1}}, head...), Sigmoid},
		{"group norm", append([]Layer{Lift{Filters: 2, Kernel: 3}, GroupNorm{}}, head...), Sigmoid},
		{"group pool", append([]Layer{Lift{Filters: 4, Kernel: 3}, GroupPool{}}, head...), Sigmoid},
		{"group dense", []Layer{Lift{Filters: 2, Kernel: 3}, MaxPool{2}, GroupDense{60}, Dense{galaxyzoo.NumAnswers}}, Sigmoid},
		{"dropout", append([]Layer{Conv{Filters: 4, Kernel: 3}, Dropout{.4}}, head...), Sigmoid},
		{"dropout after flatten", []Layer{Flatten{}, Dense{20}, Dropout{.4}, ReLU{}, Dense{galaxyzoo.NumAnswers}}, Sigmoid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			net := &Network{Name: "probe", Size: 8, Init: HeNormal, Layers: test.layers, Output: test.output}
			p := newProbe(t, net, 0)
			rng := rand.New(rand.NewPCG(3, 3))
			for i, v := range p.b.trainable() {
				gradient := p.fetch(p.gradients[i])
				start := p.fetch(v.read)
				direction := make([]float32, len(start))
				var norm, along float64
				for k := range direction {
					direction[k] = float32(rng.NormFloat64())
					norm += float64(direction[k]) * float64(direction[k])
				}
				for k, g := range gradient {
					direction[k] /= float32(math.Sqrt(norm))
					along += float64(g) * float64(direction[k])
				}
				// The loss is about 4 with float32's 24 bits, so a step of 0.01
				// leaves a rounding error of about 3e-5 in the quotient, its
				// curvature one of the square of the step; kinks of ReLU and
				// of the maximum that are crossed add a little.
				const step = 0.01
				at := func(distance float32) float64 {
					moved := make([]float32, len(start))
					for k := range moved {
						moved[k] = start[k] + distance*direction[k]
					}
					p.set(v, moved)
					return float64(p.fetch(p.loss)[0])
				}
				numeric := (at(step) - at(-step)) / (2 * step)
				p.set(v, start)
				if diff := math.Abs(numeric - along); diff > 2e-4+0.01*math.Abs(along) {
					t.Errorf("%s: gradient %.6f along a direction, difference of the loss %.6f", v.Name, along, numeric)
				}
				if largest(gradient) == 0 {
					t.Errorf("%s: no gradient at all", v.Name)
				}
			}
		})
	}
}

func largest(values []float32) float64 {
	m := 0.0
	for _, x := range values {
		m = max(m, math.Abs(float64(x)))
	}
	return m
}

func TestClipByGlobalNorm(t *testing.T) {
	net := &Network{Name: "probe", Size: 8, Init: HeNormal, Output: Sigmoid,
		Layers: []Layer{Conv{Filters: 4, Kernel: 3}, ReLU{}, Flatten{}, Dense{galaxyzoo.NumAnswers}}}
	free := newProbe(t, net, 0)
	var gradients [][]float32
	norm := 0.0
	for _, g := range free.gradients {
		values := free.fetch(g)
		gradients = append(gradients, values)
		for _, x := range values {
			norm += float64(x) * float64(x)
		}
	}
	norm = math.Sqrt(norm)
	for _, share := range []float64{0.25, 2} {
		t.Run(fmt.Sprintf("limit %g of the norm", share), func(t *testing.T) {
			clipped := newProbe(t, net, share*norm)
			factor := min(share, 1)
			for i, g := range clipped.gradients {
				for k, got := range clipped.fetch(g) {
					want := factor * float64(gradients[i][k])
					// float32 in a sum of some thousand squares
					if math.Abs(float64(got)-want) > 1e-5*norm {
						t.Fatalf("gradient %d of %d: %g, want %g", k, i, got, want)
					}
				}
			}
		})
	}
}
