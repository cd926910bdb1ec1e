package graph

import (
	"cmp"
	"errors"
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// A pass is what a layer sees while it is being added to a graph: one copy of
// the forward computation, in training or inference mode.
type pass struct {
	scope    *op.Scope // the layer's own
	x        tf.Output // goes in; the layer replaces it by what comes out
	in       Shape
	dtype    tf.DataType          // of x, and of what the layer computes in
	training bool                 // batch norm measures the batch
	values   map[string]tf.Output // the layer's variables, by local name, float32
	// draw, unless nil, turns dropout on: it returns uniform draws from [0, 1),
	// float32 [rows of x, in...] or [1, in...], which no other layer has.
	draw func() tf.Output
	// average makes a moving average follow a batch statistic once the step
	// is taken.
	average func(name string, batch tf.Output, decay float64)
}

// sub returns a scope for one more operation of a kind that the layer's scope
// already holds.
func (p *pass) sub(name string) *op.Scope { return p.scope.SubScope(name) }

// value returns one of the layer's variables in the type it computes in.
func (p *pass) value(name string) tf.Output {
	return cast(p.sub(name), p.values[name], tf.Float, p.dtype)
}

var errFlat = errors.New("wants an image, but its input is flattened already")

// wantImage insists on an input of height, width and channels.
func wantImage(in Shape) error {
	if len(in) != 3 {
		return errFlat
	}
	return nil
}

// Conv is a two-dimensional convolution.
type Conv struct {
	Filters int
	Kernel  int  // height and width, pixels
	Padding int  // zeros added on each side, pixels
	Stride  int  // pixels from one place of the kernel to the next; 0 means 1
	NoBias  bool // where a batch norm follows, which has an offset of its own
}

func (Conv) Kind() string { return "conv" }

func (l Conv) String() string {
	s := fmt.Sprintf("%d filters %dx%d, padding %d", l.Filters, l.Kernel, l.Kernel, l.Padding)
	if l.Stride > 1 {
		s += fmt.Sprintf(", stride %d", l.Stride)
	}
	if l.NoBias {
		s += ", no bias"
	}
	return s
}

func (l Conv) outputShape(in Shape) (Shape, error) {
	if err := wantImage(in); err != nil {
		return nil, err
	}
	if l.Filters < 1 || l.Kernel < 1 || l.Padding < 0 || l.Stride < 0 {
		return nil, fmt.Errorf("%d filters, kernel %d, padding %d and stride %d make no convolution", l.Filters, l.Kernel, l.Padding, cmp.Or(l.Stride, 1))
	}
	h, w := in[0]+2*l.Padding, in[1]+2*l.Padding
	if h < l.Kernel || w < l.Kernel {
		return nil, fmt.Errorf("%dx%d input is smaller than the %dx%d kernel", h, w, l.Kernel, l.Kernel)
	}
	stride := max(l.Stride, 1)
	return Shape{(h-l.Kernel)/stride + 1, (w-l.Kernel)/stride + 1, l.Filters}, nil
}

func (l Conv) variables(in Shape) []Variable {
	k, c, f := int64(l.Kernel), int64(in[2]), int64(l.Filters)
	fanIn, fanOut := l.Kernel*l.Kernel*in[2], l.Kernel*l.Kernel*l.Filters
	vars := []Variable{{Name: "kernel", Shape: []int64{k, k, c, f}, Trainable: true, Role: Kernel, FanIn: fanIn, FanOut: fanOut}}
	if !l.NoBias {
		vars = append(vars, Variable{Name: "bias", Shape: []int64{f}, Trainable: true, Role: Bias, FanIn: fanIn})
	}
	return vars
}

func (l Conv) multiplyAdds(in Shape) int64 {
	out, _ := l.outputShape(in)
	return int64(out.Elements()) * int64(l.Kernel*l.Kernel*in[2])
}

func (l Conv) build(p *pass) {
	padding := "VALID"
	switch {
	case l.Padding == 0:
	case 2*l.Padding == l.Kernel-1 && l.Stride <= 1:
		padding = "SAME"
	default: // the gradient of Conv2D ignores explicit paddings: pad beforehand
		pad := int32(l.Padding)
		p.x = op.Pad(p.scope, p.x, op.Const(p.sub("paddings"), [][]int32{{0, 0}, {pad, pad}, {pad, pad}, {0, 0}}))
	}
	stride := int64(max(l.Stride, 1))
	p.x = op.Conv2D(p.scope, p.x, p.value("kernel"), []int64{1, stride, stride, 1}, padding)
	if !l.NoBias {
		p.x = op.BiasAdd(p.scope, p.x, p.value("bias"))
	}
}

// MaxPool keeps the largest value of each Size x Size square; rows and columns
// left over at the far edges are dropped.
type MaxPool struct{ Size int }

func (MaxPool) Kind() string     { return "pool" }
func (l MaxPool) String() string { return fmt.Sprintf("max %dx%d", l.Size, l.Size) }

func (l MaxPool) outputShape(in Shape) (Shape, error) {
	if err := wantImage(in); err != nil {
		return nil, err
	}
	if l.Size < 1 || in[0] < l.Size || in[1] < l.Size {
		return nil, fmt.Errorf("%dx%d input is smaller than the %dx%d pool", in[0], in[1], l.Size, l.Size)
	}
	return Shape{in[0] / l.Size, in[1] / l.Size, in[2]}, nil
}

func (MaxPool) variables(Shape) []Variable { return nil }
func (MaxPool) multiplyAdds(Shape) int64   { return 0 }

func (l MaxPool) build(p *pass) {
	size := []int64{1, int64(l.Size), int64(l.Size), 1}
	p.x = op.MaxPool(p.scope, p.x, size, size, "VALID")
}

// BatchNorm normalises each channel by the statistics of the batch while
// training, and by their moving averages otherwise (Ioffe & Szegedy 2015, arXiv
// 1502.03167). It works on images.
type BatchNorm struct {
	Decay   float64 // of the moving averages, each step; 0 means 0.9
	Epsilon float64 // added to the variance; 0 means 1e-5
}

func (BatchNorm) Kind() string { return "norm" }

func (l BatchNorm) String() string {
	l = l.withDefaults()
	return fmt.Sprintf("batch norm, decay %g, epsilon %g", l.Decay, l.Epsilon)
}

func (l BatchNorm) withDefaults() BatchNorm {
	if l.Decay == 0 {
		l.Decay = 0.9
	}
	if l.Epsilon == 0 {
		l.Epsilon = 1e-5
	}
	return l
}

func (BatchNorm) outputShape(in Shape) (Shape, error) { return in, wantImage(in) }

func (BatchNorm) variables(in Shape) []Variable {
	shape := []int64{int64(in[2])}
	return []Variable{
		{Name: "gamma", Shape: shape, Trainable: true, Role: Scale},
		{Name: "beta", Shape: shape, Trainable: true, Role: Offset},
		{Name: "moving_mean", Shape: shape, Role: MovingMean},
		{Name: "moving_variance", Shape: shape, Role: MovingVariance},
	}
}

func (BatchNorm) multiplyAdds(in Shape) int64 { return int64(in.Elements()) }

func (l BatchNorm) build(p *pass) {
	l = l.withDefaults()
	mean, variance := p.values["moving_mean"], p.values["moving_variance"]
	if p.training { // the operation wants none: it measures the batch
		mean = op.Const(p.sub("mean"), []float32{})
		variance = op.Const(p.sub("variance"), []float32{})
	}
	y, batchMean, batchVariance, _, _, _ := op.FusedBatchNormV3(p.scope, p.x,
		p.values["gamma"], p.values["beta"], mean, variance,
		op.FusedBatchNormV3Epsilon(float32(l.Epsilon)), op.FusedBatchNormV3IsTraining(p.training))
	if p.training {
		p.average("moving_mean", batchMean, l.Decay)
		p.average("moving_variance", batchVariance, l.Decay)
	}
	p.x = y
}

// ReLU is max(x, 0).
type ReLU struct{}

func (ReLU) Kind() string                        { return "relu" }
func (ReLU) String() string                      { return "max(x, 0)" }
func (ReLU) outputShape(in Shape) (Shape, error) { return in, nil }
func (ReLU) variables(Shape) []Variable          { return nil }
func (ReLU) multiplyAdds(Shape) int64            { return 0 }
func (ReLU) build(p *pass)                       { p.x = op.Relu(p.scope, p.x) }

// Flatten lays an image out as a list of features, row by row.
type Flatten struct{}

func (Flatten) Kind() string   { return "flatten" }
func (Flatten) String() string { return "rows, columns and channels in one" }

func (Flatten) outputShape(in Shape) (Shape, error) {
	return Shape{in.Elements()}, wantImage(in)
}

func (Flatten) variables(Shape) []Variable { return nil }
func (Flatten) multiplyAdds(Shape) int64   { return 0 }

func (Flatten) build(p *pass) {
	p.x = op.Reshape(p.scope, p.x, op.Const(p.sub("shape"), []int32{-1, int32(p.in.Elements())}))
}

// Dense connects every input with every one of its units.
type Dense struct{ Units int }

func (Dense) Kind() string     { return "dense" }
func (l Dense) String() string { return fmt.Sprintf("%d units", l.Units) }

func (l Dense) outputShape(in Shape) (Shape, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("wants a flattened input, not %v: put a flatten before it", in)
	}
	if l.Units < 1 {
		return nil, fmt.Errorf("%d units make no layer", l.Units)
	}
	return Shape{l.Units}, nil
}

func (l Dense) variables(in Shape) []Variable {
	return []Variable{
		{Name: "kernel", Shape: []int64{int64(in[0]), int64(l.Units)}, Trainable: true, Role: Kernel, FanIn: in[0], FanOut: l.Units},
		{Name: "bias", Shape: []int64{int64(l.Units)}, Trainable: true, Role: Bias, FanIn: in[0]},
	}
}

func (l Dense) multiplyAdds(in Shape) int64 { return int64(in[0]) * int64(l.Units) }

func (l Dense) build(p *pass) {
	p.x = op.MatMul(p.scope, p.x, p.value("kernel"))
	p.x = op.BiasAdd(p.scope, p.x, p.value("bias"))
}

// Dropout sets a share of the values to 0 while training and scales the rest so
// that their sum is kept; otherwise it does nothing (Srivastava et al. 2014),
// unless samples are drawn: see Model.Sample.
type Dropout struct{ Rate float64 } // share set to 0, 0 <= Rate < 1

func (Dropout) Kind() string     { return "dropout" }
func (l Dropout) String() string { return fmt.Sprintf("rate %g", l.Rate) }

func (l Dropout) outputShape(in Shape) (Shape, error) {
	if !(l.Rate >= 0 && l.Rate < 1) {
		return nil, fmt.Errorf("rate %g, want 0 <= rate < 1", l.Rate)
	}
	return in, nil
}

func (Dropout) variables(Shape) []Variable { return nil }
func (Dropout) multiplyAdds(Shape) int64   { return 0 }

func (l Dropout) build(p *pass) {
	if p.draw == nil || l.Rate == 0 {
		return
	}
	draw := p.draw()
	keep := op.Cast(p.scope, op.GreaterEqual(p.scope, draw, op.Const(p.sub("rate"), float32(l.Rate))), tf.Float)
	mask := op.Mul(p.sub("mask"), keep, op.Const(p.sub("scale"), float32(1/(1-l.Rate))))
	p.x = op.Mul(p.scope, p.x, cast(p.sub("precision"), mask, tf.Float, p.dtype))
}
