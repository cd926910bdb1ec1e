package imageproc

import "image"

// brightness is the grey level above which a pixel belongs to a galaxy.
const brightness = 10

// RegionOfInterest returns the square around the largest bright structure of
// img, or the bounds of img where such a square would leave the frame.
//
// It is the cut of the study whose crops this package reproduces, to the pixel:
// of all contours of the mask grey > 10 the one with the largest bounding
// rectangle, widened to a square from its top left corner and padded on each
// side by a fifth of its longer side. The study's peculiarities are part of it:
// grey weighs blue with red's weight and the reverse, a tie goes to the contour
// that OpenCV lists first, and for an image that is not square the frame test
// takes width for height and height for width, so that the square may be cut
// off at the right or bottom. An image without a bright pixel, on which the
// study fails, is kept whole.
func RegionOfInterest(img *image.NRGBA) image.Rectangle {
	bounds := img.Bounds()
	width, height := bounds.Dx(), bounds.Dy()
	object := largestContour(img)
	if object.Empty() {
		return bounds
	}

	side := max(object.Dx(), object.Dy())
	pad := side / 5
	x0, y0 := object.Min.X-pad, object.Min.Y-pad
	x1, y1 := object.Min.X+side+pad, object.Min.Y+side+pad
	if x0 < 0 || y0 < 0 || y1 >= width || x1 >= height {
		return bounds
	}
	return image.Rect(x0, y0, x1, y1).Add(bounds.Min).Intersect(bounds)
}

// brightPair returns in bits 0 and 1 which of two neighbouring pixels, of four
// bytes each, are bright: those whose grey level, rounded, exceeds brightness. Grey
// is OpenCV's fixed-point conversion (15 fractional bits) from RGB, applied to
// pixels that are BGR. Both are computed at once, in the halves of a word; a grey
// is less than 2^23 there, and the offset lifts the threshold to 2^31.
func brightPair(p uint64) uint64 {
	const (
		bits      = 15
		threshold = (brightness+1)<<bits - 1<<(bits-1) // the least sum that rounds to more
		channel   = 0x000000ff_000000ff
		offset    = (1<<31 - threshold) * (1<<32 + 1)
	)
	grey := 3735*(p&channel) + 19235*(p>>8&channel) + 9798*(p>>16&channel) + offset
	return grey>>31&1 | grey>>62&2
}

// lit is 0 where no colour of two pixels exceeds brightness, and so neither pixel
// is bright, the weights of a grey summing to 1. What is added to each byte sets
// its highest bit from brightness+1 on.
func lit(p uint64) uint64 {
	const every, colours = 0x01010101_01010101, 0x00808080_00808080
	return (p&(127*every) + (127-brightness)*every | p) & colours
}
