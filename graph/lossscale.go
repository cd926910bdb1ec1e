package graph

import (
	"errors"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// ErrOverflow reports that a step in float16 left the range of its numbers, and so
// changed no weight. The next step is made with the loss scaled less.
var ErrOverflow = errors.New("the step left the range of float16")

// The rule of Micikevicius et al. 2018 (arXiv 1710.03740), with the numbers that
// Keras and PyTorch take: the scale is halved by a step that overflows, and doubled
// by so many in a row that do not.
const (
	firstLossScale = 1 << 15
	leastLossScale = 1
	growthSteps    = 2000
)

// lossScale multiplies the loss so that gradients in float16 do not vanish. The
// step's guard holds it back where they overflow.
type lossScale struct {
	scale, steps *variable // float32 scalars; steps counts those since the scale changed
}

// addLossScale adds the two variables, which are part of a checkpoint.
func (b *builder) addLossScale() *lossScale {
	scalar := func(name string) *variable {
		return b.addVariable(Variable{Name: name, Shape: []int64{}, Role: Offset}, tf.Float, "")
	}
	return &lossScale{scale: scalar("loss_scale/scale"), steps: scalar("loss_scale/steps")}
}

// unscale turns gradients of the scaled loss into those of the loss.
func (l *lossScale) unscale(scope *op.Scope, targets []*variable, gradients []tf.Output) []tf.Output {
	out := make([]tf.Output, len(gradients))
	for i, g := range gradients {
		out[i] = op.Div(targets[i].where(scope.SubScope("gradient")), g, l.scale.read)
	}
	return out
}

// update adds the operations that move the scale after a step, whose gradients are
// all finite or which is held back.
func (l *lossScale) update(scope *op.Scope, finite tf.Output) []*tf.Operation {
	constant := func(name string, x float32) tf.Output { return op.Const(scope.SubScope(name), x) }
	zero, one := constant("zero", 0), constant("one", 1)
	counted := op.Select(scope.SubScope("counted"), finite, op.AddV2(scope, l.steps.read, one), zero)
	due := op.GreaterEqual(scope, counted, constant("growth_steps", growthSteps))
	grown := op.Select(scope.SubScope("grown"), due, op.Mul(scope.SubScope("double"), l.scale.read, constant("two", 2)), l.scale.read)
	halved := op.Maximum(scope, op.Mul(scope.SubScope("halve"), l.scale.read, constant("half", .5)), constant("least", leastLossScale))
	scale := op.Select(scope.SubScope("scale"), finite, grown, halved)
	steps := op.Select(scope.SubScope("steps"), due, zero, counted)
	return []*tf.Operation{
		op.AssignVariableOp(scope.SubScope("scale"), l.scale.handle, scale),
		op.AssignVariableOp(scope.SubScope("steps"), l.steps.handle, steps),
	}
}
