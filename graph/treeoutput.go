package graph

import (
	"fmt"
	"slices"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// descending returns what makes votes of the last layer's values, float32 [batch,
// 37]. share turns those of each question, [batch, 11, longest], into shares that sum
// to 1, which are multiplied by the probability of reaching the question. The places
// that a question with fewer answers leaves hold missing, of which share makes 0.
//
// Nothing is summed by multiplying matrices, short as that would be: GPUs may round
// what goes in to 11 bits, and the sums would no longer be those of the tree.
func descending(share func(*op.Scope, tf.Output) tf.Output, missing float32) func(*op.Scope, tf.Output) tf.Output {
	return func(scope *op.Scope, x tf.Output) tf.Output {
		s := scope.SubScope
		x = op.GatherV2(scope, append1(s("missing"), x, missing), op.Const(s("columns"), tree.columns), op.Const(s("axis"), int32(1)))
		x = op.Reshape(scope, share(s("share"), x), op.Const(s("shape"), []int32{-1, tree.places()}))
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

// softmax is e to each value over the sum of these.
func softmax(scope *op.Scope, x tf.Output) tf.Output {
	// The gradient of Softmax is right for matrices alone.
	return op.Softmax(scope, op.Reshape(scope, x, op.Const(scope.SubScope("shape"), []int32{-1, tree.longest})))
}

// mostValue is what a last layer's value counts at most, so that those of a question
// do not sum to infinity.
const mostValue = 1e37

// divide is each value above 0 over the sum of these, as Dieleman, Willett & Dambre
// 2015 (arXiv 1503.07077) have it. Where they sum to less than 1, though, they are
// shares as they are, and what they lack to 1 is given to all answers alike.
//
// So nothing is ever divided by 0, the gradient is never above 1, and answers whose
// values are small learn as from a plain output: the authors' code has one for the
// first batches, as a division, whose gradient grows without limit as the sum falls,
// impedes learning there. No schedule is needed here.
func divide(scope *op.Scope, x tf.Output) tf.Output {
	s := scope.SubScope
	x = op.Minimum(scope, op.Relu(scope, x), op.Const(s("most"), float32(mostValue)))
	sum := op.Sum(scope, x, op.Const(s("axis"), int32(2)), op.SumKeepDims(true))
	whole := op.Maximum(scope, sum, op.Const(s("least"), float32(1)))
	rest := op.Mul(scope, op.Sub(scope, whole, sum), op.Const(s("even"), tree.even))
	return op.Div(scope, op.AddV2(scope, x, rest), whole)
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
	// even [11, longest] are the shares of each question's answers where all get the
	// same, filled up with 0.
	even [][]float32
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
		columns, even := filled(l.longest, int32(galaxyzoo.NumAnswers)), make([]float32, l.longest)
		for j, a := range q.Answers {
			columns[j], even[j] = int32(a.Column), 1/float32(len(q.Answers))
			var line []int32
			if q.Reach >= 0 { // an answer to a question before this one
				line = slices.Clone(ancestry[q.Reach])
			}
			ancestry[a.Column] = append(line, int32(i)*l.longest+int32(j))
			depth = max(depth, len(ancestry[a.Column]))
		}
		l.columns, l.even = append(l.columns, columns), append(l.even, even)
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
