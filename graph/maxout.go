package graph

import (
	"fmt"

	"github.com/wamuir/graft/tensorflow/op"
)

// Maxout connects every input with Pieces times as many values as it has units, and
// keeps the largest of each unit's: a dense layer that learns its own activation
// function (Goodfellow et al. 2013, arXiv 1302.4389). A unit's values lie side by side
// in the kernel.
type Maxout struct{ Units, Pieces int }

func (Maxout) Kind() string { return "maxout" }

func (l Maxout) String() string { return fmt.Sprintf("%d units, the largest of %d", l.Units, l.Pieces) }

func (l Maxout) dense() Dense { return Dense{l.Units * l.Pieces} }

func (l Maxout) outputShape(in Shape) (Shape, error) {
	if l.Units < 1 || l.Pieces < 1 {
		return nil, fmt.Errorf("%d units of %d pieces make no layer", l.Units, l.Pieces)
	}
	_, err := l.dense().outputShape(in)
	return Shape{l.Units}, err
}

func (l Maxout) variables(in Shape) []Variable { return l.dense().variables(in) }
func (l Maxout) multiplyAdds(in Shape) int64   { return l.dense().multiplyAdds(in) }

func (l Maxout) build(p *pass) {
	l.dense().build(p)
	pieces := op.Reshape(p.sub("pieces"), p.x, op.Const(p.sub("shape"), []int32{-1, int32(l.Units), int32(l.Pieces)}))
	p.x = op.Max(p.sub("largest"), pieces, op.Const(p.sub("axis"), int32(2)))
}
