package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// Curves are what a run measured as it trained, in the order of the steps.
type Curves struct {
	Name   string
	Steps  []run.Step
	Epochs []run.Epoch
}

func checkCurves(runs []Curves) error {
	steps := 0
	for _, r := range runs {
		steps += len(r.Steps)
		for _, s := range r.Steps {
			if !finiteNumber(s.Loss) || !finiteNumber(s.LearningRate) {
				return fmt.Errorf("run %s, step %d: loss %v at learning rate %v, want finite numbers", r.Name, s.Step, s.Loss, s.LearningRate)
			}
		}
	}
	if steps == 0 {
		return errors.New("no steps were taken yet")
	}
	return nil
}

func finiteNumber(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Smooth returns the mean of each value with the half-1 before and after it.
// At the start, as many are taken after it as there are before, so that a steep
// fall is not cut off; at the end, what there is.
func Smooth(values []float64, half int) []float64 {
	sums := make([]float64, len(values)+1)
	for i, v := range values {
		sums[i+1] = sums[i] + v
	}
	out := make([]float64, len(values))
	for i := range values {
		reach := min(half-1, i)
		first, end := i-reach, min(i+reach+1, len(values))
		out[i] = (sums[end] - sums[first]) / float64(end-first)
	}
	return out
}

// smoothing is the half width that Loss smooths n steps with.
func smoothing(n int) int { return max(n/60, 4) }

// Measures of the loss curves, in points.
const (
	lossLeft    = vg.Length(44) // numbers and label of an axis
	lossMain    = vg.Length(212)
	lossRate    = vg.Length(52)
	lossBetween = vg.Length(14)
	lossAxis    = vg.Length(24)
	legendLine  = vg.Length(12)
)

// Loss draws the training loss of each step, pale, and smoothed, the validation
// loss after each epoch, and the learning rate. Several runs are laid over each
// other, each in a colour.
func Loss(runs []Curves) (*Figure, error) {
	if err := checkCurves(runs); err != nil {
		return nil, fmt.Errorf("failed to draw the loss: %w", err)
	}
	legend := legendOf(runs)
	height := legend.height() + lossMain + lossBetween + lossRate + lossAxis
	var sources []string
	for _, r := range runs {
		sources = append(sources, fmt.Sprintf("%s of %s from %s/%s", plural(len(r.Steps), "step", "steps"),
			plural(epochsOf(r), "epoch", "epochs"), r.Name, run.MetricsJSONL))
	}
	return &Figure{
		Name:  "loss",
		Title: "Loss while training",
		Caption: "Pale: the loss of each step, the mean over its batch. Solid: the same, as a running mean over a thirtieth of the steps, seven or more. " +
			"Dashed: the loss on the galaxies held back, after each epoch. Below: the learning rate. " +
			strings.Join(sources, "; ") + ".",
		Width:  FullWidth,
		Height: height,
		Draw:   func(c *Canvas) { drawLoss(c, runs, legend) },
	}, nil
}

// epochsOf is how many epochs were begun.
func epochsOf(r Curves) int {
	if n := len(r.Steps); n > 0 {
		return r.Steps[n-1].Epoch
	}
	return len(r.Epochs)
}

func drawLoss(c *Canvas, runs []Curves, legend curveLegend) {
	top := c.Max.Y - legend.height()
	legend.draw(c, c.Min.X+lossLeft, c.Max.Y)
	main := box(c.Min.X+lossLeft, top-lossMain, FullWidth-lossLeft-4, lossMain)
	rate := box(main.Min.X, c.Min.Y+lossAxis, main.Size().X, lossRate)

	x, y, lr := lossAxes(runs)
	below := x
	below.label = ""
	below.ticks = nil
	drawPanel(c, main, &below, &y)
	drawPanel(c, rate, &x, &lr)
	drawEpochMarks(c, main, rate, below.scale, runs)

	for i, r := range runs { // all that is pale first
		pale := c.Theme.Mix(trainColour(c.Theme, i), c.Theme.Panel, 0.5)
		if line := thinned(r.Steps, below.scale, y.scale); len(line) > 1 {
			c.Line(LineHair+0.1, pale, line...)
		}
	}
	for i, r := range runs {
		drawSmoothed(c, trainColour(c.Theme, i), r.Steps, below.scale, y.scale)
		drawRates(c, trainColour(c.Theme, i), r.Steps, below.scale, lr.scale)
	}
	for i, r := range runs {
		var points []vg.Point
		for _, e := range r.Epochs {
			if e.ValidationLoss != nil && finiteNumber(*e.ValidationLoss) {
				points = append(points, pt(below.at(float64(e.Step)), y.at(*e.ValidationLoss)))
			}
		}
		drawSeries(c, points, validationColour(c.Theme, i, len(runs)))
	}
}

func drawSmoothed(c *Canvas, ink color.Color, steps []run.Step, x, y scale) {
	losses := make([]float64, len(steps))
	for i, s := range steps {
		losses[i] = s.Loss
	}
	var line []vg.Point
	for i, v := range Smooth(losses, smoothing(len(losses))) {
		at := pt(x.at(float64(steps[i].Step)), y.at(v))
		if n := len(line); n == 0 || at.X-line[n-1].X > 0.4 || i == len(losses)-1 {
			line = append(line, at)
		}
	}
	drawLine(c, LineStrong, ink, line)
}

func drawRates(c *Canvas, ink color.Color, steps []run.Step, x, y scale) {
	var line []vg.Point
	for _, s := range steps {
		at := pt(x.at(float64(s.Step)), y.at(s.LearningRate))
		if n := len(line); n > 1 && line[n-1].Y == at.Y && line[n-2].Y == at.Y {
			line[n-1] = at // a level stretch needs its ends alone
			continue
		}
		line = append(line, at)
	}
	drawLine(c, LineThin+0.3, ink, line)
}

// drawLine draws a line, or a dot where it has but one point.
func drawLine(c *Canvas, width vg.Length, ink color.Color, points []vg.Point) {
	switch len(points) {
	case 0:
	case 1:
		c.Dot(points[0].X, points[0].Y, 1.2*width, ink)
	default:
		c.Line(width, ink, points...)
	}
}

// drawSeries draws the dashed line of values on galaxies held back, with a dot
// for each epoch where there is room for them.
func drawSeries(c *Canvas, points []vg.Point, ink color.Color) {
	if len(points) > 1 {
		c.dashed(LineThin+0.3, ink, points...)
	}
	if n := vg.Length(len(points)); n > 0 && (points[len(points)-1].X-points[0].X) >= 4*(n-1) {
		for _, p := range points {
			c.Dot(p.X, p.Y, 2.1, ink)
		}
	}
}

// lossAxes returns the axes of steps, losses and learning rates.
func lossAxes(runs []Curves) (x, y, rate axis) {
	last, lo, hi, highest := 1.0, math.Inf(1), math.Inf(-1), 0.0
	see := func(v float64) {
		if finiteNumber(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	for _, r := range runs {
		for _, s := range r.Steps {
			last = max(last, float64(s.Step))
			highest = max(highest, s.LearningRate)
			see(s.Loss)
		}
		for _, e := range r.Epochs {
			if e.ValidationLoss != nil {
				see(*e.ValidationLoss)
			}
		}
	}
	x = newAxis(0, last, 8, false, "step")
	x.format = counted
	if lo > 0 {
		lo, hi = lo/1.06, hi*1.06
	} else {
		hi += (hi - lo) * 0.04
	}
	y = newAxis(lo, hi, 5, true, "loss")
	rate = newAxis(0, max(highest*1.12, 1e-12), 2, false, "learning rate")
	rate.format = exponent(highest)
	return x, y, rate
}

// exponent formats learning rates: plain where they are short, as powers of ten
// where they are not.
func exponent(highest float64) func(float64) string {
	if highest >= 0.0005 {
		return significant0
	}
	return func(v float64) string {
		if v == 0 {
			return "0"
		}
		e := math.Floor(math.Log10(v) + 1e-9)
		return fmt.Sprintf("%se%s%.0f", significant(math.Round(v/math.Pow(10, e)*100)/100), minus, -e)
	}
}

func significant0(v float64) string {
	if v == 0 {
		return "0"
	}
	return significant(v)
}

// thinned returns the line through the losses of all steps. Where several fall
// on the same half point of the page, it is drawn from the lowest to the
// highest of them, which looks the same and keeps the file small.
func thinned(steps []run.Step, x, y scale) []vg.Point {
	const grain = 0.5
	var line []vg.Point
	for i := 0; i < len(steps); {
		at := x.at(float64(steps[i].Step))
		lo, hi := steps[i].Loss, steps[i].Loss
		k := i + 1
		for k < len(steps) && x.at(float64(steps[k].Step))-at < grain {
			lo, hi = min(lo, steps[k].Loss), max(hi, steps[k].Loss)
			k++
		}
		line = append(line, pt(at, y.at(lo)))
		if hi > lo {
			line = append(line, pt(at, y.at(hi)))
		}
		i = k
	}
	return line
}
