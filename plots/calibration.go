package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// reliabilityBins is how many parts the range of predictions is gathered in.
const reliabilityBins = 10

// reliabilityLimits are the ends of ranges from 0 that an answer is drawn in:
// the predictions for rare answers never come near 1.
var reliabilityLimits = []float64{0.05, 0.1, 0.2, 0.5, 1}

// A ReliabilityBin gathers the galaxies with a prediction in a part of a range.
type ReliabilityBin struct {
	Galaxies int
	// Predicted and Cast are mean votes, Error the standard error of Cast.
	Predicted, Cast, Error float64
}

// Reliability returns the bins of an answer's column, tenths of 0 to limit; a
// prediction of limit counts in the last. The limit is the lowest of 0.05, 0.1,
// 0.2, 0.5 and 1 that is no less than any prediction and any mean.
func (o *Outcome) Reliability(column int) (bins [reliabilityBins]ReliabilityBin, limit float64) {
	highest := 0.0
	for i := range o.Predicted {
		highest = max(highest, o.Predicted[i][column])
	}
	for _, limit = range reliabilityLimits {
		if highest > limit {
			continue
		}
		bins = o.gather(column, limit)
		mean := 0.0
		for _, b := range bins {
			mean = max(mean, b.Cast)
		}
		if mean <= limit {
			break
		}
	}
	return bins, limit
}

func (o *Outcome) gather(column int, limit float64) (bins [reliabilityBins]ReliabilityBin) {
	var squares [reliabilityBins]float64
	for i := range o.Cast {
		p, v := o.Predicted[i][column], o.Cast[i][column]
		k := min(int(p/limit*reliabilityBins), reliabilityBins-1)
		bins[k].Galaxies++
		bins[k].Predicted += p
		bins[k].Cast += v
		squares[k] += v * v
	}
	for k := range bins {
		b := &bins[k]
		n := float64(b.Galaxies)
		if n == 0 {
			continue
		}
		b.Predicted /= n
		b.Cast /= n
		if n > 1 {
			b.Error = math.Sqrt(max(squares[k]/n-b.Cast*b.Cast, 0) / (n - 1))
		}
	}
	return bins
}

// Measures of the reliability panels, in points.
const (
	reliabilityAxis = vg.Length(9)
	reliabilityName = vg.Length(10)
	reliabilityPlot = vg.Length(52)
)

// Calibration draws, for each answer, the mean of the votes cast where a vote
// was predicted: on the diagonal, predictions can be taken at their word.
func Calibration(o *Outcome, src Source) (*Figure, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("failed to draw the calibration: %w", err)
	}
	grid := answerGrid{cell: reliabilityName + reliabilityPlot + reliabilityAxis}
	return &Figure{
		Name:  "calibration",
		Title: "How far predictions can be taken at their word",
		Caption: src.caption("Mean vote cast (upwards) by mean vote predicted (to the right), in tenths of the range written below, which is the same both ways;",
			"on the diagonal the two agree. A dot's area grows with its share of the galaxies, its line is a standard error either way."),
		Width:  FullWidth,
		Height: grid.height(),
		Draw: func(c *Canvas) {
			grid.draw(c, func(a galaxyzoo.Answer, r vg.Rectangle) { drawReliability(c, r, a, o) })
		},
	}, nil
}

func drawReliability(c *Canvas, r vg.Rectangle, a galaxyzoo.Answer, o *Outcome) {
	t := c.Theme
	plot := box(r.Min.X, r.Min.Y+reliabilityAxis, r.Size().X, reliabilityPlot)
	bins, limit := o.Reliability(a.Column)
	x := scale{lo: 0, hi: limit, from: plot.Min.X, to: plot.Max.X}
	y := scale{lo: 0, hi: limit, from: plot.Min.Y, to: plot.Max.Y}
	style, name := Fitted(Aligned(c.Type(SizeSmall), Left, Top), a.Text, r.Size().X)
	c.Text(style, r.Min.X, r.Max.Y-0.5, name)
	c.FillRect(plot, t.Panel)
	c.Text(Aligned(c.Note(SizeTiny), Left, Top), plot.Min.X, plot.Min.Y-1.5, "0")
	c.Text(Aligned(c.Note(SizeTiny), Right, Top), plot.Max.X, plot.Min.Y-1.5, significant(limit))
	c.Line(LineHair, t.Muted, plot.Min, plot.Max)

	var line []vg.Point
	for _, b := range bins {
		if b.Galaxies == 0 {
			continue
		}
		at := pt(x.at(b.Predicted), y.at(b.Cast))
		line = append(line, at)
		c.Line(LineThin, t.Mix(t.Accent, t.Panel, 0.4), pt(at.X, y.at(b.Cast-b.Error)), pt(at.X, y.at(b.Cast+b.Error)))
	}
	if len(line) > 1 {
		c.Line(LineThin, t.Accent, line...)
	}
	k := 0
	for _, b := range bins {
		if b.Galaxies > 0 {
			share := float64(b.Galaxies) / float64(len(o.Cast))
			c.Dot(line[k].X, line[k].Y, vg.Length(max(3.4*math.Sqrt(share), 0.9)), t.Accent)
			k++
		}
	}
}
