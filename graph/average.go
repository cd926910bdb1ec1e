package graph

import (
	"strings"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// averagePrefix begins the name of the moving average of a variable of a network.
const averagePrefix = "average/"

// addAverages adds a moving average of each of the network's variables, batch norm's
// own included, and returns them in the order of its layers.
func (b *builder) addAverages() []*variable {
	var averages []*variable
	for _, row := range b.table {
		for _, v := range row.vars {
			of := b.vars[v.Name]
			v.Name, v.Trainable = averagePrefix+v.Name, false
			averages = append(averages, b.addVariable(v, tf.Float, of.device))
		}
	}
	return averages
}

// hasAverages reports whether a checkpoint has them.
func (b *bundle) hasAverages() bool {
	for name := range b.entries {
		if strings.HasPrefix(name, averagePrefix) {
			return true
		}
	}
	return false
}

// evaluated returns what stands for a variable of the network in inference: its
// moving average, where it has one.
func (b *builder) evaluated(v *variable) *variable {
	if average, has := b.vars[averagePrefix+v.Name]; has {
		return average
	}
	return v
}

// average adds what moves the averages of the weights once the updates are made:
// average -= (1-d) (average - weight), of which d rises with the number of steps t
// as (1+t)/(10+t) to the decay that is asked for, so that the first weights, which
// are drawn, soon no longer count.
func (t *Trainer) average(scope *op.Scope, updates []*tf.Operation) []*tf.Operation {
	constant := func(name string, x float64) tf.Output { return op.Const(scope.SubScope(name), float32(x)) }
	count := op.Cast(scope, t.step.read, tf.Float)
	risen := op.Div(scope, op.AddV2(scope.SubScope("above"), count, constant("one", 1)), op.AddV2(scope.SubScope("below"), count, constant("ten", 10)))
	rate := op.Sub(scope.SubScope("rate"), constant("whole", 1), op.Minimum(scope, risen, constant("decay", t.options.Average)))
	rate = t.guard.gate(scope, rate) // of a step that is held back
	var moves []*tf.Operation
	for _, row := range t.builder.table {
		for _, info := range row.vars {
			if t.options.frozen(info.Name) {
				continue // it is what its average is
			}
			v := t.builder.vars[info.Name]
			s := v.where(scope.SubScope("move"))
			moved := op.ReadVariableOp(s.WithControlDependencies(updates...), v.handle, tf.Float)
			average := t.builder.evaluated(v)
			// Gradient descent has an operation that takes a multiple off in one go.
			moves = append(moves, op.ResourceApplyGradientDescent(s, average.handle, rate, op.Sub(s, average.read, moved)))
		}
	}
	return moves
}
