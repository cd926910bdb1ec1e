package plots

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Measures of the tree, in points.
const (
	treeHeader = vg.Length(21) // the question, on two lines
	treeStrip  = vg.Length(22) // its answers
	treeCard   = treeHeader + treeStrip
	treeGap    = vg.Length(31)
	treePitch  = treeCard + treeGap
	treeEnds   = vg.Length(16) // below the last row
	treeFlow   = vg.Length(27) // width of an arrow for a mean vote of 1
)

// treePlaces are the question's rows from the top, left edges and widths on a
// drawing area of FullWidth: the smooth branch at the left, edge-on disks
// between, the long walk through a disk's features at the right.
var treePlaces = [galaxyzoo.NumQuestions]struct {
	row         int
	left, width vg.Length
}{
	{0, 105, 240}, // 1 shape
	{1, 190, 150}, // 2 edge-on
	{2, 318, 150}, // 3 bar
	{3, 324, 150}, // 4 spiral
	{6, 225, 236}, // 5 bulge
	{7, 80, 260},  // 6 odd
	{1, 0, 168},   // 7 roundness
	{8, 7, 490},   // 8 odd feature
	{2, 152, 156}, // 9 edge-on bulge
	{4, 255, 170}, // 10 winding
	{5, 205, 276}, // 11 arms
}

// Tree draws the decision tree, each answer's arrow as wide as its mean vote.
func Tree(votes []galaxyzoo.Votes, src Source) (*Figure, error) {
	if err := checkVotes(votes); err != nil {
		return nil, fmt.Errorf("failed to draw the decision tree: %w", err)
	}
	mean := galaxyzoo.MeanVotes(votes)
	return &Figure{
		Name:  "tree",
		Title: "The questions, and how the volunteers walked through them",
		Caption: src.caption("The decision tree of Galaxy Zoo 2. The number below an answer, and the width of its arrow, is its mean vote:",
			"the share of all volunteers who gave it, 0 to 1. Question 6 is asked of everybody and its answers are scaled to sum to 1."),
		Width:  FullWidth,
		Height: 9*treePitch - treeGap + treeEnds,
		Draw:   func(c *Canvas) { drawTree(c, &mean) },
	}, nil
}

func drawTree(c *Canvas, mean *galaxyzoo.Votes) {
	for _, q := range galaxyzoo.Questions {
		drawArrivals(c, q, mean)
	}
	for _, a := range galaxyzoo.Answers {
		if a.Terminal() {
			drawEnd(c, a, mean)
		}
	}
	for _, q := range galaxyzoo.Questions {
		drawCard(c, q, mean)
	}
	drawTreeKey(c)
}

// treeBox is where question number n is drawn.
func treeBox(c *Canvas, n int) vg.Rectangle {
	p := treePlaces[n-1]
	top := c.Max.Y - vg.Length(p.row)*treePitch
	return box(c.Min.X+p.left, top-treeCard, p.width, treeCard)
}

// treeExit is the middle of the lower edge of an answer's cell.
func treeExit(c *Canvas, a galaxyzoo.Answer) vg.Point {
	r := treeBox(c, a.Question)
	n := len(galaxyzoo.Questions[a.Question-1].Answers)
	return pt(r.Min.X+r.Size().X*(vg.Length(a.Number)-0.5)/vg.Length(n), r.Min.Y)
}

// flowWidth is the width of the arrow of a mean vote: in proportion, but never
// too thin to see.
func flowWidth(vote float64) vg.Length {
	return max(treeFlow*vg.Length(vote), 0.7)
}

// branchColour tells the branches of the tree apart.
func branchColour(t Theme, a galaxyzoo.Answer) color.NRGBA {
	switch {
	case a.Class() == "Class1.3" || a.Class() == "Class6.2":
		return t.Muted
	case a.Class() == "Class1.1" || a.Question == 7:
		return t.Series[1]
	case a.Class() == "Class2.1" || a.Question == 9:
		return t.Series[2]
	case a.Question == 6 || a.Question == 8:
		return t.Series[3]
	}
	return t.Series[0]
}

func softened(t Theme, c color.NRGBA) color.NRGBA { return t.Mix(c, t.Background, 0.3) }

// drawArrivals draws the arrows that lead to q. Those of one question arrive
// side by side, as far below where they come from as q's upper edge allows.
func drawArrivals(c *Canvas, q galaxyzoo.Question, mean *galaxyzoo.Votes) {
	const gap = 4
	r := treeBox(c, q.Number)
	parents := q.Parents()
	for len(parents) > 0 {
		var total, place vg.Length
		n := 0
		for n < len(parents) && parents[n].Question == parents[0].Question {
			total += flowWidth(mean[parents[n].Column]) + gap
			place += treeLane(c, parents[n])
			n++
		}
		inset := total/2 + 10
		x := min(max(place/vg.Length(n), r.Min.X+inset), r.Max.X-inset) - (total-gap)/2
		for _, a := range parents[:n] {
			w := flowWidth(mean[a.Column])
			drawFlow(c, a, pt(x+w/2, r.Max.Y), w)
			x += w + gap
		}
		parents = parents[n:]
	}
}

// treeLane is where an answer's arrow comes from: the place of the answer, or
// of the lane in which its arrow passes other questions.
func treeLane(c *Canvas, a galaxyzoo.Answer) vg.Length {
	switch {
	case a.Question == 9: // left of the questions about spiral arms
		return c.Min.X + 180 + 8*vg.Length(a.Number-1)
	case a.Class() == "Class4.2": // right of them
		return c.Max.X - 11
	}
	return treeExit(c, a).X
}

// drawFlow draws the arrow of answer a to a point on the edge of its question.
func drawFlow(c *Canvas, a galaxyzoo.Answer, to vg.Point, width vg.Length) {
	from := treeExit(c, a)
	head := headLength(width)
	way := []vg.Point{from}
	lane := treeLane(c, a)
	switch {
	case lane != from.X:
		way = append(way, pt(lane, from.Y-treeGap), pt(lane, to.Y+treeGap))
	case a.Question == 7: // past everything before it bends
		way = append(way, pt(lane, to.Y+treePitch))
	}
	way = append(way, pt(to.X, to.Y+head))

	var p vg.Path
	p.Move(way[0])
	for i := 1; i < len(way); i++ {
		if way[i].X == way[i-1].X {
			p.Line(way[i])
			continue
		}
		half := (way[i-1].Y + way[i].Y) / 2
		p.CubeTo(pt(way[i-1].X, half), pt(way[i].X, half), way[i])
	}
	fill := softened(c.Theme, branchColour(c.Theme, a))
	c.Canvas.SetLineDash(nil, 0)
	c.SetColor(fill)
	c.SetLineWidth(width)
	c.Stroke(p)
	arrowHead(c, to, width, fill)
}

// headLength is the length of the head of an arrow.
func headLength(width vg.Length) vg.Length { return min(max(width*0.6, 6), 11) }

func arrowHead(c *Canvas, tip vg.Point, width vg.Length, fill color.Color) {
	half := max(width/2+1.8, 2.4)
	base := tip.Y + headLength(width) + 0.2
	var p vg.Path
	p.Move(tip)
	p.Line(pt(tip.X-half, base))
	p.Line(pt(tip.X+half, base))
	p.Close()
	c.SetColor(fill)
	c.Fill(p)
}

// drawEnd draws the short arrow of an answer after which nothing is asked.
func drawEnd(c *Canvas, a galaxyzoo.Answer, mean *galaxyzoo.Votes) {
	from := treeExit(c, a)
	fill := softened(c.Theme, branchColour(c.Theme, a))
	width := flowWidth(mean[a.Column])
	tip := pt(from.X, from.Y-13)
	c.Line(width, fill, from, pt(from.X, tip.Y+headLength(width)))
	arrowHead(c, tip, width, fill)
	c.Line(1.4, c.Theme.Ink, pt(tip.X-5, tip.Y-1), pt(tip.X+5, tip.Y-1))
}

func drawCard(c *Canvas, q galaxyzoo.Question, mean *galaxyzoo.Votes) {
	t := c.Theme
	r := treeBox(c, q.Number)
	c.FillRounded(r, 4, t.Panel)
	c.FrameRounded(r, 4, LineThin, t.Faint)

	hue := branchColour(t, q.Answers[0])
	if q.Number == 1 || q.Number == 6 {
		hue = t.Ink // asked of everybody
	}
	badge := pt(r.Min.X+11, r.Max.Y-treeHeader/2-0.5)
	c.Dot(badge.X, badge.Y, 6.5, hue)
	c.Text(middle(Bold(Type(SizeSmall, t.On(hue)))), badge.X, badge.Y, fmt.Sprint(q.Number))

	style := Aligned(Bold(c.Type(SizeSmall)), Left, Middle)
	lines := Wrap(style, q.Text, r.Size().X-25)
	y := badge.Y + vg.Length(len(lines)-1)*4
	for _, line := range lines {
		c.Text(style, badge.X+10, y, line)
		y -= 8
	}

	cell := r.Size().X / vg.Length(len(q.Answers))
	c.Line(LineHair, t.Faint, pt(r.Min.X, r.Min.Y+treeStrip), pt(r.Max.X, r.Min.Y+treeStrip))
	for i, a := range q.Answers {
		x := r.Min.X + cell*(vg.Length(i)+0.5)
		if i > 0 {
			c.Line(LineHair, t.Faint, pt(x-cell/2, r.Min.Y), pt(x-cell/2, r.Min.Y+treeStrip))
		}
		name, text := Fitted(middle(c.Type(SizeSmall)), a.Text, cell-3)
		c.Text(name, x, r.Min.Y+15, text)
		c.Text(middle(c.Note(SizeSmall)), x, r.Min.Y+6.5, meanVote(mean[a.Column]))
	}
}

// meanVote writes a mean vote with as many decimals as it has something to say.
func meanVote(v float64) string {
	if v > 0 && v < 0.0995 {
		return Decimal(v, 3)
	}
	return Decimal(v, 2)
}

// drawTreeKey explains widths and ends, in the free corner at the top right.
func drawTreeKey(c *Canvas) {
	x, y := c.Max.X-118, c.Max.Y-4
	c.Text(Aligned(Bold(c.Note(SizeSmall)), Left, Top), x, y, "mean vote")
	y -= 18
	for _, v := range []float64{1, 0.5, 0.1, 0.01} {
		w := flowWidth(v)
		y -= w / 2
		c.Line(w, softened(c.Theme, c.Theme.Muted), pt(x, y), pt(x+26, y))
		c.Text(Aligned(c.Note(SizeSmall), Left, Middle), x+32, y, Decimal(v, int(math.Max(0, -math.Floor(math.Log10(v))))))
		y -= w/2 + 6
	}
	x, y = x+66, c.Max.Y-4
	c.Text(Aligned(Bold(c.Note(SizeSmall)), Left, Top), x, y, "end")
	c.Line(1.4, c.Theme.Ink, pt(x, y-18), pt(x+10, y-18))
	c.Text(Aligned(c.Note(SizeSmall), Left, Middle), x+14, y-18, "no question")
	c.Text(Aligned(c.Note(SizeSmall), Left, Middle), x+14, y-26, "follows")
}
