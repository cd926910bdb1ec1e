package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Majority is the vote from which on a galaxy counts as one of a class.
const Majority = 0.5

// CountMajorities returns, for each answer, how many galaxies have a vote of
// Majority or more.
func CountMajorities(votes []galaxyzoo.Votes) [galaxyzoo.NumAnswers]int {
	var counts [galaxyzoo.NumAnswers]int
	for i := range votes {
		for c, v := range votes[i] {
			if v >= Majority {
				counts[c]++
			}
		}
	}
	return counts
}

// ClassCounts draws how many galaxies have a vote of 0.5 or more, on a
// logarithmic scale, and the mean vote, for every answer.
func ClassCounts(votes []galaxyzoo.Votes, src Source) (*Figure, error) {
	if err := checkVotes(votes); err != nil {
		return nil, fmt.Errorf("failed to draw the class counts: %w", err)
	}
	counts := CountMajorities(votes)
	mean := galaxyzoo.MeanVotes(votes)
	return &Figure{
		Name:  "class-counts",
		Title: "How common each answer is",
		Caption: src.caption("Left: galaxies with a vote of 0.5 or more for an answer, on a logarithmic scale.",
			"Right: the mean vote, 0 to 1. Answers marked with a square end the walk through the questions."),
		Width:  FullWidth,
		Height: countsTop + galaxyzoo.NumAnswers*countsRow + (galaxyzoo.NumQuestions-1)*countsGap + countsAxis,
		Draw:   func(c *Canvas) { drawClassCounts(c, counts, mean, len(votes)) },
	}, nil
}

// Measures of the class counts, in points.
const (
	countsTop  = vg.Length(16) // headings
	countsRow  = vg.Length(11.5)
	countsGap  = vg.Length(7) // between questions
	countsAxis = vg.Length(14)
)

func drawClassCounts(c *Canvas, counts [galaxyzoo.NumAnswers]int, mean galaxyzoo.Votes, n int) {
	t := c.Theme
	left := c.Min.X + 166 // of question and answer
	bottom, top := c.Min.Y+countsAxis, c.Max.Y-countsTop
	// A count of 1 keeps some length; the highest leaves room for its number.
	number := scale{lo: 0.6, hi: float64(max(n, 10)), from: left, to: c.Max.X - 172, log: true}
	share := scale{lo: 0, hi: 1, from: c.Max.X - 128, to: c.Max.X - 26}

	grid := func(x vg.Length, text string) {
		c.Line(LineHair, t.Faint, pt(x, bottom), pt(x, top))
		c.Text(Aligned(c.Note(SizeSmall), Centre, Top), x, bottom-3, text)
	}
	for power := 1; float64(power) <= number.hi; power *= 10 {
		grid(number.at(float64(power)), Count(power))
	}
	for _, v := range []float64{0, 0.5, 1} {
		grid(share.at(v), Decimal(v, 1))
	}
	heading := Aligned(Bold(c.Type(SizeBody)), Left, Bottom)
	c.Text(heading, number.at(1), top+5, "galaxies with a vote of 0.5 or more")
	c.Text(heading, share.from, top+5, "mean vote")

	y := top
	for _, q := range galaxyzoo.Questions {
		c.Text(Aligned(Bold(c.Type(SizeBody)), Left, Middle), c.Min.X, y-countsRow/2, fmt.Sprintf("%d  %s", q.Number, q.Short))
		for _, a := range q.Answers {
			y -= countsRow
			drawCountRow(c, a, y+countsRow/2, number, share, counts[a.Column], mean[a.Column])
		}
		y -= countsGap
		if q.Number < galaxyzoo.NumQuestions {
			c.Line(LineHair, t.Faint, pt(c.Min.X, y+countsGap/2), pt(c.Max.X, y+countsGap/2))
		}
	}
}

func drawCountRow(c *Canvas, a galaxyzoo.Answer, y vg.Length, number, share scale, count int, mean float64) {
	t := c.Theme
	fill := t.Accent
	name := number.from - 8
	if a.Terminal() {
		fill = t.Second
		c.FillRect(box(name-4.5, y-2.25, 4.5, 4.5), fill)
	}
	c.Text(Aligned(c.Type(SizeBody), Right, Middle), name-9, y, a.Text)

	const thickness = vg.Length(6)
	x := number.from
	if count > 0 {
		x = number.at(float64(count))
		c.FillRect(box(number.from, y-thickness/2, x-number.from, thickness), fill)
	}
	c.Text(Aligned(c.Type(SizeSmall), Left, Middle), x+4, y, Count(count))

	x = share.at(mean)
	c.Line(LineThin, t.Mix(fill, t.Background, 0.4), pt(share.from, y), pt(x, y))
	c.Dot(x, y, 2.6, fill)
	c.Text(Aligned(c.Note(SizeSmall), Right, Middle), c.Max.X, y, Decimal(mean, 3))
}
