package graph

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// wantOrientations insists on a square map with orientations.
func wantOrientations(in Shape) error {
	if err := wantSquare(in); err != nil {
		return err
	}
	if in[2]%orientations != 0 {
		return fmt.Errorf("%d channels are not those of %d orientations: put a lift before it", in[2], orientations)
	}
	return nil
}

// wantSquare insists on an image that looks like one when it is turned.
func wantSquare(in Shape) error {
	if err := wantImage(in); err != nil {
		return err
	}
	if in[0] != in[1] {
		return fmt.Errorf("%dx%d input is no square", in[0], in[1])
	}
	return nil
}

// Lift is the first convolution of a network that is equivariant under D4, the
// rotations and mirrorings of a square: each of its kernels looks at the image in 8
// orientations. [height, width, channels] goes in, [height, width, 8 Filters] comes
// out, the orientation as the outer index of the channels (Cohen & Welling 2016,
// arXiv 1602.07576). It has no bias: a GroupNorm has an offset.
type Lift struct {
	Filters int // kernels learned
	Kernel  int // height and width, pixels
	Padding int // zeros added on each side, pixels
	Stride  int // pixels; 0 means 1. The kernels have to fill the padded input to its edge, or turned images would be seen elsewhere
}

func (Lift) Kind() string { return "lift" }

func (l Lift) String() string { return "8 orientations of " + l.plain(1).String() }

// plain is the convolution with all its kernels written out.
func (l Lift) plain(copies int) Conv {
	return Conv{Filters: copies * l.Filters, Kernel: l.Kernel, Padding: l.Padding, Stride: l.Stride, NoBias: true}
}

func (l Lift) outputShape(in Shape) (Shape, error) {
	if err := wantSquare(in); err != nil {
		return nil, err
	}
	out, err := l.plain(orientations).outputShape(in)
	if rest := in[0] + 2*l.Padding - l.Kernel; err == nil && rest%max(l.Stride, 1) != 0 {
		return nil, fmt.Errorf("stride %d leaves %d pixels over at the far edge, so that the layer sees a turned image in other places", l.Stride, rest%l.Stride)
	}
	return out, err
}

func (l Lift) variables(in Shape) []Variable { return l.plain(1).variables(in) }
func (l Lift) multiplyAdds(in Shape) int64   { return l.plain(orientations).multiplyAdds(in) }
func (l Lift) build(p *pass)                 { buildTurned(p, l.plain(orientations), l.Filters, 1) }

// GroupConv is a convolution from one map with orientations to another, equivariant
// under D4: each kernel learned looks at the 8 orientations of its input, and is
// applied turned and mirrored in 8 ways. [height, width, 8 C] goes in, [height,
// width, 8 Filters] comes out. It costs what a Conv of 8 Filters costs, and has an
// eighth of the weights. See Lift.
type GroupConv struct {
	Filters int // kernels learned
	Kernel  int // height and width, pixels
	Padding int // zeros added on each side, pixels
}

func (GroupConv) Kind() string { return "gconv" }

func (l GroupConv) String() string { return l.lift().String() }

// lift is the same layer of an image.
func (l GroupConv) lift() Lift { return Lift{Filters: l.Filters, Kernel: l.Kernel, Padding: l.Padding} }

func (l GroupConv) outputShape(in Shape) (Shape, error) {
	if err := wantOrientations(in); err != nil {
		return nil, err
	}
	return l.lift().outputShape(in)
}

func (l GroupConv) variables(in Shape) []Variable { return l.lift().variables(in) }
func (l GroupConv) multiplyAdds(in Shape) int64   { return l.lift().multiplyAdds(in) }

func (l GroupConv) build(p *pass) {
	buildTurned(p, l.lift().plain(orientations), l.Filters, orientations)
}

// buildTurned adds a convolution whose kernels are filters kernels in 8
// orientations: they are written out once a step, which costs little beside
// their use. in is how many orientations go in.
func buildTurned(p *pass, conv Conv, filters, in int) {
	s := p.sub("turned")
	learned := p.values["kernel"] // [k, k, in*channels, filters]
	k, channels := int32(conv.Kernel), int32(p.in[2]/in)
	shape := func(name string, dims ...int32) tf.Output { return op.Const(s.SubScope(name), dims) }
	rows := op.Reshape(s.SubScope("rows"), learned, shape("row_shape", k*k*int32(in), channels, int32(filters)))
	zero := op.Const(s.SubScope("axis"), int32(0))
	turned := op.GatherV2(s, rows, op.Const(s.SubScope("from"), turnedKernel(conv.Kernel, in)), zero)
	turned = op.Reshape(s.SubScope("by_orientation"), turned, shape("orientation_shape", k*k*int32(in), orientations, channels, int32(filters)))
	turned = op.Transpose(s, turned, shape("order", 0, 2, 1, 3))
	turned = op.Reshape(s.SubScope("kernel"), turned, shape("kernel_shape", k, k, int32(p.in[2]), int32(conv.Filters)))
	p.values["kernel"] = turned
	conv.build(p)
}

// GroupNorm is a BatchNorm of a map with orientations, whose statistics, scale and
// offset are shared by the 8 orientations of a channel, as equivariance demands.
type GroupNorm struct{ BatchNorm }

func (GroupNorm) Kind() string     { return "gnorm" }
func (l GroupNorm) String() string { return l.BatchNorm.String() + ", shared by 8 orientations" }

func (GroupNorm) outputShape(in Shape) (Shape, error) { return in, wantOrientations(in) }

// channels is the shape in which the norm sees its input: the orientations are laid
// beside each other, which moves no value.
func (GroupNorm) channels(in Shape) Shape {
	return Shape{in[0], orientations * in[1], in[2] / orientations}
}

func (l GroupNorm) variables(in Shape) []Variable { return l.BatchNorm.variables(l.channels(in)) }

func (l GroupNorm) build(p *pass) {
	shape := func(s Shape) []int32 { return []int32{-1, int32(s[0]), int32(s[1]), int32(s[2])} }
	p.x = op.Reshape(p.sub("spread"), p.x, op.Const(p.sub("spread_shape"), shape(l.channels(p.in))))
	l.BatchNorm.build(p)
	p.x = op.Reshape(p.sub("gather"), p.x, op.Const(p.sub("gather_shape"), shape(p.in)))
}

// GroupPool keeps the largest value of the 8 orientations at each place: what comes
// out turns with the image, and has no orientations.
type GroupPool struct{}

func (GroupPool) Kind() string   { return "gpool" }
func (GroupPool) String() string { return "max of 8 orientations" }

func (GroupPool) outputShape(in Shape) (Shape, error) {
	if err := wantOrientations(in); err != nil {
		return nil, err
	}
	return Shape{in[0], in[1], in[2] / orientations}, nil
}

func (GroupPool) variables(Shape) []Variable { return nil }
func (GroupPool) multiplyAdds(Shape) int64   { return 0 }

func (GroupPool) build(p *pass) {
	s := p.in
	x := op.Reshape(p.sub("orientations"), p.x, op.Const(p.sub("shape"), []int32{-1, int32(s[0]), int32(s[1]), orientations, int32(s[2] / orientations)}))
	p.x = op.Max(p.scope, x, op.Const(p.sub("axis"), int32(3)))
}

// GroupDense is the head of a network that is invariant under D4. It turns the last
// map with orientations, [height, width, 8 C], back into each of 8 frames, puts all
// through one dense layer with ReLU, and averages: [Units] comes out, the same for
// an image however it was turned or mirrored, and unlike with GroupPool the parts of
// the galaxy are still seen in their places.
type GroupDense struct{ Units int }

func (GroupDense) Kind() string { return "gdense" }
func (l GroupDense) String() string {
	return fmt.Sprintf("%d units, max(x, 0), mean of 8 frames", l.Units)
}

func (l GroupDense) outputShape(in Shape) (Shape, error) {
	if err := wantOrientations(in); err != nil {
		return nil, err
	}
	return Dense(l).outputShape(Shape{in.Elements()})
}

func (l GroupDense) variables(in Shape) []Variable {
	return Dense(l).variables(Shape{in.Elements()})
}

func (l GroupDense) multiplyAdds(in Shape) int64 {
	return orientations * Dense(l).multiplyAdds(Shape{in.Elements()})
}

func (l GroupDense) build(p *pass) {
	side, channels := int32(p.in[0]), int32(p.in[2]/orientations)
	places := side * side * orientations
	shape := func(name string, dims ...int32) tf.Output { return op.Const(p.sub(name), dims) }
	x := op.Reshape(p.sub("places"), p.x, shape("place_shape", -1, places, channels))
	x = op.GatherV2(p.sub("frames"), x, op.Const(p.sub("from"), frames(int(side))), op.Const(p.sub("axis"), int32(1)))
	p.x = op.Reshape(p.sub("rows"), x, shape("row_shape", -1, places*channels))
	Dense(l).build(p)
	p.x = op.Relu(p.scope, p.x)
	each := op.Reshape(p.sub("each"), p.x, shape("each_shape", -1, orientations, int32(l.Units)))
	p.x = op.Mean(p.scope, each, shape("frame_axis", 1))
}
