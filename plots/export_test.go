package plots

import (
	"image"
	"io"
	"math"

	xdraw "golang.org/x/image/draw"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// WritePNGAt is Write at another resolution, to keep golden pictures small.
func (f *Figure) WritePNGAt(w io.Writer, theme Theme, dpi int) error {
	return encodePNGAt(f, w, theme, dpi)
}

// A PlacedText is a piece of text and the rectangle that its letters fill.
type PlacedText struct {
	vg.Rectangle
	Text string
}

// Texts returns what the figure writes, and where.
func (f *Figure) Texts(theme Theme) []PlacedText {
	width, height := f.Size()
	canvas := &textCanvas{stack: []transform{{xx: 1, yy: 1}}}
	err := f.render(&Canvas{
		Canvas: draw.NewCanvas(canvas, width, height), Theme: theme,
		picture: func(vg.Rectangle, image.Image, xdraw.Scaler) {},
	})
	if err != nil {
		panic(err)
	}
	return canvas.texts
}

// textCanvas follows the transformations and notes where text goes.
type textCanvas struct {
	recorder.Canvas
	stack []transform
	texts []PlacedText
}

// transform maps x, y to xx*x + xy*y + x0, yx*x + yy*y + y0.
type transform struct{ xx, xy, yx, yy, x0, y0 float64 }

func (t transform) apply(p vg.Point) vg.Point {
	x, y := float64(p.X), float64(p.Y)
	return pt(vg.Length(t.xx*x+t.xy*y+t.x0), vg.Length(t.yx*x+t.yy*y+t.y0))
}

func (c *textCanvas) top() *transform { return &c.stack[len(c.stack)-1] }
func (c *textCanvas) Push()           { c.stack = append(c.stack, *c.top()) }
func (c *textCanvas) Pop()            { c.stack = c.stack[:len(c.stack)-1] }

func (c *textCanvas) Translate(p vg.Point) {
	to := c.top().apply(p)
	c.top().x0, c.top().y0 = float64(to.X), float64(to.Y)
}

func (c *textCanvas) Rotate(radians float64) {
	sin, cos := math.Sincos(radians)
	t := *c.top()
	c.top().xx, c.top().xy = t.xx*cos+t.xy*sin, t.xy*cos-t.xx*sin
	c.top().yx, c.top().yy = t.yx*cos+t.yy*sin, t.yy*cos-t.yx*sin
}

func (c *textCanvas) FillString(face font.Face, at vg.Point, s string) {
	// Letters reach from a fifth of the size below the line to three quarters
	// above it.
	size := face.Font.Size
	a := c.top().apply(pt(at.X, at.Y-0.2*size))
	b := c.top().apply(pt(at.X+face.Width(s), at.Y+0.75*size))
	c.texts = append(c.texts, PlacedText{
		Rectangle: vg.Rectangle{
			Min: pt(min(a.X, b.X), min(a.Y, b.Y)),
			Max: pt(max(a.X, b.X), max(a.Y, b.Y)),
		},
		Text: s,
	})
}
