package graph

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// obedient are the outputs whose votes obey the tree.
var obedient = []Output{Tree, SoftmaxTree}

// head is an output alone: its votes, and the gradient of their weighted sum.
type head struct {
	t                      *testing.T
	session                *tf.Session
	values, votes, weights tf.Output
	gradient               tf.Output
}

func newHead(t *testing.T, name Output) *head {
	t.Helper()
	o, err := lookUpOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := Load(); err != nil {
		t.Fatal(err)
	}
	scope := op.NewScope()
	h := &head{t: t}
	shape := op.PlaceholderShape(tf.MakeShape(-1, galaxyzoo.NumAnswers))
	h.values = op.Placeholder(scope.SubScope("values"), tf.Float, shape)
	h.weights = op.Placeholder(scope.SubScope("weights"), tf.Float, shape)
	// Linear gives what it is fed, which cannot be fetched.
	h.votes = op.Identity(scope, o.build(scope.SubScope("output"), h.values))
	sum := op.Sum(scope, op.Mul(scope, h.votes, h.weights), op.Const(scope.SubScope("axes"), []int32{0, 1}))
	h.gradient = op.Gradients(scope.SubScope("gradients"), []tf.Output{sum}, []tf.Output{h.values})[0]
	g, err := scope.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	if h.session, err = tf.NewSession(g, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.session.Close() })
	return h
}

// run returns the votes for rows of 37 values, and the gradients.
func (h *head) run(values, weights []float32) ([]galaxyzoo.Votes, []float32) {
	h.t.Helper()
	rows := len(values) / galaxyzoo.NumAnswers
	feeds := map[tf.Output]*tf.Tensor{}
	for place, of := range map[tf.Output][]float32{h.values: values, h.weights: weights} {
		tensor, err := tf.ReadTensor(tf.Float, []int64{int64(rows), galaxyzoo.NumAnswers}, bytes.NewReader(bytesOf(of)))
		if err != nil {
			h.t.Fatal(err)
		}
		feeds[place] = tensor
	}
	out, err := h.session.Run(feeds, []tf.Output{h.votes, h.gradient}, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	votes := make([]galaxyzoo.Votes, rows)
	readVotes(out[0], votes)
	return votes, copyFloats(out[1])
}

// logits returns what a last layer may give, rows of 37: drawn at all sizes, and
// the worst that there is.
func logits() []float32 {
	rng := rand.New(rand.NewPCG(7, 7))
	var values []float32
	row := func(value func(c int) float64) {
		for c := range galaxyzoo.NumAnswers {
			values = append(values, float32(value(c)))
		}
	}
	for _, size := range []float64{1e-40, 1e-20, 1e-3, 0.03, 0.3, 1, 10, 1000, 1e10, 1e37} {
		for range 40 {
			row(func(int) float64 { return size * rng.NormFloat64() })
		}
	}
	for range 40 {
		row(func(int) float64 { return math.Exp(20 * rng.NormFloat64()) })
	}
	const largest, smallest = math.MaxFloat32, math.SmallestNonzeroFloat32
	for _, extreme := range []float64{0, 1, -1, 1. / 7, smallest, -smallest, largest, -largest} {
		row(func(int) float64 { return extreme })
		for shift := range 7 { // one answer of a few, or all but it
			row(func(c int) float64 { return map[bool]float64{true: extreme}[c%7 == shift] })
			row(func(c int) float64 { return map[bool]float64{true: extreme, false: -extreme}[c%7 == shift] })
			row(func(c int) float64 { return map[bool]float64{true: extreme, false: 1}[c%7 == shift] })
		}
	}
	return values
}

func ones(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = 1
	}
	return values
}

// The promise of the outputs that go down the tree, whatever goes in.
func TestVotesObeyTheTree(t *testing.T) {
	values := logits()
	for _, output := range obedient {
		t.Run(string(output), func(t *testing.T) {
			votes, gradient := newHead(t, output).run(values, ones(len(values)))
			for i := range votes {
				in := values[i*galaxyzoo.NumAnswers:][:galaxyzoo.NumAnswers]
				if err := votes[i].Check(); err != nil {
					t.Fatalf("%v of %v", err, in)
				}
				for _, q := range galaxyzoo.Questions {
					// Sums of up to 7 and products of up to 4 values, each
					// rounded to 24 bits.
					if sum, want := votes[i].Sum(q), votes[i].Reach(q); math.Abs(sum-want) > 1e-6 {
						t.Fatalf("the answers of question %d sum to %.9f, want %.9f, of %v", q.Number, sum, want, in)
					}
				}
			}
			for i, g := range gradient {
				if math.IsNaN(float64(g)) || math.IsInf(float64(g), 0) {
					t.Fatalf("gradient %v at %g of %v", g, values[i], values[i/galaxyzoo.NumAnswers*galaxyzoo.NumAnswers:][:galaxyzoo.NumAnswers])
				}
			}
		})
	}
}

// A network that has diverged gives values that are no numbers. Its votes must not
// look as if it had not.
func TestNoNumberIsNotHidden(t *testing.T) {
	for _, o := range outputs {
		values := make([]float32, galaxyzoo.NumAnswers)
		for c := range values {
			values[c] = float32(math.NaN())
		}
		votes, _ := newHead(t, o.name).run(values, ones(len(values)))
		for c, x := range votes[0] {
			if !math.IsNaN(x) {
				t.Errorf("%s: vote %d of values that are no numbers is %g", o.name, c, x)
			}
		}
	}
}

// reference computes an output that goes down the tree in float64.
func reference(output Output, values []float32) galaxyzoo.Votes {
	var votes galaxyzoo.Votes
	for _, q := range galaxyzoo.Questions {
		var positive, powers float64
		for _, a := range q.Answers {
			positive += max(float64(values[a.Column]), 0)
			powers += math.Exp(float64(values[a.Column]))
		}
		for _, a := range q.Answers {
			x := float64(values[a.Column])
			share := math.Exp(x) / powers
			switch {
			case output == Tree && positive >= 1:
				share = max(x, 0) / positive
			case output == Tree:
				share = max(x, 0) + (1-positive)*share
			}
			votes[a.Column] = share * votes.Reach(q)
		}
	}
	return votes
}

func TestTreeOutputsAgainstReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	values := make([]float32, 500*galaxyzoo.NumAnswers)
	for i := range values {
		values[i] = float32(math.Exp(rng.NormFloat64()) * rng.NormFloat64())
	}
	for _, output := range obedient {
		votes, _ := newHead(t, output).run(values, ones(len(values)))
		for i := range votes {
			want := reference(output, values[i*galaxyzoo.NumAnswers:])
			compareVotes(t, fmt.Sprintf("%s, row %d", output, i), votes[i:i+1], []galaxyzoo.Votes{want}, 1e-6) // float32
		}
	}
}

// The gradient of every vote by every value, where the reference is smooth.
func TestTreeOutputsGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, output := range obedient {
		t.Run(string(output), func(t *testing.T) {
			h := newHead(t, output)
			for i := range 21 {
				// Away from the kinks at 0; the sums of a question are below 1
				// with the first size, above it with the last.
				size := []float64{0.05, 0.5, 5}[i%3]
				values, weights := make([]float32, galaxyzoo.NumAnswers), make([]float32, galaxyzoo.NumAnswers)
				for c := range values {
					values[c] = float32(size * (0.1 + rng.Float64()) * float64(1-2*rng.IntN(2)))
					weights[c] = float32(rng.NormFloat64())
				}
				_, gradient := h.run(values, weights)
				weighted := func() float64 {
					sum := 0.0
					for c, x := range reference(output, values) {
						sum += x * float64(weights[c])
					}
					return sum
				}
				for c := range values {
					at, step := values[c], float32(size*1e-3)
					values[c] = at + step
					up, high := weighted(), values[c]
					values[c] = at - step
					down, low := weighted(), values[c]
					values[c] = at
					want := (up - down) / float64(high-low)
					// float32, the square of the step, and the kink of a sum
					// of 1 that a step may cross.
					if math.Abs(float64(gradient[c])-want) > 2e-5+2e-5/size {
						t.Errorf("value %d at %g: gradient %.6f, want %.6f", c, at, gradient[c], want)
					}
				}
			}
		})
	}
}

// drawn returns galaxies that the program drew, cut to size x size pixels, with their
// votes.
func drawn(t *testing.T, n, size int) (*Batch, []galaxyzoo.Votes) {
	t.Helper()
	cut := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 256, Size: size}
	var crops []*image.NRGBA
	for _, img := range originals(t, n)[:n] {
		crops = append(crops, cut.Apply(img))
	}
	batch := pack(t, crops, size)
	var votes []galaxyzoo.Votes
	for i, g := range galaxyzoo.Synthetic(n, 1).Galaxies {
		votes = append(votes, g.Votes)
		for c, x := range g.Votes {
			batch.Votes[i*galaxyzoo.NumAnswers+c] = float32(x)
		}
	}
	return batch, votes
}

// A small network learns drawn galaxies with each output, and the SavedModel of what
// it learned gives the same votes, which obey the tree.
func TestTreeOutputsLearn(t *testing.T) {
	batch, cast := drawn(t, 64, 24)
	for _, output := range obedient {
		t.Run(string(output), func(t *testing.T) {
			net := tiny()
			net.Size, net.Output = 24, output
			trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1, OutputBias: LabelBias(output, cast)})
			mean := slices.Repeat([]galaxyzoo.Votes{galaxyzoo.MeanVotes(cast)}, len(cast))
			losses, ignorant := steps(t, trainer, batch, 200), trainer.Loss(mean, cast)
			if last := losses[len(losses)-1]; last > ignorant/2 {
				t.Errorf("the loss went from %.4f to %.4f, want below half of %.4f, that of the mean votes", losses[0], last, ignorant)
			}
			votes := make([]galaxyzoo.Votes, batch.Rows)
			if err := trainer.Predict(batch, votes); err != nil {
				t.Fatal(err)
			}
			weights, err := trainer.Weights()
			if err != nil {
				t.Fatal(err)
			}
			for _, frozen := range []bool{false, true} {
				dir, signatures := export(t, net, weights, Export{Preprocessing: []byte("{}"), Frozen: frozen})
				if doc := signatures[0].Outputs[OutputName].Doc; !strings.Contains(doc, "0 to 1") || !strings.Contains(doc, "obey the tree") {
					t.Errorf("the signature says of the votes: %q", doc)
				}
				loaded := predictions(t, load(t, dir), batch)
				compareVotes(t, fmt.Sprintf("loaded, frozen %v", frozen), loaded, votes, exportTolerance)
				for i := range loaded {
					if err := loaded[i].Check(); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// Each output gives the mean votes at the biases that are made of them, but for
// those that are rarer than the bias says.
func TestLabelBias(t *testing.T) {
	var rows []galaxyzoo.Votes
	for _, g := range galaxyzoo.Synthetic(300, 1).Galaxies {
		rows = append(rows, g.Votes)
	}
	mean := galaxyzoo.MeanVotes(rows)
	for _, o := range outputs {
		bias := LabelBias(o.name, rows)
		votes, _ := newHead(t, o.name).run(bias, ones(len(bias)))
		compareVotes(t, string(o.name), votes, []galaxyzoo.Votes{mean}, 10*leastMean)
		for _, x := range LabelBias(o.name, make([]galaxyzoo.Votes, 1)) { // nobody answered anything
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Errorf("%s: bias %g of rows of zeros", o.name, x)
			}
		}
	}
	for c, x := range LabelBias(Tree, rows) {
		if x <= 0 {
			t.Errorf("tree: bias %d is %g, from which nothing is learned", c, x)
		}
	}
}

func TestOutputNames(t *testing.T) {
	seen := map[Output]bool{}
	for _, o := range outputs {
		if seen[o.name] || o.votes == "" {
			t.Errorf("output %q is there twice, or not described", o.name)
		}
		seen[o.name] = true
	}
	_, err := lookUpOutput("softmax")
	if err == nil || !strings.Contains(err.Error(), "sigmoid, linear, tree, softmax-tree") {
		t.Errorf("got %v, want an error that lists the outputs", err)
	}
}
