package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// A MeanImage is the mean of many images, pixel by pixel.
type MeanImage struct {
	Size   int       // pixels on a side
	Images int       // how many it is the mean of
	RGB    []float64 // [Size, Size, 3], levels 0 to 255
}

// Image returns the mean rounded to whole levels.
func (m MeanImage) Image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, m.Size, m.Size))
	for i := range m.Size * m.Size {
		level := func(k int) uint8 { return uint8(math.Round(m.RGB[3*i+k])) }
		img.SetNRGBA(i%m.Size, i/m.Size, color.NRGBA{R: level(0), G: level(1), B: level(2), A: 255})
	}
	return img
}

// Brightness returns the mean of the three channels, [Size, Size], 0 to 255.
func (m MeanImage) Brightness() []float64 {
	b := make([]float64, m.Size*m.Size)
	for i := range b {
		b[i] = (m.RGB[3*i] + m.RGB[3*i+1] + m.RGB[3*i+2]) / 3
	}
	return b
}

func (m MeanImage) check() error {
	switch {
	case m.Images == 0 || m.Size == 0:
		return errors.New("no image could be read")
	case len(m.RGB) != m.Size*m.Size*3:
		return fmt.Errorf("%d values for an image of %d × %d pixels", len(m.RGB), m.Size, m.Size)
	}
	for _, x := range m.RGB {
		if !(x >= 0 && x <= 255) {
			return fmt.Errorf("level %v, want 0 to 255", x)
		}
	}
	return nil
}

// light says how the brightness of a mean image is spread.
type light struct {
	brightness []float64
	row        []float64 // through the centre, left to right
	column     []float64 // through the centre, top to bottom
	sky        float64   // brightness of the outermost pixels
	enclosed   []float64 // share of the light within a radius of i pixels
}

// measureLight takes the mean of the outermost frame of pixels for the sky,
// and counts as light what is above it.
func measureLight(m MeanImage) light {
	n := m.Size
	l := light{brightness: m.Brightness()}
	edge, pixels := 0.0, 0.0
	for y := range n {
		for x := range n {
			if x == 0 || y == 0 || x == n-1 || y == n-1 {
				edge += l.brightness[y*n+x]
				pixels++
			}
		}
	}
	l.sky = edge / pixels
	l.enclosed = make([]float64, n/2+1)
	centre := float64(n-1) / 2
	for y := range n {
		l.column = append(l.column, l.brightness[y*n+n/2])
		for x := range n {
			r := int(math.Ceil(math.Hypot(float64(x)-centre, float64(y)-centre)))
			if r < len(l.enclosed) {
				l.enclosed[r] += max(l.brightness[y*n+x]-l.sky, 0)
			}
		}
	}
	l.row = l.brightness[n/2*n : (n/2+1)*n]
	for i := 1; i < len(l.enclosed); i++ {
		l.enclosed[i] += l.enclosed[i-1]
	}
	if total := l.enclosed[len(l.enclosed)-1]; total > 0 {
		for i := range l.enclosed {
			l.enclosed[i] /= total
		}
	}
	return l
}

// radius returns the radius in pixels that encloses a share of the light; 0
// where there is no light at all.
func (l light) radius(share float64) int {
	for r, s := range l.enclosed {
		if s >= share {
			return r
		}
	}
	return 0
}

// Measures of the average image, in points.
const (
	averageLeft    = vg.Length(30) // numbers and label of an axis
	averageBetween = vg.Length(44) // panels side by side
	averageSide    = (FullWidth - averageLeft - averageBetween - ColourBarWidth) / 2
	averageTop     = vg.Length(15) // headings
	averageGap     = vg.Length(26) // panels above each other
	averageBelow   = vg.Length(104)
	averageAxis    = vg.Length(24)
)

// AverageImage draws the mean of all images, its brightness, cross-sections
// through its centre and how fast light gathers around it.
func AverageImage(m MeanImage, src Source) (*Figure, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("failed to draw the average image: %w", err)
	}
	l := measureLight(m)
	closing := "The image has no light above that of its edge."
	if l.radius(0.5) > 0 {
		closing = fmt.Sprintf("Half of the light above that of the edge (%s) lies within %s pixels of the centre, nine tenths within %s.",
			Decimal(l.sky, 1), Count(l.radius(0.5)), Count(l.radius(0.9)))
	}
	return &Figure{
		Name:    "average-image",
		Title:   "The average of all images",
		Caption: src.caption("Mean of the images, pixel by pixel, in levels of 0 to 255; brightness is the mean of red, green and blue.", closing),
		Width:   FullWidth,
		Height:  averageTop + averageSide + averageGap + averageBelow + averageAxis,
		Draw:    func(c *Canvas) { drawAverage(c, m, l) },
	}, nil
}

func drawAverage(c *Canvas, m MeanImage, l light) {
	upper := c.Max.Y - averageTop - averageSide
	lower := c.Min.Y + averageAxis
	colour := box(c.Min.X+averageLeft, upper, averageSide, averageSide)
	shine := box(colour.Max.X+averageBetween, upper, averageSide, averageSide)
	section := box(colour.Min.X, lower, averageSide, averageBelow)
	growth := box(shine.Min.X, lower, averageSide, averageBelow)

	heading := Aligned(Bold(c.Type(SizeBody)), Left, Bottom)
	c.Text(heading, colour.Min.X, colour.Max.Y+4, "mean colour")
	c.Text(heading, shine.Min.X, shine.Max.Y+4, "mean brightness")
	c.Text(heading, section.Min.X, section.Max.Y+4, "cross-sections through the centre")
	c.Text(heading, growth.Min.X, growth.Max.Y+4, "light within a radius")

	c.Photo(colour, m.Image())
	drawCrosshair(c, colour)
	drawBrightness(c, shine, m.Size, l)
	drawSections(c, section, l)
	drawGrowth(c, growth, l)
}

// drawCrosshair shows on the picture where the cross-sections run, leaving the
// centre free.
func drawCrosshair(c *Canvas, r vg.Rectangle) {
	x, y := (r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2
	arm := r.Size().X * 0.3
	c.Line(LineThin, Dark.Series[0], pt(r.Min.X, y), pt(r.Min.X+arm, y))
	c.Line(LineThin, Dark.Series[0], pt(r.Max.X-arm, y), pt(r.Max.X, y))
	c.Line(LineThin, Dark.Series[1], pt(x, r.Min.Y), pt(x, r.Min.Y+arm))
	c.Line(LineThin, Dark.Series[1], pt(x, r.Max.Y-arm), pt(x, r.Max.Y))
}

func drawBrightness(c *Canvas, r vg.Rectangle, size int, l light) {
	top := niceCeiling(maximum(l.brightness))
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for i, b := range l.brightness {
		img.SetNRGBA(i%size, i/size, c.Theme.Magnitude.At(b/top))
	}
	c.Photo(r, img)
	ColourBar{Map: c.Theme.Magnitude, Label: "level (0 to 255)", Hi: top,
		Ticks: []float64{0, top / 4, top / 2, top * 3 / 4, top}, Format: level,
	}.Draw(c, box(r.Max.X, r.Min.Y, ColourBarWidth, r.Size().Y))

	centre := pt((r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2)
	for _, share := range []float64{0.5, 0.9} {
		radius := r.Size().X * vg.Length(l.radius(share)) / vg.Length(size)
		if radius == 0 {
			continue
		}
		c.FrameRounded(box(centre.X-radius, centre.Y-radius, 2*radius, 2*radius), radius, LineThin, hex(0xffffff))
		c.Text(Aligned(Type(SizeSmall, hex(0xffffff)), Centre, Bottom), centre.X, centre.Y+radius+1.5, percent(share))
	}
}

func drawSections(c *Canvas, r vg.Rectangle, l light) {
	t := c.Theme
	n := len(l.row)
	half := float64(n) / 2
	x := scale{lo: -half, hi: half, from: r.Min.X, to: r.Max.X}
	top := niceCeiling(max(maximum(l.row), maximum(l.column)))
	y := scale{lo: 0, hi: top, from: r.Min.Y, to: r.Max.Y}
	drawAxes(c, r, x, y, axisTicks(half), []float64{0, top / 2, top}, level, "pixels from the centre", "level")

	// The two often coincide: the first is drawn broad, so that it shows behind
	// the second.
	for i, line := range []struct {
		values []float64
		name   string
		width  vg.Length
	}{{l.row, "along the row", 3}, {l.column, "along the column", 1}} {
		points := make([]vg.Point, n)
		for k, v := range line.values {
			points[k] = pt(x.at(float64(k)+0.5-half), y.at(v))
		}
		c.Line(line.width, t.Series[i], points...)
		ly := r.Max.Y - 8 - vg.Length(i)*10
		c.Line(line.width, t.Series[i], pt(r.Min.X+5, ly), pt(r.Min.X+16, ly))
		c.Text(Aligned(c.Type(SizeSmall), Left, Middle), r.Min.X+19, ly, line.name)
	}
}

func drawGrowth(c *Canvas, r vg.Rectangle, l light) {
	t := c.Theme
	last := len(l.enclosed) - 1
	x := scale{lo: 0, hi: float64(last), from: r.Min.X, to: r.Max.X}
	y := scale{lo: 0, hi: 1, from: r.Min.Y, to: r.Max.Y}
	ticks := axisTicks(float64(last))
	drawAxes(c, r, x, y, ticks[len(ticks)/2:], []float64{0, 0.5, 0.9, 1}, percent, "radius in pixels", "")

	points := make([]vg.Point, len(l.enclosed))
	for i, share := range l.enclosed {
		points[i] = pt(x.at(float64(i)), y.at(share))
	}
	c.Line(LineStrong, t.Accent, points...)
	for _, share := range []float64{0.5, 0.9} {
		if radius := l.radius(share); radius > 0 {
			px, py := x.at(float64(radius)), y.at(share)
			c.Line(LineHair, t.Muted, pt(px, r.Min.Y), pt(px, py))
			c.Dot(px, py, 2.4, t.Accent)
			c.Text(Aligned(c.Type(SizeSmall), Left, Top), px+4, py-3, Count(radius)+" px")
		}
	}
}

// axisTicks are round numbers of pixels from -half to half.
func axisTicks(half float64) []float64 {
	step := niceCeiling(half / 2.2)
	for step > half/2 {
		step /= 2
	}
	var ticks []float64
	for k := -2.0; k <= 2; k++ {
		ticks = append(ticks, k*step)
	}
	return ticks
}

// niceCeiling returns the smallest number no less than x, of one or two
// digits and zeros, whose half and quarter are short too.
func niceCeiling(x float64) float64 {
	if !(x > 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8} {
		if m*power >= x*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func level(v float64) string {
	if v == math.Trunc(v) {
		return Decimal(v, 0)
	}
	return Decimal(v, 1)
}

func percent(v float64) string { return Decimal(v*100, 0) + "%" }

func maximum(values []float64) float64 {
	top := math.Inf(-1)
	for _, v := range values {
		top = max(top, v)
	}
	return top
}
