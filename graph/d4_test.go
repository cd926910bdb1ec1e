package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func TestD4IsAGroup(t *testing.T) {
	for g := range element(orientations) {
		if g.times(0) != g || element(0).times(g) != g {
			t.Errorf("0 is not the element that does nothing to %d", g)
		}
		if g.times(g.inverse()) != 0 || g.inverse().times(g) != 0 {
			t.Errorf("%d is not the inverse of %d", g.inverse(), g)
		}
		var row []element
		for h := range element(orientations) {
			row = append(row, g.times(h))
			for f := range element(orientations) {
				if g.times(h).times(f) != g.times(h.times(f)) {
					t.Errorf("(%d %d) %d is not %d (%d %d)", g, h, f, g, h, f)
				}
			}
			for i := range 25 { // the product does what its factors do
				r, c := h.move(i/5, i%5, 5)
				r, c = g.move(r, c, 5)
				if rr, cc := g.times(h).move(i/5, i%5, 5); rr != r || cc != c {
					t.Errorf("%d %d moves (%d, %d) elsewhere than %d", g, h, i/5, i%5, g.times(h))
				}
			}
		}
		slices.Sort(row)
		if len(slices.Compact(row)) != orientations {
			t.Errorf("element %d has no 8 products", g)
		}
	}
}

// turn moves a batch of images or maps, [batch, side, side, channels], by an
// element; the channels of maps with orientations, 8 to each of them, move with it.
func turn(values []float32, side, channels, oriented int, g element) []float32 {
	out := make([]float32, len(values))
	each := channels / oriented
	for at := range len(values) / channels {
		image, row, column := at/(side*side), at/side%side, at%side
		r, c := g.move(row, column, side)
		for h := range element(oriented) {
			o := h
			if oriented > 1 {
				o = g.times(h)
			}
			to := ((image*side+r)*side+c)*channels + int(o)*each
			copy(out[to:to+each], values[at*channels+int(h)*each:])
		}
	}
	return out
}

// A layerProbe runs one layer on values that are fed.
type layerProbe struct {
	t       *testing.T
	session *tf.Session
	x, y    tf.Output
	in      Shape
	out     Shape
}

func newLayerProbe(t *testing.T, layer Layer, in Shape, training bool) *layerProbe {
	t.Helper()
	out, err := layer.outputShape(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := Load(); err != nil {
		t.Fatal(err)
	}
	b := &builder{scope: op.NewScope(), net: &Network{}, vars: map[string]*variable{}}
	p := &layerProbe{t: t, in: in, out: out}
	dims := []int64{-1}
	for _, d := range in {
		dims = append(dims, int64(d))
	}
	p.x = op.Placeholder(b.scope.SubScope("x"), tf.Float, op.PlaceholderShape(tf.MakeShape(dims...)))
	pass := &pass{
		scope: b.scope.SubScope("layer"), x: p.x, in: in, dtype: tf.Float, values: map[string]tf.Output{}, training: training,
		average: func(string, tf.Output, float64) {},
	}
	for _, v := range layer.variables(in) {
		pass.values[v.Name] = b.addVariable(v, tf.Float, "").read
	}
	layer.build(pass)
	p.y = pass.x
	if p.session, err = b.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.session.Close() })
	rng := rand.New(rand.NewPCG(7, 7))
	for _, v := range b.order {
		values := HeNormal.initialValues(v.Variable, 3)
		if v.Role != Kernel {
			for i := range values {
				values[i] += 0.3 * rng.Float32()
			}
		}
		if err := assign(p.session, v, values); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *layerProbe) run(x []float32) []float32 {
	p.t.Helper()
	shape := []int64{int64(len(x) / p.in.Elements())}
	for _, d := range p.in {
		shape = append(shape, int64(d))
	}
	tensor, memory, err := newTensor(tf.Float, shape...)
	if err != nil {
		p.t.Fatal(err)
	}
	copy(floats(memory), x)
	out, err := p.session.Run(map[tf.Output]*tf.Tensor{p.x: tensor}, []tf.Output{p.y}, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return copyFloats(out[0])
}

// What a layer makes of a turned input is what it makes of the input, turned.
func TestD4LayersAreEquivariant(t *testing.T) {
	const side = 8
	tests := []struct {
		layer    Layer
		channels int
		in, out  int // orientations; out is 0 where nothing is left to turn
		training bool
	}{
		{Lift{Filters: 2, Kernel: 5, Padding: 2}, 3, 1, 8, false},
		{Lift{Filters: 2, Kernel: 3}, 3, 1, 8, false},
		{Lift{Filters: 2, Kernel: 6, Padding: 2, Stride: 2}, 3, 1, 8, false},
		{GroupConv{Filters: 3, Kernel: 3, Padding: 1}, 16, 8, 8, false},
		{GroupConv{Filters: 2, Kernel: 4, Padding: 0}, 16, 8, 8, false},
		{GroupConv{Filters: 4, Kernel: 1}, 16, 8, 8, false},
		{GroupNorm{}, 16, 8, 8, false},
		{GroupNorm{}, 16, 8, 8, true},
		{MaxPool{2}, 16, 8, 8, false},
		{GroupPool{}, 16, 8, 1, false},
		{GroupDense{Units: 10}, 16, 8, 0, false},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %v", test.layer.Kind(), test.layer), func(t *testing.T) {
			in := Shape{side, side, test.channels}
			p := newLayerProbe(t, test.layer, in, test.training)
			rng := rand.New(rand.NewPCG(1, 2))
			x := make([]float32, 2*in.Elements())
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			y := p.run(x)
			if largest(y) < 0.1 {
				t.Fatal("nothing comes out")
			}
			for g := range element(orientations) {
				want := y
				if test.out > 0 {
					want = turn(y, p.out[0], p.out[2], test.out, g)
				}
				got := p.run(turn(x, side, test.channels, test.in, g))
				for i := range want {
					// sums of some hundred products in float32, in another order
					if math.Abs(float64(got[i]-want[i])) > 2e-5 {
						t.Fatalf("element %d: value %d is %g, want %g", g, i, got[i], want[i])
					}
				}
			}
		})
	}
}

// A trained network gives the same votes, to float32's rounding, whichever of the 8
// ways its images lie, in training's own graph and in a SavedModel, whose layers are
// plain; and what the model was made of can be read back from it.
func TestD4NetworkIsInvariant(t *testing.T) {
	net := &Network{Name: "probe", Size: 16, Init: HeNormal, Output: Sigmoid, Layers: []Layer{
		Lift{Filters: 2, Kernel: 6, Padding: 2, Stride: 2}, GroupNorm{}, ReLU{},
		GroupConv{Filters: 3, Kernel: 3, Padding: 1}, MaxPool{2}, GroupNorm{}, ReLU{},
		Dropout{.2}, GroupDense{20}, Dropout{.2}, Dense{galaxyzoo.NumAnswers},
	}}
	if net.Symmetry() != SymmetryD4 {
		t.Fatalf("its symmetry is %q", net.Symmetry())
	}
	trainer, err := NewTrainer(net, Options{LossWeights: MSE()})
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	const rows = 4
	batch := randomBatch(t, rows, net.Size, 3)
	for range 5 {
		if _, err := trainer.Step(batch, 0.01); err != nil {
			t.Fatal(err)
		}
	}
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	for _, frozen := range []bool{false, true} {
		dir := t.TempDir()
		if _, err := WriteSavedModel(dir, net, weights, Export{Preprocessing: []byte("{}"), Frozen: frozen}); err != nil {
			t.Fatal(err)
		}
		model, err := LoadModel(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer model.Close()
		want, got := make([]galaxyzoo.Votes, rows), make([]galaxyzoo.Votes, rows)
		if err := trainer.Predict(batch, want); err != nil {
			t.Fatal(err)
		}
		apart := 0.0
		for c := range want[0] {
			apart = max(apart, math.Abs(want[0][c]-want[1][c]))
		}
		if apart < 1e-3 {
			t.Fatalf("the votes of two images are as good as the same, %g apart: nothing to see", apart)
		}
		levels := make([]float32, len(batch.Pixels))
		for i, level := range batch.Pixels {
			levels[i] = float32(level)
		}
		turned := randomBatch(t, rows, net.Size, 3)
		for g := range element(orientations) {
			for i, level := range turn(levels, net.Size, Channels, 1, g) {
				turned.Pixels[i] = byte(level)
			}
			for name, p := range map[string]interface {
				Predict(*Batch, []galaxyzoo.Votes) error
			}{"trainer": trainer, "model": model} {
				if err := p.Predict(turned, got); err != nil {
					t.Fatal(err)
				}
				for i := range want {
					for c := range want[i] {
						if math.Abs(got[i][c]-want[i][c]) > 2e-6 { // of votes up to 1, in float32
							t.Fatalf("%s, frozen %v, element %d: vote %g, want %g", name, frozen, g, got[i][c], want[i][c])
						}
					}
				}
			}
		}
		stored, err := OpenStored(dir)
		if err != nil {
			t.Fatal(err)
		}
		vars, err := net.Variables()
		if err != nil {
			t.Fatal(err)
		}
		read, err := stored.Read(vars)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range weights {
			if !slices.Equal(read[name], values) {
				t.Errorf("frozen %v: %s is not read back as it was learned", frozen, name)
			}
		}
	}
}
