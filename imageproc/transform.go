package imageproc

import "math"

// A Transform is a geometric change of a square image, and of its colours: a
// rotation about the centre, counter-clockwise, then a flip left to right, then
// a magnification about the centre, then a shift. Training draws one for each
// image, prediction may average a network's votes over several; the zero value
// changes nothing.
type Transform struct {
	Degrees        float64
	Flip           bool
	Zoom           float64 // above 1 enlarges; 0 counts as 1
	ShiftX, ShiftY float64 // to the right and down, pixels of the result
	// Brightness moves the colours along the direction in which those of the
	// challenge's images differ most: red, green and blue change by Brightness
	// times -0.0148, -0.0125 and -0.0104 of white, so that a negative value
	// brightens (Dieleman, Willett and Dambre 2015). The result stays within black
	// and white.
	Brightness float64
}

// brightnessDirection is what Transform.Brightness is multiplied with, as a share
// of white: red, green, blue.
var brightnessDirection = [3]float64{-0.0148, -0.0125, -0.0104}

// Tint returns what Brightness adds to red, green and blue, in levels of 255.
func (t Transform) Tint() [3]float32 {
	var tint [3]float32
	for c, share := range brightnessDirection {
		tint[c] = float32(255 * share * t.Brightness)
	}
	return tint
}

// Projective returns the change of place as the eight coefficients of
// TensorFlow's ImageProjectiveTransformV3: pixel (x, y) of the result, of size
// pixels a side, comes from (a0 x + a1 y + a2, b0 x + b1 y + b2) of the source, of
// srcSize, both counted from the middle of the top left pixel. The last two are 0.
// scale is how many pixels of the source there are to one of the result at zoom 1.
func (t Transform) Projective(size, srcSize int, scale float64) [8]float32 {
	m := t.affine(size, srcSize, scale)
	return [8]float32{
		float32(m.xx), float32(m.xy), float32(m.x0),
		float32(m.yx), float32(m.yy), float32(m.y0),
	}
}

// An affine maps pixels of a result to places of its source:
// (xx x + xy y + x0, yx x + yy y + y0).
type affine struct{ xx, xy, x0, yx, yy, y0 float64 }

// affine is exact in multiples of half of scale for right angles at zoom 1, where
// scale is a fraction of a power of two.
func (t Transform) affine(size, srcSize int, scale float64) affine {
	sin, cos := sincosDegrees(t.Degrees)
	sin, cos = scale*sin, scale*cos
	if t.Zoom != 0 {
		sin, cos = sin/t.Zoom, cos/t.Zoom
	}
	mirror := 1.0
	if t.Flip {
		mirror = -1
	}
	m := affine{xx: mirror * cos, xy: -sin, yx: mirror * sin, yy: cos}
	left, top := -float64(size-1)/2-t.ShiftX, -float64(size-1)/2-t.ShiftY
	centre := float64(srcSize-1) / 2
	m.x0 = m.xx*left + m.xy*top + centre
	m.y0 = m.yx*left + m.yy*top + centre
	return m
}

// reach is the side of the square that the result is taken from, upright about the
// centre, in sides of the result; shifts aside.
func (t Transform) reach() float64 {
	sin, cos := sincosDegrees(t.Degrees)
	reach := math.Abs(sin) + math.Abs(cos)
	if t.Zoom != 0 {
		reach /= t.Zoom
	}
	return reach
}

// still reports whether every pixel stays where it is, relative to the centre.
func (t Transform) still() bool {
	return !turns(t.Degrees) && !t.Flip && (t.Zoom == 0 || t.Zoom == 1) && t.ShiftX == 0 && t.ShiftY == 0
}

// turns reports whether a rotation by so many degrees moves anything.
func turns(degrees float64) bool {
	rest := math.Mod(degrees, 360)
	return rest != 0 && !math.IsNaN(rest)
}

// sincosDegrees is exact at right angles. An angle that is not finite turns
// nothing.
func sincosDegrees(degrees float64) (sin, cos float64) {
	if !turns(degrees) {
		return 0, 1
	}
	switch math.Mod(degrees, 360) {
	case 90, -270:
		return 1, 0
	case 180, -180:
		return 0, -1
	case 270, -90:
		return -1, 0
	}
	return math.Sincos(degrees * math.Pi / 180)
}
