package plots

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

func encodeSVG(f *Figure, w io.Writer, theme Theme) error {
	width, height := f.Size()
	canvas := &svgCanvas{Canvas: vgsvg.New(width, height)}
	err := f.render(&Canvas{Canvas: draw.NewCanvas(canvas, width, height), Theme: theme, picture: vectorPictures(canvas)})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	_, err = io.WriteString(w, canvas.finish(b.String(), f))
	return err
}

// svgCanvas remembers how wide each piece of text is meant to be.
type svgCanvas struct {
	*vgsvg.Canvas
	widths []vg.Length
}

func (c *svgCanvas) FillString(face font.Face, at vg.Point, s string) {
	c.widths = append(c.widths, face.Width(s))
	c.Canvas.FillString(face, at, s)
}

// finish adds what the canvas does not write: the title and description, font
// families with the same widths for readers without Liberation Sans, and the
// width of each text, so that not even another font outgrows its place.
func (c *svgCanvas) finish(svg string, f *Figure) string {
	svg = strings.ReplaceAll(svg, "font-family:Liberation Sans;",
		"font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;")
	// Pictures fill their place, as in the other formats.
	svg = strings.ReplaceAll(svg, "<image ", `<image preserveAspectRatio="none" `)

	const text = "<text "
	parts := strings.Split(svg, text)
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			fmt.Fprintf(&b, `%sxml:space="preserve" textLength="%.5g" lengthAdjust="spacingAndGlyphs" `, text, c.widths[i-1].Points())
		}
		b.WriteString(part)
	}

	const opened = `xlink">` + "\n"
	return strings.Replace(b.String(), opened, opened+"<title>"+html.EscapeString(f.Title)+
		"</title>\n<desc>"+html.EscapeString(f.Caption)+"</desc>\n", 1)
}
