package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Leading counts galaxies by the answer to question q that has the most votes:
// cast by row, predicted by column, in the order of the answers. It counts the
// galaxies for which half or more of the volunteers reached the question.
func (o *Outcome) Leading(q galaxyzoo.Question) [][]int {
	n := len(q.Answers)
	m := make([][]int, n)
	for i := range m {
		m[i] = make([]int, n)
	}
	for i := range o.Cast {
		if o.Cast[i].Sum(q) >= Majority {
			m[leading(&o.Cast[i], q)][leading(&o.Predicted[i], q)]++
		}
	}
	return m
}

// leading returns the position of the question's answer with the most votes,
// the first of equals.
func leading(v *galaxyzoo.Votes, q galaxyzoo.Question) int {
	best := 0
	for i, a := range q.Answers {
		if v[a.Column] > v[q.Answers[best].Column] {
			best = i
		}
	}
	return best
}

// onDiagonal returns how many galaxies there are and how many of them on the
// diagonal.
func onDiagonal(m [][]int) (all, right int) {
	for i := range m {
		for j, n := range m[i] {
			all += n
			if i == j {
				right += n
			}
		}
	}
	return all, right
}

const confusionFoot = vg.Length(13) // the share that is right, below a matrix

// Confusion draws, for each question, the answer that got the most votes
// against the one predicted to.
func Confusion(o *Outcome, src Source) (*Figure, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("failed to draw the confusion of answers: %w", err)
	}
	sizes := make([]vg.Point, galaxyzoo.NumQuestions)
	for i, number := range matrixOrder {
		q := galaxyzoo.Questions[number-1]
		n := vg.Length(len(q.Answers))
		sizes[i] = pt(max(answerNamesWidth(q)+n*cellSide, 106), cellHeader+cellNumbers+n*cellSide+confusionFoot)
	}
	corners, height := flow(matrixArea, matrixGapX, matrixGapY, sizes)
	return &Figure{
		Name:  "confusion",
		Title: "The answer with the most votes, cast and predicted",
		Caption: src.caption("Number of galaxies by the answer that the volunteers gave most often (rows) and that was predicted to be (columns, numbered as the rows),",
			"of those for which half or more of the volunteers reached the question. Colours are shares of a row. Below: the share on the diagonal."),
		Width:  FullWidth,
		Height: height,
		Draw: func(c *Canvas) {
			for i, number := range matrixOrder {
				q := galaxyzoo.Questions[number-1]
				drawConfusionMatrix(c, q, o.Leading(q), c.Min.X+corners[i].X, c.Max.Y-corners[i].Y, sizes[i].X)
			}
			top, bottom := cellHeader+cellNumbers, corners[4].Y+sizes[4].Y-confusionFoot
			ColourBar{Map: c.Theme.confused(), Label: "share of the row", Lo: 0, Hi: 1, Ticks: []float64{0, 0.25, 0.5, 0.75, 1}, Format: percent}.
				Draw(c, box(c.Max.X-ColourBarWidth, c.Max.Y-bottom, ColourBarWidth, bottom-top))
		},
	}, nil
}

// confused is the map of a confusion's shares: from the background, so that
// what does not happen is not seen.
func (t Theme) confused() ColourMap { return NewColourMap(t.Panel, t.Accent) }

func drawConfusionMatrix(c *Canvas, q galaxyzoo.Question, m [][]int, x, y, width vg.Length) {
	c.questionHeader(q, x, y, width)
	left, top := x+answerNamesWidth(q), y-cellHeader-cellNumbers
	shades := c.Theme.confused()
	for i, a := range q.Answers {
		at := cellSide * (vg.Length(i) + 0.5)
		c.Text(Aligned(c.Type(SizeSmall), Right, Middle), left-5, top-at, answerName(a))
		c.Text(Aligned(c.Type(SizeSmall), Centre, Bottom), left+at, top+1, fmt.Sprint(a.Number))
		row := 0
		for _, n := range m[i] {
			row += n
		}
		for j, n := range m[i] {
			cell := box(left+cellSide*vg.Length(j), top-cellSide*vg.Length(i+1), cellSide, cellSide)
			const seam = cellSide * 0.025
			fill := c.Theme.Panel
			if row > 0 {
				fill = shades.At(float64(n) / float64(row))
			}
			c.FillRect(Inset(cell, seam, seam, seam, seam), fill)
			style, count := Fitted(middle(c.Type(SizeSmall)), Count(n), cellSide-2)
			style.Color = c.Theme.On(fill)
			if n == 0 {
				style.Color = c.Theme.Muted
			}
			c.Text(style, (cell.Min.X+cell.Max.X)/2, (cell.Min.Y+cell.Max.Y)/2, count)
		}
	}
	foot := "no galaxy got here"
	if all, right := onDiagonal(m); all > 0 {
		foot = fmt.Sprintf("%s of %s", percent(float64(right)/float64(all)), Count(all))
	}
	c.Text(Aligned(c.Note(SizeSmall), Left, Top), left, top-cellSide*vg.Length(len(m))-3, foot)
}
