package graph

import (
	"fmt"
	"math"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// PartsOfImage is how many parts Parts makes of an image: 4 corners of 4 views.
const PartsOfImage = 16

// A splitter is a layer that changes how many rows of the batch belong to one image.
type splitter interface {
	// split returns the rows of an image behind the layer, of those before it.
	split(rows int) (int, error)
}

// Parts makes 16 images of one: the central View x View pixels as they are, mirrored,
// turned by 45 degrees, and that mirrored; and of each of these views the 4 corners,
// Side x Side pixels that overlap, turned by right angles so that all have the centre
// of the image near the same corner, the last. [batch, size, size, channels] goes in,
// [16 batch, Side, Side, channels] comes out, an image's parts one behind another, so
// that what follows, until Join, is the same for all parts (Dieleman, Willett & Dambre
// 2015, arXiv 1503.07077). The turned view is interpolated from 4 pixels each.
type Parts struct {
	View int // side of the square that is used, pixels; odd or even as the input's is
	Side int // of each corner, pixels: more than half of View, so that it has the centre
}

func (Parts) Kind() string { return "parts" }

func (l Parts) String() string {
	return fmt.Sprintf("%d for each image: 4 corners of the central %d pixels, of these turned by 45 degrees, and of both mirrored", PartsOfImage, l.View)
}

func (l Parts) outputShape(in Shape) (Shape, error) {
	if err := wantImage(in); err != nil {
		return nil, err
	}
	if l.Side < 1 || l.Side > l.View || 2*l.Side <= l.View {
		return nil, fmt.Errorf("corners of %d pixels, want more than half of the %d of a view", l.Side, l.View)
	}
	// The turned view's corners lie on the input's axes.
	reach := float64(l.View-1) * math.Sqrt2
	if in[0] != in[1] || float64(in[0]-1) < reach || (in[0]-l.View)%2 != 0 {
		least := int(math.Ceil(reach)) + 1
		least += (least - l.View) & 1
		return nil, fmt.Errorf("%dx%d input, want a square of %d, %d, ... pixels, in which %d fit turned by 45 degrees", in[0], in[1], least, least+2, l.View)
	}
	return Shape{l.Side, l.Side, in[2]}, nil
}

func (Parts) split(rows int) (int, error) {
	if rows != 1 {
		return 0, fmt.Errorf("parts of parts: put a join before it")
	}
	return PartsOfImage, nil
}

func (Parts) variables(Shape) []Variable { return nil }

func (l Parts) multiplyAdds(in Shape) int64 {
	return int64(views * l.View * l.View * neighbours * in[2])
}

func (l Parts) build(p *pass) {
	size, channels := p.in[0], p.in[2]
	whole := func(name string, value any) tf.Output { return op.Const(p.sub(name), value) }
	pixels := op.Reshape(p.sub("pixels"), p.x, whole("as_pixels", []int32{-1, int32(size * size), int32(channels)}))

	from, weights := l.sources(size)
	near := op.GatherV2(p.sub("near"), pixels, whole("from", from), whole("axis", int32(1)))
	weighted := op.Mul(p.sub("weighted"), near, cast(p.sub("weights"), whole("weights", weights), tf.Float, p.dtype))
	seen := op.Sum(p.sub("views"), weighted, whole("neighbours", int32(2)))

	parts := op.GatherV2(p.sub("corners"), seen, whole("corners", l.corners()), whole("views", int32(1)))
	p.x = op.Reshape(p.scope, parts, whole("as_parts", []int32{-1, int32(l.Side), int32(l.Side), int32(channels)}))
}

const (
	views      = 2 // that are interpolated: upright, and turned
	neighbours = 4 // pixels that one is interpolated from
)

// sources returns, for each pixel of the upright view and then of the turned one, the
// positions of its neighbours in an input of so many pixels a side, and their weights.
func (l Parts) sources(size int) (from [][neighbours]int32, weights [][neighbours][1]float32) {
	centre, middle := float64(size-1)/2, float64(l.View-1)/2
	for _, turn := range [views]struct{ sin, cos float64 }{{0, 1}, {math.Sqrt2 / 2, math.Sqrt2 / 2}} {
		for row := range l.View {
			for column := range l.View {
				right, down := float64(column)-middle, float64(row)-middle
				x := turn.cos*right - turn.sin*down + centre
				y := turn.sin*right + turn.cos*down + centre
				left, top := int(x), int(y)
				fx, fy := float32(x-float64(left)), float32(y-float64(top))
				// At the far edge the weight of what would lie beyond is 0.
				next, below := min(left+1, size-1), min(top+1, size-1)
				from = append(from, [neighbours]int32{
					int32(top*size + left), int32(top*size + next), int32(below*size + left), int32(below*size + next),
				})
				weights = append(weights, [neighbours][1]float32{
					{(1 - fy) * (1 - fx)}, {(1 - fy) * fx}, {fy * (1 - fx)}, {fy * fx},
				})
			}
		}
	}
	return from, weights
}

// corners returns the positions of all parts' pixels among those of the two views.
func (l Parts) corners() []int32 {
	var from []int32
	last := l.View - 1
	for view := range views {
		for _, mirrored := range []bool{false, true} {
			for turns := range 4 {
				for row := range l.Side {
					for column := range l.Side {
						r, c := row, column
						for range turns {
							r, c = c, last-r
						}
						if mirrored {
							c = last - c
						}
						from = append(from, int32((view*l.View+r)*l.View+c))
					}
				}
			}
		}
	}
	return from
}

// Join lays the features of an image's parts side by side: [Parts batch, features]
// goes in, [batch, Parts features] comes out. See Parts.
type Join struct{ Parts int } // of an image

func (Join) Kind() string     { return "join" }
func (l Join) String() string { return fmt.Sprintf("features of %d parts in one", l.Parts) }

func (l Join) outputShape(in Shape) (Shape, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("wants flattened parts, not %v: put a flatten before it", in)
	}
	return Shape{l.Parts * in[0]}, nil
}

func (l Join) split(rows int) (int, error) {
	if rows != l.Parts {
		return 0, fmt.Errorf("joins %d parts, but there are %d", l.Parts, rows)
	}
	return 1, nil
}

func (Join) variables(Shape) []Variable { return nil }
func (Join) multiplyAdds(Shape) int64   { return 0 }

func (l Join) build(p *pass) {
	p.x = op.Reshape(p.scope, p.x, op.Const(p.sub("shape"), []int32{-1, int32(l.Parts * p.in[0])}))
}
