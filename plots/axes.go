package plots

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// NewPlot returns an empty gonum/plot in the theme's style: no box, thin axes,
// a heading at the left.
func (t Theme) NewPlot(heading, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.TextHandler = plain
	p.Title.Text = heading
	p.Title.TextStyle = Aligned(Bold(Type(SizeHeading, t.Ink)), Centre, Top)
	p.Title.Padding = 4
	p.Legend.TextStyle = Type(SizeSmall, t.Ink)
	p.Legend.ThumbnailWidth = 14
	p.Legend.Padding = 3
	p.Legend.Top = true
	for _, axis := range []struct {
		*plot.Axis
		label string
	}{{&p.X, x}, {&p.Y, y}} {
		axis.Label.Text = axis.label
		axis.Label.TextStyle = Aligned(Type(SizeSmall, t.Muted), Centre, Middle)
		axis.Label.Padding = 3
		axis.LineStyle = draw.LineStyle{Color: t.Muted, Width: LineHair}
		axis.Padding = 0
		axis.Tick.Length = 3
		axis.Tick.LineStyle = draw.LineStyle{Color: t.Muted, Width: LineHair}
		axis.Tick.Label.Color = t.Ink
		axis.Tick.Label.Font = Type(SizeSmall, t.Ink).Font
		axis.Tick.Label.Handler = plain
	}
	return p
}

// Ticks are labelled at the values given and nowhere else.
func Ticks(decimals int, values ...float64) plot.ConstantTicks {
	ticks := make(plot.ConstantTicks, len(values))
	for i, v := range values {
		ticks[i] = plot.Tick{Value: v, Label: Decimal(v, decimals)}
	}
	return ticks
}

// DrawPlots draws plots as rows of a table over c, their data areas aligned
// both ways. Nil leaves a cell empty. Rows must be of one length.
func (c *Canvas) DrawPlots(gap vg.Length, rows ...[]*plot.Plot) {
	tiles := draw.Tiles{Rows: len(rows), Cols: len(rows[0]), PadX: gap, PadY: gap}
	for y, cells := range plot.Align(rows, tiles, c.Canvas) {
		for x, cell := range cells {
			if p := rows[y][x]; p != nil {
				p.Draw(cell)
			}
		}
	}
}

// A scale maps values from lo..hi onto a stretch of the canvas, for figures
// that draw their own axes.
type scale struct {
	lo, hi   float64
	from, to vg.Length
	log      bool
}

// at returns the place of v, at the nearer end for values outside lo..hi.
func (s scale) at(v float64) vg.Length {
	lo, hi := s.lo, s.hi
	v = min(max(v, min(lo, hi)), max(lo, hi))
	if s.log {
		v, lo, hi = math.Log(v), math.Log(lo), math.Log(hi)
	}
	return s.from + vg.Length((v-lo)/(hi-lo))*(s.to-s.from)
}

// A ColourBar is the key to a ColourMap.
type ColourBar struct {
	Map    ColourMap
	Label  string
	Lo, Hi float64
	Ticks  []float64
	Format func(float64) string
}

// ColourBarWidth is the room that a ColourBar takes beside its panel, in
// points: gap, bar, numbers and label.
const ColourBarWidth = vg.Length(52)

// Draw draws the bar upright in r, which has the height of the panel it
// belongs to and ColourBarWidth of room.
func (b ColourBar) Draw(c *Canvas, r vg.Rectangle) {
	const gap, thickness, steps = vg.Length(10), vg.Length(9), 128
	bar := box(r.Min.X+gap, r.Min.Y, thickness, r.Size().Y)
	step := bar.Size().Y / steps
	for i := range steps {
		// Each step reaches below the next, so that no seam shows between.
		cell := box(bar.Min.X, bar.Min.Y+step*vg.Length(i), thickness, bar.Max.Y-bar.Min.Y-step*vg.Length(i))
		c.FillRect(cell, b.Map.At((float64(i)+0.5)/steps))
	}
	s := scale{lo: b.Lo, hi: b.Hi, from: bar.Min.Y, to: bar.Max.Y}
	number := Aligned(c.Type(SizeSmall), Left, Middle)
	var widest vg.Length
	for _, v := range b.Ticks {
		y := s.at(v)
		c.Line(LineHair, c.Theme.Muted, pt(bar.Max.X, y), pt(bar.Max.X+3, y))
		label := b.Format(v)
		widest = max(widest, number.Width(label))
		c.Text(number, bar.Max.X+5, y, label)
	}
	if b.Label != "" {
		style := Aligned(c.Note(SizeSmall), Centre, Middle)
		style.Rotation = math.Pi / 2
		c.Text(style, bar.Max.X+5+widest+lineHeight(SizeSmall)*0.75, (bar.Min.Y+bar.Max.Y)/2, b.Label)
	}
}

// middle centres s on a point: for the labels of gridded figures.
func middle(s text.Style) text.Style { return Aligned(s, Centre, Middle) }

// drawAxes draws grid lines, numbers and labels around r, for panels that
// share the edges of others to the point.
func drawAxes(c *Canvas, r vg.Rectangle, x, y scale, xTicks, yTicks []float64, yFormat func(float64) string, xLabel, yLabel string) {
	for _, v := range yTicks {
		at := y.at(v)
		c.Line(LineHair, c.Theme.Faint, pt(r.Min.X, at), pt(r.Max.X, at))
		c.Text(Aligned(c.Type(SizeSmall), Right, Middle), r.Min.X-4, at, yFormat(v))
	}
	for _, v := range xTicks {
		at := x.at(v)
		c.Line(LineHair, c.Theme.Muted, pt(at, r.Min.Y), pt(at, r.Min.Y-3))
		c.Text(Aligned(c.Type(SizeSmall), Centre, Top), at, r.Min.Y-4, level(v))
	}
	c.Line(LineHair, c.Theme.Muted, r.Min, pt(r.Max.X, r.Min.Y))
	if xLabel != "" {
		c.Text(Aligned(c.Note(SizeSmall), Centre, Top), (r.Min.X+r.Max.X)/2, r.Min.Y-15, xLabel)
	}
	if yLabel != "" {
		style := Aligned(c.Note(SizeSmall), Centre, Middle)
		style.Rotation = math.Pi / 2
		c.Text(style, r.Min.X-25, (r.Min.Y+r.Max.Y)/2, yLabel)
	}
}
