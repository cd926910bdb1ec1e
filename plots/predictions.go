package plots

import (
	"fmt"
	"image"
	"math"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// densityBins is how many parts 0 to 1 is divided in, each way.
const densityBins = 25

// A density counts pairs of cast (x) and predicted (y) votes.
type density [densityBins][densityBins]int

// countPairs returns the density of each question's answers and the highest
// count of all.
func countPairs(o *Outcome) (densities [galaxyzoo.NumQuestions]density, highest int) {
	bin := func(v float64) int { return min(int(v*densityBins), densityBins-1) }
	for i := range o.Cast {
		for _, a := range galaxyzoo.Answers {
			n := &densities[a.Question-1][bin(o.Predicted[i][a.Column])][bin(o.Cast[i][a.Column])]
			*n++
			highest = max(highest, *n)
		}
	}
	return densities, highest
}

// Measures of the density panels, in points.
const (
	densityColumns = 4
	densityRows    = 3
	densityLeft    = vg.Length(34)
	densityGapX    = vg.Length(12)
	densitySide    = (FullWidth - densityLeft - (densityColumns-1)*densityGapX) / densityColumns
	densityHead    = vg.Length(13)
	densityGapY    = vg.Length(10)
	densityBelow   = vg.Length(24)
)

// PredictedVersusTrue draws, for each question, how often a predicted vote
// comes with which vote cast.
func PredictedVersusTrue(o *Outcome, src Source) (*Figure, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("failed to draw predicted against true votes: %w", err)
	}
	score, err := galaxyzoo.NewScore(o.Predicted, o.Cast)
	if err != nil {
		return nil, fmt.Errorf("failed to draw predicted against true votes: %w", err)
	}
	densities, highest := countPairs(o)
	return &Figure{
		Name:  "predicted-vs-true",
		Title: "Predicted against true votes",
		Caption: src.caption("Number of votes, 0 to 1, by what the volunteers cast and what was predicted, for all answers to a question together,",
			"in steps of 0.04, the colours on a logarithmic scale. On the line the two are the same; the number at the right is the question's RMSE."),
		Width:  FullWidth,
		Height: densityRows*(densityHead+densitySide) + (densityRows-1)*densityGapY + densityBelow,
		Draw:   func(c *Canvas) { drawDensities(c, &densities, highest, &score) },
	}, nil
}

func drawDensities(c *Canvas, densities *[galaxyzoo.NumQuestions]density, highest int, score *galaxyzoo.Score) {
	cell := func(k int) vg.Rectangle {
		return box(c.Min.X+densityLeft+vg.Length(k%densityColumns)*(densitySide+densityGapX),
			c.Max.Y-vg.Length(k/densityColumns)*(densityHead+densitySide+densityGapY)-densityHead-densitySide, densitySide, densitySide)
	}
	top := max(math.Log10(float64(highest)), 0.3)
	for k, q := range galaxyzoo.Questions {
		r := cell(k)
		style, name := Fitted(Aligned(Bold(c.Type(SizeBody)), Left, Bottom), fmt.Sprintf("%d  %s", q.Number, q.Short), densitySide-32)
		c.Text(style, r.Min.X, r.Max.Y+3, name)
		c.Text(Aligned(c.Note(SizeSmall), Right, Bottom), r.Max.X, r.Max.Y+3, Decimal(score.Questions[k], 3))
		drawDensity(c, r, &densities[k], top)
		drawUnitAxes(c, r, k%densityColumns == 0, k+densityColumns >= galaxyzoo.NumQuestions)
	}
	key := cell(densityColumns*densityRows - 1)
	bar := Inset(key, 6, 0, 0, 16)
	ColourBar{Map: c.Theme.Magnitude, Label: "votes", Lo: 0, Hi: top, Ticks: wholeTicks(0, math.Floor(top), 6),
		Format: func(v float64) string { return counted(math.Pow(10, v)) },
	}.Draw(c, bar)
}

// drawDensity draws the counts as a map, on a background of those that are 0.
func drawDensity(c *Canvas, r vg.Rectangle, d *density, top float64) {
	img := image.NewNRGBA(image.Rect(0, 0, densityBins, densityBins))
	for y := range d {
		for x, n := range d[y] {
			fill := c.Theme.Panel
			if n > 0 {
				fill = c.Theme.Magnitude.At(math.Log10(float64(n)) / top)
			}
			img.SetNRGBA(x, densityBins-1-y, fill)
		}
	}
	c.Pixels(r, img)
	c.Line(LineThin, c.Theme.Second, r.Min, r.Max)
}

// drawUnitAxes writes 0, 0.5 and 1 at the left of and below a panel of votes.
func drawUnitAxes(c *Canvas, r vg.Rectangle, left, below bool) {
	for _, v := range []float64{0, 0.5, 1} {
		x := r.Min.X + r.Size().X*vg.Length(v)
		y := r.Min.Y + r.Size().Y*vg.Length(v)
		if left {
			c.Text(Aligned(c.Type(SizeSmall), Right, Middle), r.Min.X-3, y, level(v))
		}
		if below {
			c.Text(Aligned(c.Type(SizeSmall), Centre, Top), x, r.Min.Y-3, level(v))
		}
	}
	if left {
		style := Aligned(c.Note(SizeSmall), Centre, Middle)
		style.Rotation = math.Pi / 2
		c.Text(style, r.Min.X-24, (r.Min.Y+r.Max.Y)/2, "predicted")
	}
	if below {
		c.Text(Aligned(c.Note(SizeSmall), Centre, Top), (r.Min.X+r.Max.X)/2, r.Min.Y-13, "cast")
	}
}
