package plots

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// voteBins is the number of bars of a histogram of votes, each 0.05 wide.
const voteBins = 20

// CountVotes returns, for each answer, how many galaxies have a vote in each
// twentieth of 0 to 1; a vote of 1 counts in the last.
func CountVotes(votes []galaxyzoo.Votes) (counts [galaxyzoo.NumAnswers][voteBins]int) {
	for i := range votes {
		for c, v := range votes[i] {
			counts[c][min(int(v*voteBins), voteBins-1)]++
		}
	}
	return counts
}

// Measures of the histograms of votes, in points.
const (
	histogramAxis  = vg.Length(10)
	histogramName  = vg.Length(11)
	histogramPlot  = vg.Length(42)
	histogramInset = vg.Length(20) // for the numbers of the leftmost cells
)

// VoteHistograms draws the distribution of the votes for each answer, its
// counts on a logarithmic scale.
func VoteHistograms(votes []galaxyzoo.Votes, src Source) (*Figure, error) {
	if err := checkVotes(votes); err != nil {
		return nil, fmt.Errorf("failed to draw the histograms of votes: %w", err)
	}
	counts := CountVotes(votes)
	mean := galaxyzoo.MeanVotes(votes)
	highest := 10
	for _, bins := range counts {
		highest = max(highest, slices.Max(bins[:]))
	}
	grid := answerGrid{inset: histogramInset, cell: histogramName + histogramPlot + histogramAxis}
	return &Figure{
		Name:  "vote-histograms",
		Title: "The votes for each answer",
		Caption: src.caption("Number of galaxies by their vote (0 to 1, in steps of 0.05) for each answer, on a logarithmic scale.",
			"The line and the number at the right mark the mean vote."),
		Width:  FullWidth,
		Height: grid.height(),
		Draw: func(c *Canvas) {
			// A bar for a single galaxy keeps some height.
			y := scale{lo: 0.6, hi: float64(highest) * 1.3, log: true}
			grid.draw(c, func(a galaxyzoo.Answer, r vg.Rectangle) {
				drawHistogram(c, r, a, counts[a.Column], mean[a.Column], y)
			})
		},
	}, nil
}

func drawHistogram(c *Canvas, r vg.Rectangle, a galaxyzoo.Answer, counts [voteBins]int, mean float64, y scale) {
	t := c.Theme
	plot := box(r.Min.X, r.Min.Y+histogramAxis, r.Size().X, histogramPlot)
	y.from, y.to = plot.Min.Y, plot.Max.Y
	x := scale{lo: 0, hi: 1, from: plot.Min.X, to: plot.Max.X}

	value := Aligned(c.Note(SizeSmall), Right, Top)
	number := meanVote(mean)
	style, name := Fitted(Aligned(c.Type(SizeSmall), Left, Top), a.Text, r.Size().X-value.Width(number)-3)
	c.Text(style, r.Min.X, r.Max.Y-1, name)
	c.Text(value, r.Max.X, r.Max.Y-1, number)

	c.FillRect(plot, t.Panel)
	for power := 1; float64(power) <= y.hi; power *= 10 {
		at := y.at(float64(power))
		c.Line(LineHair, t.Faint, pt(plot.Min.X, at), pt(plot.Max.X, at))
		if plot.Min.X-c.Min.X < histogramInset+1 { // the first of its row
			c.Text(Aligned(c.Note(SizeTiny), Right, Middle), plot.Min.X-3, at, Count(power))
		}
	}
	fill := t.Accent
	if a.Terminal() {
		fill = t.Second
	}
	step := plot.Size().X / voteBins
	for i, n := range counts {
		if n > 0 {
			left := plot.Min.X + step*vg.Length(i)
			c.FillRect(box(left+step*0.08, plot.Min.Y, step*0.84, y.at(float64(n))-plot.Min.Y), fill)
		}
	}
	c.Line(LineThin, t.Ink, pt(x.at(mean), plot.Min.Y), pt(x.at(mean), plot.Max.Y))
	for _, tick := range []struct {
		at    float64
		text  string
		align text.XAlignment
	}{{0, "0", Left}, {0.5, "0.5", Centre}, {1, "1", Right}} {
		c.Text(Aligned(c.Note(SizeTiny), tick.align, Top), x.at(tick.at), plot.Min.Y-1.5, tick.text)
	}
}
