package serve

import (
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// The size of the drawing of the tree and of a question's box in it, in units
// that are about a pixel on a telephone.
const (
	treeWidth, treeHeight = 420, 702
	boxWidth, boxHeight   = 128, 46
)

// A drawing is the tree with a galaxy's way through it.
type drawing struct {
	Width, Height       int
	BoxWidth, BoxHeight int
	Edges               []edge
	Boxes               []box
}

// A box is a question with its likely answer.
type box struct {
	X, Y          int // top left
	Short, Answer string
	Fraction      string
	Lit           bool
}

// An edge leads from a question to the next, or to an end.
type edge struct {
	Path  string // of SVG
	Lit   bool
	End   *point // where the walk ends
	Label string // the answer, where others of the question lead elsewhere
	At    point  // of the label
	Align string
}

type point struct{ X, Y int }

// boxPlaces are the top left corners of the questions' boxes: what is smooth has
// the left column, a disk from its edge the middle one, any other disk the right.
var boxPlaces = [galaxyzoo.NumQuestions]point{
	{146, 4}, {286, 85}, {286, 166}, {286, 247}, {286, 490},
	{146, 571}, {6, 166}, {146, 652}, {146, 166}, {286, 328}, {286, 409},
}

// edgePlaces are the edges, each with the column of the answer that leads along
// it, or that of the first of several.
var edgePlaces = []struct {
	column int
	path   string
	end    *point
	label  point // of an answer that has the edge for itself
	align  string
}{
	{0, "M146 27H82Q70 27 70 39V166", nil, point{76, 19}, "middle"},
	{1, "M274 27H338Q350 27 350 39V85", nil, point{348, 19}, "middle"},
	{2, "M210 50V66", &point{210, 70}, point{200, 74}, "end"},
	{3, "M286 108H222Q210 108 210 120V166", nil, point{242, 101}, "middle"},
	{4, "M350 131V166", nil, point{343, 153}, "end"},
	{5, "M350 212V247", nil, point{}, ""},
	{7, "M350 293V328", nil, point{343, 315}, "end"},
	{8, "M286 270H280Q268 270 268 282V501Q268 513 280 513H286", nil, point{261, 396}, "end"},
	{9, "M350 536V542Q350 554 338 554H262Q250 554 250 566V571", nil, point{}, ""},
	{13, "M210 617V652", nil, point{218, 639}, "start"},
	{14, "M274 594H300", &point{304, 594}, point{314, 598}, "start"},
	{15, "M70 212V582Q70 594 82 594H146", nil, point{}, ""},
	{25, "M172 212V571", nil, point{}, ""},
	{28, "M350 374V409", nil, point{}, ""},
	{31, "M350 455V490", nil, point{}, ""},
}

// draw draws the tree. What is lit comes last, on top of what it crosses.
func (c *Classification) draw() *drawing {
	d := &drawing{Width: treeWidth, Height: treeHeight, BoxWidth: boxWidth, BoxHeight: boxHeight}
	var lit []edge
	for _, place := range edgePlaces {
		first := galaxyzoo.Answers[place.column]
		q := c.Questions[first.Question-1]
		answer := q.Answers[first.Number-1]
		e := edge{Path: place.path, Lit: q.Asked, End: place.end, At: place.label, Align: place.align}
		if e.Align != "" {
			e.Lit = q.Asked && answer.Likely
			e.Label = fmt.Sprintf("%s %s", answer.Text, share(answer.Fraction))
		}
		if e.Lit {
			lit = append(lit, e)
		} else {
			d.Edges = append(d.Edges, e)
		}
	}
	d.Edges = append(d.Edges, lit...)
	for i, q := range c.Questions {
		b := box{X: boxPlaces[i].X, Y: boxPlaces[i].Y, Short: q.Short, Answer: "not asked", Lit: q.Asked}
		for _, a := range q.Answers {
			if a.Likely {
				b.Answer, b.Fraction = a.Text, share(a.Fraction)
			}
		}
		d.Boxes = append(d.Boxes, b)
	}
	return d
}

// share writes a fraction with two decimals, and a dash for none.
func share(fraction *float32) string {
	if fraction == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *fraction)
}
