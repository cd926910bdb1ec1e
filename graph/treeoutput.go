package graph

import (
	"fmt"
	"math"
	"slices"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// descending returns what makes votes of the last layer's values, float32 [batch,
// 37]. share turns those of a question, [rows, longest] with rows of all questions of
// all galaxies, into shares that sum to 1, which are multiplied by the probability of
// reaching the question. Where a question has fewer answers than the longest the row
// goes on with minus infinity, of which share makes 0.
//
// Nothing is summed by multiplying matrices, short as that would be: GPUs may round
// what goes in to 11 bits, and the sums would no longer be those of the tree.
func descending(share func(*op.Scope, tf.Output) tf.Output) func(*op.Scope, tf.Output) tf.Output {
	return func(scope *op.Scope, x tf.Output) tf.Output {
		s := scope.SubScope
		x = append1(s("missing"), x, float32(math.Inf(-1)))
		x = op.GatherV2(scope, x, op.Const(s("columns"), tree.columns), op.Const(s("axis"), int32(1)))
		x = op.Reshape(s("rows"), x, op.Const(s("rows"), []int32{-1, tree.longest}))
		x = share(s("share"), x)
		x = op.Reshape(s("shares"), x, op.Const(s("shares"), []int32{-1, tree.places()}))
		x = append1(s("certain"), x, 1)
		var votes tf.Output
		for i, places := range tree.descents {
			step := s(fmt.Sprintf("step%d", i+1))
			shares := op.GatherV2(step, x, op.Const(step, places), op.Const(step.SubScope("axis"), int32(1)))
			if i == 0 {
				votes = shares
			} else {
				votes = op.Mul(step, votes, shares)
			}
		}
		return votes
	}
}

// mostValue is what a last layer's value counts at most, so that those of a question
// do not sum to infinity.
const mostValue = 1e37

// divide is each value above 0 over the sum of these, as Dieleman, Willett & Dambre
// 2015 (arXiv 1503.07077) have it. Where they sum to less than 1, though, they are
// shares as they are, and what they lack to 1 is shared out by a softmax of all.
//
// So nothing is ever divided by 0, no gradient grows as a sum falls, and where no
// value is above 0 there is one at all. The authors' code adds 1e-12 to the sum and
// trains the first batches without the division, which impedes learning while values
// are small; no schedule is needed here.
func divide(scope *op.Scope, x tf.Output) tf.Output {
	s := scope.SubScope
	rectified := op.Minimum(scope, op.Relu(scope, x), op.Const(s("most"), float32(mostValue)))
	sum := op.Sum(scope, rectified, op.Const(s("axis"), int32(1)), op.SumKeepDims(true))
	whole := op.Maximum(scope, sum, op.Const(s("least"), float32(1)))
	rest := op.Mul(scope, op.Sub(scope, whole, sum), op.Softmax(scope, x))
	return op.Div(scope, op.AddV2(scope, rectified, rest), whole)
}

// append1 adds a column of one value to a matrix.
func append1(scope *op.Scope, x tf.Output, value float32) tf.Output {
	return op.PadV2(scope, x, op.Const(scope.SubScope("paddings"), [][]int32{{0, 0}, {0, 1}}), op.Const(scope.SubScope("value"), value))
}

// A layout is the tree as descending works by it.
type layout struct {
	longest int32 // answers of the question that has the most
	// columns [11, longest] are those of each question's answers, filled up with the
	// one after the last.
	columns [][]int32
	// descents [][37] hold places in the flattened columns: for each answer, from the
	// first to the last, that of its remotest ancestor and so on to its own, filled up
	// with the one after the last.
	descents [][]int32
}

var tree = layOut(galaxyzoo.Questions[:])

func layOut(questions []galaxyzoo.Question) layout {
	var l layout
	for _, q := range questions {
		l.longest = max(l.longest, int32(len(q.Answers)))
	}
	ancestry := make([][]int32, galaxyzoo.NumAnswers)
	depth := 0
	for i, q := range questions {
		columns := filled(l.longest, int32(galaxyzoo.NumAnswers))
		for j, a := range q.Answers {
			columns[j] = int32(a.Column)
			var line []int32
			if q.Reach >= 0 { // an answer to a question before this one
				line = slices.Clone(ancestry[q.Reach])
			}
			ancestry[a.Column] = append(line, int32(i)*l.longest+int32(j))
			depth = max(depth, len(ancestry[a.Column]))
		}
		l.columns = append(l.columns, columns)
	}
	for k := range depth {
		places := filled(galaxyzoo.NumAnswers, l.places())
		for c, line := range ancestry {
			if k < len(line) {
				places[c] = line[k]
			}
		}
		l.descents = append(l.descents, places)
	}
	return l
}

// places is how many there are in the flattened columns.
func (l layout) places() int32 { return int32(len(l.columns)) * l.longest }

func filled[T any](n int32, value T) []T { return slices.Repeat([]T{value}, int(n)) }
