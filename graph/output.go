package graph

import (
	"fmt"
	"math"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Output is the function that turns the last layer's 37 values into votes.
type Output string

// The outputs a network can have.
const (
	Sigmoid     Output = "sigmoid"
	Linear      Output = "linear"
	Tree        Output = "tree"
	SoftmaxTree Output = "softmax-tree"
)

// output is what there is to know of an Output.
type output struct {
	name  Output
	votes string // what they are, their range and their sums
	// obeys tells that they obey the tree: see ObeysTree.
	obeys bool
	build func(scope *op.Scope, x tf.Output) tf.Output
	// bias returns the value of the last layer that a vote is made of; where the
	// output obeys the tree, the value that a share of a question's votes is made of.
	bias func(x float64) float64
}

var outputs = []output{
	{Sigmoid, "vote fractions, 0 to 1", false, op.Sigmoid, logit},
	{Linear, "vote fractions, which may leave 0 to 1", false, linear, func(x float64) float64 { return x }},
	{Tree, obedientVotes, true, descending(divide), positive},
	{SoftmaxTree, obedientVotes, true, descending(op.Softmax), func(x float64) float64 { return math.Log(positive(x)) }},
}

const obedientVotes = "vote fractions, 0 to 1, that obey the tree: those of questions 1 and 6 sum to 1, those of every other question to the vote that leads to it"

func linear(_ *op.Scope, x tf.Output) tf.Output { return x }

// ObeysTree reports whether the output gives no votes but those that the tree allows,
// to float32's rounding: see galaxyzoo.Votes.Check.
func (o Output) ObeysTree() bool {
	known, err := lookUpOutput(o)
	return err == nil && known.obeys
}

// lookUpOutput returns the output of that name.
func lookUpOutput(name Output) (output, error) {
	var names []string
	for _, o := range outputs {
		if o.name == name {
			return o, nil
		}
		names = append(names, string(o.name))
	}
	return output{}, fmt.Errorf("no output %q, want one of %s", name, strings.Join(names, ", "))
}

// leastMean is the mean vote that LabelBias takes an answer to have at least, and to
// lack at least. That of an answer that nobody gave would be one that no step of
// training moves, or infinite.
const leastMean = 1e-4

func positive(x float64) float64 { return max(x, leastMean) }

func logit(x float64) float64 {
	x = min(positive(x), 1-leastMean)
	return math.Log(x / (1 - x))
}

// LabelBias returns what the last layer's bias has to be for a network that gives
// nothing else to predict the rows' mean votes, [37]. output has to be one of the
// constants.
func LabelBias(output Output, rows []galaxyzoo.Votes) []float32 {
	o, err := lookUpOutput(output)
	if err != nil {
		panic(err) // every network's output was looked up when it was checked
	}
	mean := galaxyzoo.MeanVotes(rows)
	if o.obeys {
		mean = mean.Conditional()
	}
	bias := make([]float32, galaxyzoo.NumAnswers)
	for c, x := range mean {
		if math.IsNaN(x) { // nobody came to the question
			x = 1 / float64(len(galaxyzoo.Questions[galaxyzoo.Answers[c].Question-1].Answers))
		}
		bias[c] = float32(o.bias(x))
	}
	return bias
}
