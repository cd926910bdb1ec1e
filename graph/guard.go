package graph

import (
	"fmt"
	"math"
	"slices"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// A NotFiniteError tells of numbers that are none any more, but infinite or NaN: of a
// step, which so changed nothing, or of what a checkpoint was to be made of.
type NotFiniteError struct {
	Loss float64 // of the step; 0 for a checkpoint
	// Variables names those of which they are: their values, which for weights have to
	// be squared without loss, their gradients or, of batch norm's averages, what the
	// batch says.
	Variables []string
}

func (e *NotFiniteError) Error() string {
	if math.IsNaN(e.Loss) || math.IsInf(e.Loss, 0) {
		return fmt.Sprintf("the loss is %v", e.Loss)
	}
	const shown = 3
	names, more := e.Variables, ""
	if len(names) > shown {
		names, more = names[:shown], fmt.Sprintf(" and %d more", len(e.Variables)-shown)
	}
	return fmt.Sprintf("there are numbers beyond float32 in %s%s", strings.Join(names, ", "), more)
}

// guard holds a step back whose loss, weights, gradients or batch statistics are not
// finite.
type guard struct {
	names  []string  // of the variables that are checked, behind the loss; some twice in a row
	checks tf.Output // bool [1+names], true where finite
	finite tf.Output // whether all are
}

// newGuard adds the checks. Of each gradient halves has half the sum of squares, which
// is finite where all that it adds up are and the squares that Adam keeps.
func newGuard(scope *op.Scope, loss tf.Output, targets []*variable, halves []tf.Output, averages []average) *guard {
	g := &guard{}
	checks := []tf.Output{op.IsFinite(scope.SubScope("loss"), loss)}
	check := func(v *variable, half tf.Output) {
		g.names = append(g.names, v.Name)
		checks = append(checks, op.IsFinite(scope.SubScope("check"), half))
	}
	half := func(v *variable, x tf.Output) tf.Output { return op.L2Loss(v.where(scope.SubScope("half")), x) }
	for i, v := range targets {
		check(v, half(v, v.read)) // a ReLU makes 0 of NaN, and no gradient would tell
		check(v, halves[i])
	}
	for _, a := range averages {
		check(a.v, half(a.v, a.delta))
	}
	g.checks = op.Pack(scope, checks)
	g.finite = op.All(scope, g.checks, op.Const(scope.SubScope("axis"), int32(0)))
	return g
}

// gate lets a value pass in a step that counts. In one that is held back it is dead,
// and so is all that is computed from it: TensorFlow runs no operation on it.
func (g *guard) gate(scope *op.Scope, value tf.Output) tf.Output {
	_, passed := op.Switch(scope.SubScope("gate"), value, g.finite)
	return passed
}

// err returns a *NotFiniteError for what the checks of a step say.
func (g *guard) err(loss float64, checks []byte) error {
	e := &NotFiniteError{Loss: loss}
	bad := checks[0] == 0
	for i, name := range g.names {
		if checks[1+i] == 0 {
			bad, e.Variables = true, append(e.Variables, name)
		}
	}
	if !bad {
		return nil
	}
	e.Variables = slices.Compact(e.Variables)
	return e
}

// fine reports whether all values of a variable are finite. Those of weights have to
// pass the guard of the next step too, whose measure is the sum of squares.
func (v *variable) fine(values []float32) bool {
	sum := 0.0
	for _, x := range values {
		sum += float64(x) * float64(x) // beyond float64's range for no float32
	}
	if v.Trainable {
		return sum <= math.MaxFloat32
	}
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}
