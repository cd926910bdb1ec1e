package plots

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// An axis is a scale with its ticks and their labels.
type axis struct {
	scale
	ticks  []float64
	format func(float64) string
	label  string
}

// newAxis returns an axis for values from lo to hi with about n ticks at round
// numbers. The scale is logarithmic where log is set and lo is above 0.
func newAxis(lo, hi float64, n int, log bool, label string) axis {
	if !(hi > lo) {
		lo, hi = lo-math.Max(math.Abs(lo)*0.1, 1e-6), hi+math.Max(math.Abs(hi)*0.1, 1e-6)
	}
	a := axis{scale: scale{lo: lo, hi: hi, log: log && lo > 0}, label: label}
	if a.log {
		a.ticks = logTicks(lo, hi)
		if len(a.ticks) >= 2 {
			a.format = significant
			return a
		}
	}
	step := tickStep((hi - lo) / float64(n))
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+step*1e-9; k++ {
		a.ticks = append(a.ticks, k*step)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	if m := step * math.Pow(10, float64(decimals)); m != math.Round(m) && math.Abs(m-math.Round(m)) > 1e-9 {
		decimals++ // 2.5 and the like
	}
	a.format = func(v float64) string { return Decimal(v, decimals) }
	return a
}

// tickStep returns the smallest of 1, 2, 2.5 and 5 times a power of ten that is
// no less than x.
func tickStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= x*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// logTicks returns round multiples of powers of ten, the fewer the more decades
// there are.
func logTicks(lo, hi float64) []float64 {
	multiples := []float64{1, 2, 5}
	switch ratio := hi / lo; {
	case ratio < 10:
		multiples = []float64{1, 1.5, 2, 3, 5, 7}
	case ratio > 200:
		multiples = []float64{1}
	}
	var ticks []float64
	for e := math.Floor(math.Log10(lo)); e <= math.Log10(hi)+1e-9; e++ {
		for _, m := range multiples {
			if v := m * math.Pow(10, e); v >= lo*(1-1e-9) && v <= hi*(1+1e-9) {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// significant writes a tick of a logarithmic axis with no more digits than it
// has.
func significant(v float64) string {
	decimals := max(0, int(math.Ceil(-math.Log10(math.Abs(v))-1e-9)))
	s := Decimal(v, decimals+1)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// counted formats ticks at whole numbers.
func counted(v float64) string { return Count(int(math.Round(v))) }

// drawPanel draws the two axes of r with grid lines across, and sets their
// scales to it.
func drawPanel(c *Canvas, r vg.Rectangle, x, y *axis) {
	x.from, x.to = r.Min.X, r.Max.X
	y.from, y.to = r.Min.Y, r.Max.Y
	c.FillRect(r, c.Theme.Panel)
	var widest vg.Length
	number := Aligned(c.Type(SizeSmall), Right, Middle)
	for _, v := range y.ticks {
		at := y.at(v)
		c.Line(LineHair, c.Theme.Faint, pt(r.Min.X, at), pt(r.Max.X, at))
		c.Text(number, r.Min.X-4, at, y.format(v))
		widest = max(widest, number.Width(y.format(v)))
	}
	for _, v := range x.ticks {
		at := x.at(v)
		c.Line(LineHair, c.Theme.Muted, pt(at, r.Min.Y), pt(at, r.Min.Y-3))
		c.Text(Aligned(c.Type(SizeSmall), Centre, Top), at, r.Min.Y-4, x.format(v))
	}
	c.Line(LineHair, c.Theme.Muted, r.Min, pt(r.Max.X, r.Min.Y))
	if x.label != "" {
		c.Text(Aligned(c.Note(SizeSmall), Centre, Top), (r.Min.X+r.Max.X)/2, r.Min.Y-14, x.label)
	}
	if y.label != "" {
		style := Aligned(c.Note(SizeSmall), Centre, Middle)
		style.Rotation = math.Pi / 2
		c.Text(style, r.Min.X-8-widest-lineHeight(SizeSmall)*0.75, (r.Min.Y+r.Max.Y)/2, y.label)
	}
}

// dashed strokes a line of dashes through the points.
func (c *Canvas) dashed(width vg.Length, stroke color.Color, points ...vg.Point) {
	c.StrokeLines(draw.LineStyle{Color: stroke, Width: width, Dashes: []vg.Length{3.2, 2.2}}, points)
}
