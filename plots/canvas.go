package plots

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Canvas is the area a figure draws in, in points with the origin at the
// bottom left, and the theme to draw with. draw.Canvas is embedded for
// whatever gonum/plot draws.
type Canvas struct {
	draw.Canvas
	Theme Theme

	picture pictureDrawer
}

// In returns the same canvas bounded by r.
func (c *Canvas) In(r vg.Rectangle) *Canvas {
	inner := *c
	inner.Rectangle = r
	return &inner
}

// Text draws s at x, y.
func (c *Canvas) Text(style text.Style, x, y vg.Length, s string) {
	if style.YAlign == Middle && style.Rotation == 0 {
		// The middle of a line of type is below that of its letters, which is
		// where the eye seeks it.
		y += style.Font.Size * 0.07
	}
	c.FillText(style, vg.Point{X: x, Y: y}, s)
}

// Type is the package's Type in the theme's ink.
func (c *Canvas) Type(size vg.Length) text.Style { return Type(size, c.Theme.Ink) }

// Note is the package's Type in the theme's muted colour.
func (c *Canvas) Note(size vg.Length) text.Style { return Type(size, c.Theme.Muted) }

// FillRect fills r.
func (c *Canvas) FillRect(r vg.Rectangle, fill color.Color) {
	c.SetColor(fill)
	c.Fill(r.Path())
}

// Frame strokes the outline of r.
func (c *Canvas) Frame(r vg.Rectangle, width vg.Length, stroke color.Color) {
	c.SetLineStyle(draw.LineStyle{Color: stroke, Width: width})
	c.Stroke(r.Path())
}

// FillRounded fills r with corners of the given radius.
func (c *Canvas) FillRounded(r vg.Rectangle, radius vg.Length, fill color.Color) {
	c.SetColor(fill)
	c.Fill(rounded(r, radius))
}

// FrameRounded strokes r with corners of the given radius.
func (c *Canvas) FrameRounded(r vg.Rectangle, radius, width vg.Length, stroke color.Color) {
	c.SetLineStyle(draw.LineStyle{Color: stroke, Width: width})
	c.Stroke(rounded(r, radius))
}

// Dot fills a circle.
func (c *Canvas) Dot(x, y, radius vg.Length, fill color.Color) {
	c.SetColor(fill)
	c.Fill(rounded(box(x-radius, y-radius, 2*radius, 2*radius), radius))
}

// Line strokes a line through the points.
func (c *Canvas) Line(width vg.Length, stroke color.Color, points ...vg.Point) {
	c.StrokeLines(draw.LineStyle{Color: stroke, Width: width}, points)
}

// rounded outlines r with rounded corners by cubic curves: the PDF canvas
// fills each arc of a path by itself, and so cannot fill a shape that has any.
func rounded(r vg.Rectangle, radius vg.Length) vg.Path {
	radius = min(radius, r.Size().X/2, r.Size().Y/2)
	const k = 0.5522847498 // of the radius: a cubic closest to a quarter circle
	h := radius * (1 - k)
	var p vg.Path
	p.Move(pt(r.Min.X+radius, r.Min.Y))
	p.Line(pt(r.Max.X-radius, r.Min.Y))
	p.CubeTo(pt(r.Max.X-h, r.Min.Y), pt(r.Max.X, r.Min.Y+h), pt(r.Max.X, r.Min.Y+radius))
	p.Line(pt(r.Max.X, r.Max.Y-radius))
	p.CubeTo(pt(r.Max.X, r.Max.Y-h), pt(r.Max.X-h, r.Max.Y), pt(r.Max.X-radius, r.Max.Y))
	p.Line(pt(r.Min.X+radius, r.Max.Y))
	p.CubeTo(pt(r.Min.X+h, r.Max.Y), pt(r.Min.X, r.Max.Y-h), pt(r.Min.X, r.Max.Y-radius))
	p.Line(pt(r.Min.X, r.Min.Y+radius))
	p.CubeTo(pt(r.Min.X, r.Min.Y+h), pt(r.Min.X+h, r.Min.Y), pt(r.Min.X+radius, r.Min.Y))
	p.Close()
	return p
}

// Wrap breaks s into lines no wider than width, at spaces. A single word that
// is wider is cut with an ellipsis.
func Wrap(style text.Style, s string, width vg.Length) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		word = Shorten(style, word, width)
		longer := strings.TrimPrefix(line+" "+word, " ")
		if line != "" && style.Width(longer) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Shorten cuts s with an ellipsis where it is wider than width.
func Shorten(style text.Style, s string, width vg.Length) string {
	if style.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		cut := strings.TrimRight(string(runes[:n]), " ") + "…"
		if style.Width(cut) <= width {
			return cut
		}
	}
	return "…"
}

// Fitted returns style at the largest size, no greater than its own and no
// less than SizeTiny, at which s is no wider than width, and s, cut with an
// ellipsis where even that is too wide.
func Fitted(style text.Style, s string, width vg.Length) (text.Style, string) {
	for style.Font.Size > SizeTiny && style.Width(s) > width {
		style.Font.Size = max(style.Font.Size-0.25, SizeTiny)
	}
	return style, Shorten(style, s, width)
}

// lineHeight is the distance between the base lines of text.
func lineHeight(size vg.Length) vg.Length { return size * 1.3 }

func pt(x, y vg.Length) vg.Point { return vg.Point{X: x, Y: y} }

// box is the rectangle with its lower left corner at x, y.
func box(x, y, width, height vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: pt(x, y), Max: pt(x+width, y+height)}
}
