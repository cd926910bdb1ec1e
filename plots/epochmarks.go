package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// drawEpochMarks draws a line at the end of each epoch, and numbers what fits,
// where all runs have epochs of the same length.
func drawEpochMarks(c *Canvas, main, rate vg.Rectangle, x scale, runs []Curves) {
	ends := epochEnds(runs)
	if len(ends) == 0 {
		return
	}
	every := int(math.Ceil(float64(len(ends)) / 25))
	from := 0.0
	for i, end := range ends {
		if (i+1)%every != 0 && every > 1 {
			continue
		}
		at := x.at(end)
		if i < len(ends)-1 || end < x.hi {
			ink := c.Theme.Mix(c.Theme.Muted, c.Theme.Panel, 0.5)
			c.Line(LineHair, ink, pt(at, main.Min.Y), pt(at, main.Max.Y))
			c.Line(LineHair, ink, pt(at, rate.Min.Y), pt(at, rate.Max.Y))
		}
		style := Aligned(c.Note(SizeSmall), Centre, Top)
		text := fmt.Sprint(i + 1)
		if i+1 == every && x.at(end)-x.at(from) > 40 {
			text = "epoch " + text
		}
		if x.at(end)-x.at(from) > style.Width(text)+4 {
			c.Text(style, (x.at(from)+at)/2, main.Max.Y-3, text)
		}
		from = end
	}
}

// epochEnds returns the steps at which epochs end, nil where the runs differ in
// them.
func epochEnds(runs []Curves) []float64 {
	var longest []run.Epoch
	for _, r := range runs {
		if len(r.Epochs) > len(longest) {
			longest = r.Epochs
		}
	}
	var ends []float64
	for _, e := range longest {
		ends = append(ends, float64(e.Step))
	}
	for _, r := range runs {
		for i, e := range r.Epochs {
			if float64(e.Step) != ends[i] {
				return nil
			}
		}
	}
	return ends
}
