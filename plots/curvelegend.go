package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
)

// trainColour is the colour of run i, validationColour that of what it scores
// on galaxies held back: another colour where one run is drawn, the run's own
// where colours tell runs apart.
func trainColour(t Theme, i int) color.NRGBA { return t.Series[i%len(t.Series)] }

func validationColour(t Theme, i, runs int) color.NRGBA {
	if runs == 1 {
		return t.Second
	}
	return trainColour(t, i)
}

func runColour(i int) func(Theme) color.NRGBA {
	return func(t Theme) color.NRGBA { return trainColour(t, i) }
}

func baselineColour(t Theme) color.NRGBA { return t.Muted }
func mutedColour(t Theme) color.NRGBA    { return t.Muted }

// A mark is a shape that stands for a value.
type mark int

const (
	markLine mark = iota
	markDashed
	markDot
	markTick
	markSquare
	markDiamond
)

// baselineMark is the shape of baseline i.
func baselineMark(i int) mark { return markTick + mark(i%3) }

// mark draws a shape centred on x, y.
func (c *Canvas) mark(m mark, x, y vg.Length, ink color.NRGBA) {
	switch m {
	case markTick:
		c.Line(1.3, ink, pt(x, y-4), pt(x, y+4))
	case markSquare:
		r := box(x-2.3, y-2.3, 4.6, 4.6)
		c.FillRect(r, c.Theme.Panel)
		c.Frame(r, 0.9, ink)
	case markDiamond:
		var p vg.Path
		p.Move(pt(x-3.3, y))
		p.Line(pt(x, y+3.3))
		p.Line(pt(x+3.3, y))
		p.Line(pt(x, y-3.3))
		p.Close()
		c.SetColor(c.Theme.Panel)
		c.Fill(p)
		c.Line(0.9, ink, pt(x-3.3, y), pt(x, y+3.3), pt(x+3.3, y), pt(x, y-3.3), pt(x-3.3, y))
	case markDot:
		c.Dot(x, y, 3, ink)
	}
}

// A curveLegend is the key above a figure of runs: what its lines and marks
// are, and which colour is whose.
type curveLegend struct {
	entries []legendEntry
	corners []vg.Point
	high    vg.Length
}

type legendEntry struct {
	text   string
	colour func(Theme) color.NRGBA
	mark   mark
}

const legendThumb = vg.Length(16)

// legendOf is the legend of the losses of runs.
func legendOf(runs []Curves) curveLegend {
	entries := []legendEntry{
		{"training", runColour(0), markLine},
		{"held back", func(t Theme) color.NRGBA { return validationColour(t, 0, 1) }, markDashed},
	}
	if len(runs) > 1 {
		entries = nil
		for i, r := range runs {
			entries = append(entries, legendEntry{r.Name, runColour(i), markLine})
		}
		entries = append(entries, legendEntry{"training", mutedColour, markLine}, legendEntry{"held back", mutedColour, markDashed})
	}
	return newLegend(entries, FullWidth-lossLeft)
}

func newLegend(entries []legendEntry, width vg.Length) curveLegend {
	l := curveLegend{entries: entries}
	style := Type(SizeSmall, nil)
	var sizes []vg.Point
	for i := range l.entries {
		e := &l.entries[i]
		e.text = Shorten(style, e.text, width/2)
		sizes = append(sizes, pt(e.thumb()+4+style.Width(e.text), legendLine))
	}
	l.corners, l.high = flow(width, 14, 0, sizes)
	return l
}

// thumb is the room for the sample of a line or mark.
func (e legendEntry) thumb() vg.Length {
	if e.mark == markLine || e.mark == markDashed {
		return legendThumb
	}
	return 8
}

func (l curveLegend) height() vg.Length { return l.high + 4 }

// draw draws the legend with its top left corner at x, y.
func (l curveLegend) draw(c *Canvas, x, y vg.Length) {
	for i, e := range l.entries {
		left, at := x+l.corners[i].X, y-l.corners[i].Y-legendLine/2
		ink := e.colour(c.Theme)
		switch e.mark {
		case markDashed:
			c.dashed(LineThin+0.3, ink, pt(left, at), pt(left+legendThumb, at))
		case markLine:
			c.Line(LineStrong, ink, pt(left, at), pt(left+legendThumb, at))
		default:
			c.mark(e.mark, left+e.thumb()/2, at, ink)
		}
		c.Text(Aligned(c.Type(SizeSmall), Left, Middle), left+e.thumb()+4, at, e.text)
	}
}
