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
	doc   string // what the votes are, and their range and sums
	build func(scope *op.Scope, x tf.Output) tf.Output
	// bias returns which value of the last layer gives a vote, or with the outputs
	// that go down the tree the share of a question's answers, of x.
	bias func(x float64) float64
	// shares tells that bias is one of shares.
	shares bool
}

var outputs = []output{
	{name: Sigmoid, doc: "vote fractions, 0 to 1", bias: logit,
		build: func(s *op.Scope, x tf.Output) tf.Output { return op.Sigmoid(s, x) }},
	{name: Linear, doc: "vote fractions, which may leave 0 to 1", bias: func(x float64) float64 { return x },
		build: func(_ *op.Scope, x tf.Output) tf.Output { return x }},
	{name: Tree, doc: downTheTree, bias: positive, shares: true,
		build: func(s *op.Scope, x tf.Output) tf.Output { return descend(s, x, 0, divide) }},
	{name: SoftmaxTree, doc: downTheTree, bias: func(x float64) float64 { return math.Log(positive(x)) }, shares: true,
		build: func(s *op.Scope, x tf.Output) tf.Output { return descend(s, x, float32(math.Inf(-1)), softmax) }},
}

const downTheTree = "vote fractions, 0 to 1, which obey the tree: those of questions 1 and 6 sum to 1, those of every other question to the vote that leads to it"

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

// leastMean is the vote that LabelBias takes an answer to have at least, and to lack
// at least: a vote of 0 would start at a value from which nothing is learned.
const leastMean = 1e-4

func positive(x float64) float64 { return max(x, leastMean) }

func logit(x float64) float64 {
	x = min(positive(x), 1-leastMean)
	return math.Log(x / (1 - x))
}

// LabelBias returns the values of the last layer at which the output gives the mean
// of the rows, with no vote below leastMean: what its biases start from, 37 in
// column order. output has to be one of the constants.
func LabelBias(output Output, rows []galaxyzoo.Votes) []float32 {
	o, err := lookUpOutput(output)
	if err != nil {
		panic(err) // every network's output was looked up when it was checked
	}
	mean := galaxyzoo.MeanVotes(rows)
	if o.shares {
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
