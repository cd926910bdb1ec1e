package plots

import (
	"image/color"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of type, in points of the figure at its full width.
const (
	SizeTitle   = vg.Length(12)
	SizeHeading = vg.Length(8.5)
	SizeBody    = vg.Length(7.5)
	SizeSmall   = vg.Length(6.5)
	SizeTiny    = vg.Length(5.5) // numbers in the cells of a matrix, no less
)

// Measures that every figure keeps to.
const (
	// FullWidth is the width of a figure's drawing area: with its margins it
	// fills a text column of A4 or US letter.
	FullWidth = vg.Length(504)
	Margin    = vg.Length(14)
	Gutter    = vg.Length(14) // between panels

	LineHair   = vg.Length(0.4) // grid lines, frames
	LineThin   = vg.Length(0.8) // axes, raw data
	LineStrong = vg.Length(1.6) // the line that the figure is about
)

// DPI is the resolution of PNG files, in pixels per inch, unless a figure has
// its own.
const DPI = 200

// A Theme is the set of colours a figure is drawn in. All are opaque: shades
// are mixed beforehand, so that every format shows the same.
type Theme struct {
	Name       string
	Background color.NRGBA
	Panel      color.NRGBA // a raised area on the background
	Ink        color.NRGBA // text and axes
	Muted      color.NRGBA // captions, secondary text
	Faint      color.NRGBA // grid lines and frames
	Accent     color.NRGBA // the data, where there is one kind of it
	Second     color.NRGBA // what stands out against Accent

	// Series are the colours of several kinds of data, in their order. They
	// are those of Okabe & Ito (2008, jfly.uni-koeln.de/color), told apart
	// with any form of colour blindness; the darkest and the palest are
	// adjusted to stand out from the background.
	Series []color.NRGBA

	// Magnitude maps 0..1 to increasing magnitude, Diverging maps 0..1 to
	// negative, zero at 0.5, and positive.
	Magnitude, Diverging ColourMap
}

// Light and Dark are the two themes, for white and for near-black pages.
var (
	Light = newTheme(Theme{
		Name:       "light",
		Background: hex(0xffffff),
		Panel:      hex(0xf4f6f8),
		Ink:        hex(0x1c2128),
		Muted:      hex(0x59636e),
		Faint:      hex(0xd9dee3),
		Accent:     hex(0x0072b2),
		Second:     hex(0xd55e00),
		Series: []color.NRGBA{hex(0x0072b2), hex(0xe69f00), hex(0x009e73), hex(0xd55e00),
			hex(0xcc79a7), hex(0x56b4e9), hex(0x1c2128)},
	}, hex(0x0060a8), hex(0xf7f7f7), hex(0xc04a00))

	Dark = newTheme(Theme{
		Name:       "dark",
		Background: hex(0x0f1318),
		Panel:      hex(0x191f26),
		Ink:        hex(0xe6eaef),
		Muted:      hex(0x9aa5b1),
		Faint:      hex(0x323b45),
		Accent:     hex(0x56b4e9),
		Second:     hex(0xf0803c),
		Series: []color.NRGBA{hex(0x56b4e9), hex(0xe69f00), hex(0x2fc79b), hex(0xf0803c),
			hex(0xdb93bb), hex(0xf0e442), hex(0xe6eaef)},
	}, hex(0x5fbcf5), hex(0x20262d), hex(0xff9147))
)

// Themes are the themes by name, in the order they are listed in.
func Themes() []Theme { return []Theme{Light, Dark} }

func newTheme(t Theme, negative, zero, positive color.NRGBA) Theme {
	t.Magnitude = Viridis
	t.Diverging = NewColourMap(negative, zero, positive)
	return t
}

// Mix returns the colour a share t (0 to 1) of the way from a to b, by
// perceived lightness and hue.
func (t Theme) Mix(a, b color.NRGBA, share float64) color.NRGBA {
	return mix(a, b, share)
}

// On returns the colour of text, near-black or white, that reads best on c.
func (t Theme) On(c color.NRGBA) color.NRGBA {
	if luminance(c) > 0.19 { // where both contrast alike
		return hex(0x0c0f13)
	}
	return hex(0xffffff)
}

// The one family of type. Liberation Sans has the widths of Arial and
// Helvetica, so that an SVG file keeps its layout where it is not installed.
var (
	fonts = font.NewCache(liberation.Collection())
	plain = text.Plain{Fonts: fonts}
	sans  = font.Font{Typeface: "Liberation", Variant: "Sans"}
)

// Alignments of text about its point, so that a figure need not import them.
const (
	Left   = draw.XLeft
	Centre = draw.XCenter
	Right  = draw.XRight
	Top    = draw.YTop
	Middle = draw.YCenter
	Bottom = draw.YBottom
)

// Type returns the style of text of the given size in points and colour, left
// aligned on its bottom edge.
func Type(size vg.Length, c color.Color) text.Style {
	f := sans
	f.Size = size
	return text.Style{Color: c, Font: f, Handler: plain}
}

// Bold returns s in bold.
func Bold(s text.Style) text.Style {
	s.Font.Weight = stdfont.WeightBold
	return s
}

// Aligned returns s aligned about its point, as in Aligned(s, Centre, Top).
func Aligned(s text.Style, x text.XAlignment, y text.YAlignment) text.Style {
	s.XAlign, s.YAlign = x, y
	return s
}

func hex(rgb uint32) color.NRGBA {
	return color.NRGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}
}
