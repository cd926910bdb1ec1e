package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// answerRows are the questions side by side in figures with a cell for each
// answer: at most seven answers a row, as question 8 has.
var answerRows = [][]int{{1, 2, 3}, {4, 5}, {6, 7}, {8}, {9, 10}, {11}}

// Measures of an answer grid, in points.
const (
	answerColumns  = 7
	answerGap      = vg.Length(5)  // between the answers of a question
	questionGap    = vg.Length(12) // between questions
	questionHeader = vg.Length(15)
	answerRowGap   = vg.Length(9)
)

// An answerGrid lays out a cell for each of the 37 answers.
type answerGrid struct {
	inset vg.Length // kept free at the left of each row
	cell  vg.Length // height of a cell
}

// width is the width of a cell: the widest row holds three questions.
func (g answerGrid) width() vg.Length {
	return (FullWidth - g.inset - 2*questionGap - (answerColumns-3)*answerGap) / answerColumns
}

func (g answerGrid) height() vg.Length {
	n := vg.Length(len(answerRows))
	return n*(questionHeader+g.cell) + (n-1)*answerRowGap
}

// draw writes the questions' names and calls cell for each answer.
func (g answerGrid) draw(c *Canvas, cell func(a galaxyzoo.Answer, r vg.Rectangle)) {
	y := c.Max.Y
	for _, row := range answerRows {
		x := c.Min.X + g.inset
		for _, number := range row {
			q := galaxyzoo.Questions[number-1]
			n := vg.Length(len(q.Answers))
			width := n*g.width() + (n-1)*answerGap
			c.questionHeader(q, x, y, width)
			for i, a := range q.Answers {
				left := x + vg.Length(i)*(g.width()+answerGap)
				cell(a, box(left, y-questionHeader-g.cell, g.width(), g.cell))
			}
			x += width + questionGap
		}
		y -= questionHeader + g.cell + answerRowGap
	}
}

// questionHeader writes a question's number and short name over a rule, its
// top left corner at x, y.
func (c *Canvas) questionHeader(q galaxyzoo.Question, x, y, width vg.Length) {
	style, text := Fitted(Aligned(Bold(c.Type(SizeBody)), Left, Top), fmt.Sprintf("%d  %s", q.Number, q.Short), width)
	c.Text(style, x, y, text)
	c.Line(LineHair, c.Theme.Muted, pt(x, y-questionHeader+4), pt(x+width, y-questionHeader+4))
}
