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
// The centre is exact, except where width and height are not both even or both
// odd: such an image has no centre that a quarter turn maps onto the pixel grid,
// and is turned about a point half a pixel off. A fraction of a degree next to a
// multiple of 90 may be rounded to it where that moves no pixel by more than
// 0.36 of its width; whole numbers of degrees never are.
func Rotate(img *image.NRGBA, degrees float64) *image.NRGBA {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	if !turns(degrees) || width == 0 || height == 0 {
		return imaging.Clone(img)
	}
	side := max(width, height)
	frame := image.Rect(0, 0, width, height).Add(image.Pt((side-width)/2, (side-height)/2))

	var t turntable
	p := t.lay(side, degrees)
	draw.Draw(t.canvas, frame.Add(image.Pt(t.margin, t.margin)), img, img.Rect.Min, draw.Src)
	turned := t.rotate(p)
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
// the image is turned with as much black around it as makes them agree.
type turntable struct {
	canvas *image.NRGBA // opaque black, the image in its middle
	side   int          // of the image
	margin int          // black around the image, on each side
}

var turntables = sync.Pool{New: func() any { return new(turntable) }}

// A turn is a rotation that is ready to be made on a turntable.
type turn struct {
	degrees float64
	padding int // black to turn with the image, on each side
}

// lay prepares the turntable for an image of the given side.
func (t *turntable) lay(side int, degrees float64) turn {
	p := plan(side, degrees)
	if t.canvas == nil || t.side != side || t.margin < p.padding {
		t.side, t.margin = side, p.padding
		n := side + 2*t.margin
		t.canvas = image.NewNRGBA(image.Rect(0, 0, n, n))
		makeOpaque(t.canvas)
	}
	return p
}

// plan finds the least padding. More makes the canvas larger by its length times
// 2*(|sin|+|cos|-1), which is next to nothing close to a right angle: 2 degrees
// take up to 15 pixels, 0.1 degrees hundreds. But where not even the image's own
// side suffices, the sine is below 1/(2*side), and the right angle itself is
// right to 0.36 of a pixel at the corners.
func plan(side int, degrees float64) turn {
	const enoughForWholeDegrees = 32
	for padding := range max(enoughForWholeDegrees, side) + 1 {
		if (turnedSide(side+2*padding, degrees)-side)%2 == 0 {
			return turn{degrees, padding}
		}
	}
	return turn{math.Round(degrees/90) * 90, 0}
}

// row returns the bytes of row y of the image.
func (t *turntable) row(y int) []byte {
	i := t.canvas.PixOffset(t.margin, t.margin+y)
	return t.canvas.Pix[i:][:4*t.side]
}

// rotate returns the image turned: a square of its side, cut out of the middle
// of a larger one.
func (t *turntable) rotate(p turn) *image.NRGBA {
	start, end := t.margin-p.padding, t.margin+t.side+p.padding
	turned := imaging.Rotate(t.canvas.SubImage(image.Rect(start, start, end, end)), p.degrees, color.Black)
	corner := (turned.Rect.Dx() - t.side) / 2
	return turned.SubImage(image.Rect(corner, corner, corner+t.side, corner+t.side)).(*image.NRGBA)
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
