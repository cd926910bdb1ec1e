package imageproc

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"

	"github.com/disintegration/imaging"
)

// Rotate turns img counter-clockwise about its centre, by bilinear
// interpolation. The result has the size of img: corners that turn out of the
// frame are lost, and what turns in is black. Multiples of 90 degrees move
// pixels exactly. An angle that is not finite turns nothing.
//
// The centre is exact to a hundredth of a pixel, except where width and height
// are not both even or both odd: such an image has no centre that a quarter turn
// maps onto the pixel grid, and is turned about a point half a pixel off.
func Rotate(img *image.NRGBA, degrees float64) *image.NRGBA {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	if !turns(degrees) || width == 0 || height == 0 {
		return imaging.Clone(img)
	}
	side := max(width, height)
	frame := image.Rect(0, 0, width, height).Add(image.Pt((side-width)/2, (side-height)/2))

	var t turntable
	view := t.lay(side, degrees)
	draw.Draw(t.canvas, frame.Add(image.Pt(t.margin, t.margin)), img, img.Rect.Min, draw.Src)
	turned := t.turn(view, degrees)
	return imaging.Crop(turned, frame.Add(turned.Rect.Min))
}

// Flip mirrors img left to right.
func Flip(img *image.NRGBA) *image.NRGBA { return imaging.FlipH(img) }

// turns reports whether a rotation by so many degrees moves anything.
func turns(degrees float64) bool {
	rest := math.Mod(degrees, 360)
	return rest != 0 && !math.IsNaN(rest)
}

// A turntable is where a square image is laid to be turned by imaging.Rotate,
// which enlarges the canvas to hold the corners. The centre of that larger
// canvas lies on the image's pixel grid only where both sides are even or both
// odd; cut from any other canvas, the image would come out half a pixel off. So
// the image is laid with as much black around it as makes them agree.
type turntable struct {
	canvas *image.NRGBA // opaque black, the image in its middle
	side   int          // of the image
	margin int          // black around the image, on each side
}

var turntables = sync.Pool{New: func() any { return new(turntable) }}

// A view is the part of a turntable that is turned.
type view struct {
	padding int
	// lopsided is set where one more column and row at the right and bottom
	// belong to the view.
	lopsided bool
}

// maxPadding bounds the cost of finding a canvas that agrees. Every whole
// number of degrees needs less.
const maxPadding = 32

// lay prepares the turntable for an image of the given side and returns the
// view to turn.
func (t *turntable) lay(side int, degrees float64) view {
	var v view
	for (turnedSide(side+2*v.padding, degrees)-side)%2 != 0 {
		if v.padding++; v.padding > maxPadding {
			// Padding changes the canvas by its length times |sin|+|cos|-1, so
			// this is within a degree of a right angle. There, padding on one
			// side moves the centre by half a pixel along each axis all but
			// exactly (the error is half a pixel times the sine), and the
			// canvas with it.
			v = view{lopsided: true}
			break
		}
	}
	if t.side != side || t.margin < v.padding {
		t.side, t.margin = side, v.padding
		n := side + 2*t.margin + 1
		t.canvas = image.NewNRGBA(image.Rect(0, 0, n, n))
		makeOpaque(t.canvas)
	}
	return v
}

// row returns the bytes of row y of the image.
func (t *turntable) row(y int) []byte {
	i := t.canvas.PixOffset(t.margin, t.margin+y)
	return t.canvas.Pix[i:][:4*t.side]
}

// turn returns the image turned: a square of its side, cut out of a larger one.
func (t *turntable) turn(v view, degrees float64) *image.NRGBA {
	start, end := t.margin-v.padding, t.margin+t.side+v.padding
	shift := 0.0 // from the image's centre to the view's
	if v.lopsided {
		end++
		shift = 0.5
	}
	turned := imaging.Rotate(t.canvas.SubImage(image.Rect(start, start, end, end)), degrees, color.Black)

	sin, cos := math.Sincos(degrees * math.Pi / 180)
	middle := float64(turned.Rect.Dx()-t.side) / 2
	x := int(math.Round(middle - shift*(cos+sin)))
	y := int(math.Round(middle - shift*(cos-sin)))
	return turned.SubImage(image.Rect(x, y, x+t.side, y+t.side)).(*image.NRGBA)
}

// turnedSide is the side of the canvas that imaging.Rotate makes for a square.
// It repeats imaging's arithmetic, rounding included.
func turnedSide(side int, degrees float64) int {
	degrees -= math.Floor(degrees/360) * 360
	if math.Mod(degrees, 90) == 0 {
		return side
	}
	sin, cos := math.Sincos(math.Pi * degrees / 180)
	n := float64(side - 1)
	extent := max(0, n*cos, n*cos-n*sin, -n*sin) - min(0, n*cos, n*cos-n*sin, -n*sin) + 1
	if extent-math.Floor(extent) > 0.1 {
		extent++
	}
	return int(extent)
}
