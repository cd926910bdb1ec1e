package plots

import (
	"image/color"
	"math"
)

// A ColourMap is a table of colours at even steps from 0 to 1.
type ColourMap []color.NRGBA

// At returns the colour of x. Values outside 0..1 take the colour of the end
// they lie beyond; NaN takes that of 0.
func (m ColourMap) At(x float64) color.NRGBA {
	if !(x > 0) {
		return m[0]
	}
	i := int(math.Round(min(x, 1) * float64(len(m)-1)))
	return m[i]
}

// NewColourMap returns a map of 256 colours that runs evenly, as the eye sees
// it, through the given colours.
func NewColourMap(through ...color.NRGBA) ColourMap {
	m := make(ColourMap, 256)
	last := len(through) - 1
	for i := range m {
		x := float64(i) / 255 * float64(last)
		k := min(int(x), last-1)
		m[i] = mix(through[k], through[k+1], x-float64(k))
	}
	return m
}

// Viridis is the map of van der Walt & Smith (2015, matplotlib, CC0), from
// every eighth of its colours: dark is little, and equal steps look equal,
// with any form of colour blindness and in grey.
var Viridis = NewColourMap(hexes(
	0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453781, 0x424086, 0x3e4989,
	0x3b528b, 0x375b8d, 0x33638d, 0x2f6b8e, 0x2c728e, 0x297a8e, 0x26828e, 0x23898e,
	0x21918c, 0x1f988b, 0x1fa088, 0x22a785, 0x28ae80, 0x32b67a, 0x3fbc73, 0x4ec36b,
	0x5ec962, 0x70cf57, 0x84d44b, 0x98d83e, 0xaddc30, 0xc2df23, 0xd8e219, 0xece51b,
	0xfde725)...)

func hexes(rgb ...uint32) []color.NRGBA {
	out := make([]color.NRGBA, len(rgb))
	for i, x := range rgb {
		out[i] = hex(x)
	}
	return out
}

// oklab is a colour in Ottosson's Oklab space (2020, bottosson.github.io):
// lightness 0 to 1 and two opponent axes, in which distance is close to the
// difference that the eye sees.
type oklab struct{ l, a, b float64 }

func toOklab(c color.NRGBA) oklab {
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return oklab{
		l: 0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		a: 1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		b: 0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

func (c oklab) colour() color.NRGBA {
	cube := func(x float64) float64 { return x * x * x }
	l := cube(c.l + 0.3963377774*c.a + 0.2158037573*c.b)
	m := cube(c.l - 0.1055613458*c.a - 0.0638541728*c.b)
	s := cube(c.l - 0.0894841775*c.a - 1.2914855480*c.b)
	return color.NRGBA{
		R: encoded(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		G: encoded(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		B: encoded(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
		A: 255,
	}
}

// linear undoes the transfer curve of sRGB, encoded applies it.
func linear(x uint8) float64 {
	v := float64(x) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func encoded(v float64) uint8 {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - 0.055
	}
	return uint8(math.Round(v * 255))
}

// luminance is the light that c sends, relative to white.
func luminance(c color.NRGBA) float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func lightness(c color.NRGBA) float64 { return toOklab(c).l }

func mix(a, b color.NRGBA, share float64) color.NRGBA {
	switch {
	case !(share > 0):
		return a
	case share >= 1:
		return b
	}
	p, q := toOklab(a), toOklab(b)
	return oklab{
		l: p.l + share*(q.l-p.l),
		a: p.a + share*(q.a-p.a),
		b: p.b + share*(q.b-p.b),
	}.colour()
}
