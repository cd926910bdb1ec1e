package imageproc

import (
	"image"
	"image/color"
	"image/draw"
	"math"

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
//
// For a network's input Transform does the same several times as fast.
func Rotate(img *image.NRGBA, degrees float64) *image.NRGBA {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	if !turns(degrees) || width == 0 || height == 0 {
		return imaging.Clone(img)
	}
	// imaging.Rotate enlarges the canvas to hold the corners. The centre of that
	// larger canvas lies on the image's pixel grid only where both sides are even
	// or both odd; cut from any other canvas, the image would come out half a pixel
	// off. So it is turned with as much black around it as makes them agree.
	side := max(width, height)
	degrees, padding := plan(side, degrees)
	canvas := imaging.New(side+2*padding, side+2*padding, color.Black)
	corner := image.Pt(padding+(side-width)/2, padding+(side-height)/2)
	draw.Draw(canvas, img.Rect.Sub(img.Rect.Min).Add(corner), img, img.Rect.Min, draw.Src)
	return imaging.CropCenter(imaging.Rotate(canvas, degrees, color.Black), width, height)
}

// Flip mirrors img left to right.
func Flip(img *image.NRGBA) *image.NRGBA { return imaging.FlipH(img) }

// plan returns what to turn by and the least padding on each side. More makes the
// canvas larger by its length times 2*(|sin|+|cos|-1), which is next to nothing
// close to a right angle: 2 degrees take up to 15 pixels, 0.1 degrees hundreds. But
// where not even the image's own side suffices, the sine is below 1/(2*side), and
// the right angle itself is right to 0.36 of a pixel at the corners.
func plan(side int, degrees float64) (float64, int) {
	const enoughForWholeDegrees = 32
	for padding := range max(enoughForWholeDegrees, side) + 1 {
		if (turnedSide(side+2*padding, degrees)-side)%2 == 0 {
			return degrees, padding
		}
	}
	return math.Round(degrees/90) * 90, 0
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
