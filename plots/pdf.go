package plots

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"time"

	"codeberg.org/go-pdf/fpdf"
	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func encodePDF(f *Figure, w io.Writer, theme Theme) error {
	width, height := f.Size()
	canvas := newPDFCanvas(width, height)
	canvas.doc.SetTitle(f.Title, true)
	canvas.doc.SetSubject(f.Caption, true)
	err := f.render(&Canvas{Canvas: draw.NewCanvas(canvas, width, height), Theme: theme, picture: vectorPictures(canvas)})
	if err != nil {
		return err
	}
	return canvas.doc.Output(w)
}

// pdfCanvas is a vg.Canvas of one page. gonum's own has no way to name the
// document, to leave the time out of it, to set characters beyond Windows'
// Western ones, or to use two weights of a typeface.
//
// Its transformations are those of PDF, which share vg's units and origin;
// positions given to the document are measured from the top of the page.
type pdfCanvas struct {
	doc    *fpdf.Fpdf
	height vg.Length
	fonts  map[string]bool
	images int
	width  vg.Length // of lines
	// restored is set once the page has gone back to an earlier state, whose
	// font is not the one that the document believes to be current.
	restored bool
}

func newPDFCanvas(width, height vg.Length) *pdfCanvas {
	doc := fpdf.NewCustom(&fpdf.InitType{
		UnitStr: "pt",
		Size:    fpdf.SizeType{Wd: width.Points(), Ht: height.Points()},
	})
	// The same bytes on any day, and from maps in any order.
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	doc.SetCreationDate(epoch)
	doc.SetModificationDate(epoch)
	doc.SetCatalogSort(true)
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.AddPage()
	c := &pdfCanvas{doc: doc, height: height, fonts: map[string]bool{}}
	vg.Initialize(c)
	return c
}

func (c *pdfCanvas) xy(p vg.Point) (x, y float64) {
	return p.X.Points(), (c.height - p.Y).Points()
}

func (c *pdfCanvas) SetLineWidth(w vg.Length) {
	c.width = w
	c.doc.SetLineWidth(w.Points())
}

func (c *pdfCanvas) SetLineDash(pattern []vg.Length, offset vg.Length) {
	dashes := make([]float64, len(pattern))
	for i, d := range pattern {
		dashes[i] = d.Points()
	}
	c.doc.SetDashPattern(dashes, offset.Points())
}

func (c *pdfCanvas) SetColor(given color.Color) {
	if given == nil {
		given = color.Black
	}
	n := color.NRGBAModel.Convert(given).(color.NRGBA)
	r, g, b := int(n.R), int(n.G), int(n.B)
	c.doc.SetFillColor(r, g, b)
	c.doc.SetDrawColor(r, g, b)
	c.doc.SetTextColor(r, g, b)
	c.doc.SetAlpha(float64(n.A)/255, "Normal")
}

func (c *pdfCanvas) transform(a, b, cc, d, e, f float64) {
	c.doc.Transform(fpdf.TransformMatrix{A: a, B: b, C: cc, D: d, E: e, F: f})
}

func (c *pdfCanvas) Rotate(radians float64) {
	sin, cos := math.Sincos(radians)
	c.transform(cos, sin, -sin, cos, 0, 0)
}

func (c *pdfCanvas) Translate(p vg.Point) {
	c.transform(1, 0, 0, 1, p.X.Points(), p.Y.Points())
}

func (c *pdfCanvas) Scale(x, y float64) { c.transform(x, 0, 0, y, 0, 0) }

func (c *pdfCanvas) Push() { c.doc.TransformBegin() }

func (c *pdfCanvas) Pop() {
	c.doc.TransformEnd()
	c.restored = true
}

func (c *pdfCanvas) Stroke(p vg.Path) {
	if c.width > 0 {
		c.outline(p)
		c.doc.DrawPath("D")
	}
}

func (c *pdfCanvas) Fill(p vg.Path) {
	c.outline(p)
	c.doc.DrawPath("F")
}

// outline adds p to the current path of the page. An arc becomes cubic curves
// of at most a quarter of a circle each.
func (c *pdfCanvas) outline(p vg.Path) {
	var start vg.Point
	for _, part := range p {
		switch part.Type {
		case vg.MoveComp:
			start = part.Pos
			c.doc.MoveTo(c.xy(part.Pos))
		case vg.LineComp:
			c.doc.LineTo(c.xy(part.Pos))
		case vg.CurveComp:
			x, y := c.xy(part.Pos)
			x1, y1 := c.xy(part.Control[0])
			if len(part.Control) == 1 {
				c.doc.CurveTo(x1, y1, x, y)
				continue
			}
			x2, y2 := c.xy(part.Control[1])
			c.doc.CurveBezierCubicTo(x1, y1, x2, y2, x, y)
		case vg.ArcComp:
			c.arc(part)
		case vg.CloseComp:
			c.doc.LineTo(c.xy(start))
			c.doc.ClosePath()
		}
	}
}

func (c *pdfCanvas) arc(part vg.PathComp) {
	n := max(math.Ceil(math.Abs(part.Angle)/(math.Pi/2)), 1)
	step := part.Angle / n
	handle := 4.0 / 3 * math.Tan(step/4)
	at := func(angle, along float64) (x, y float64) {
		sin, cos := math.Sincos(angle)
		return c.xy(part.Pos.Add(vg.Point{
			X: part.Radius * vg.Length(cos-along*sin),
			Y: part.Radius * vg.Length(sin+along*cos),
		}))
	}
	c.doc.LineTo(at(part.Start, 0))
	for i := range int(n) {
		from := part.Start + float64(i)*step
		x1, y1 := at(from, handle)
		x2, y2 := at(from+step, -handle)
		x, y := at(from+step, 0)
		c.doc.CurveBezierCubicTo(x1, y1, x2, y2, x, y)
	}
}

func (c *pdfCanvas) FillString(face font.Face, at vg.Point, s string) {
	size := face.Font.Size.Points()
	if size == 0 {
		return
	}
	name, style := "sans", ""
	if face.Font.Weight == stdfont.WeightBold {
		style = "B"
	}
	if !c.fonts[style] {
		c.fonts[style] = true
		var source bytes.Buffer
		if _, err := face.Face.WriteSourceTo(nil, &source); err != nil {
			c.doc.SetError(fmt.Errorf("failed to embed font %s: %w", face.Name(), err))
			return
		}
		c.doc.AddUTF8FontFromBytes(name, style, source.Bytes())
	}
	c.doc.SetFont(name, style, size)
	if c.restored {
		c.restored = false
		c.doc.SetFontSize(size + 1) // the document skips a change to what it has
		c.doc.SetFontSize(size)
	}
	x, y := c.xy(at)
	c.doc.Text(x, y, s)
}

func (c *pdfCanvas) DrawImage(r vg.Rectangle, img image.Image) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		c.doc.SetError(fmt.Errorf("failed to embed image: %w", err))
		return
	}
	c.images++
	name := fmt.Sprintf("image %04d", c.images)
	options := fpdf.ImageOptions{ImageType: "png"}
	c.doc.RegisterImageOptionsReader(name, options, &b)
	x, y := c.xy(vg.Point{X: r.Min.X, Y: r.Max.Y})
	c.doc.ImageOptions(name, x, y, r.Size().X.Points(), r.Size().Y.Points(), false, options, 0, "")
}
