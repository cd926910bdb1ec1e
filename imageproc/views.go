package imageproc

import "math/bits"

// Views are the product of 16 rotations, flip and 3 zooms.
const (
	viewRotations = 16
	viewFlips     = 2
	// MaxViews is how many views there are.
	MaxViews = viewRotations * viewFlips * 3
)

// Views returns the first n of MaxViews ways of looking at an image, for averaging
// a network's votes over them. Fewer views are the start of more, and each number
// spreads them as evenly as it can. The first is the image as it is, the second its
// mirror image; so each rotation is followed by its mirror image, and the rotations
// are those by 0 and 180, then 90 and 270 degrees, which move pixels exactly; then,
// from view 8 on, by 45, 225, 135 and 315 degrees; and from view 16 on by the 8
// halfway between. Then all 32 come again at zoom 1/1.1, and at last at 1.1.
func Views(n int) []Transform {
	views := make([]Transform, min(n, MaxViews))
	for i := range views {
		// Counting with the bits reversed halves the gaps one after another.
		turn := bits.Reverse8(uint8(i/viewFlips%viewRotations)) >> 4
		views[i] = Transform{
			Degrees: float64(turn) * 360 / viewRotations,
			Flip:    i%viewFlips == 1,
			Zoom:    []float64{1, 1 / 1.1, 1.1}[i/(viewFlips*viewRotations)],
		}
	}
	return views
}
