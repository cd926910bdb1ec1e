package imageproc

import "math/bits"

// viewZooms are the zooms of views, one after the other.
var viewZooms = [...]float64{1, 1 / 1.1, 1.1}

// Views are the product of 16 rotations, flip and the zooms.
const (
	viewRotations = 16
	viewFlips     = 2
	// MaxViews is how many views there are.
	MaxViews = viewRotations * viewFlips * len(viewZooms)
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
		views[i] = Transform{
			Degrees: 360 * evenly(i/viewFlips%viewRotations),
			Flip:    i%viewFlips == 1,
			Zoom:    viewZooms[i/(viewFlips*viewRotations)],
		}
	}
	return views
}

// Views for networks with the square's symmetry are the product of 8 rotations
// within a quarter turn and the zooms.
const (
	symmetricRotations = 8
	// MaxSymmetricViews is how many of them there are.
	MaxSymmetricViews = symmetricRotations * len(viewZooms)
)

// SymmetricViews returns the first n of MaxSymmetricViews views for a network
// whose votes neither quarter turns nor mirrors change: there are none of these
// among them. Fewer views are the start of more. The first is the image as it is;
// then it is turned by 45, by 22.5 and 67.5, and from view 4 on by 11.25, 56.25,
// 33.75 and 78.75 degrees, which for such a network are 64 views around the circle
// and in the mirror. Then all 8 come again at zoom 1/1.1, and at last at 1.1.
func SymmetricViews(n int) []Transform {
	views := make([]Transform, min(n, MaxSymmetricViews))
	for i := range views {
		views[i] = Transform{
			Degrees: 90 * evenly(i%symmetricRotations),
			Zoom:    viewZooms[i/symmetricRotations],
		}
	}
	return views
}

// evenly returns the i'th place in [0, 1), 0, 1/2, 1/4, 3/4 and so on: counting
// with the bits reversed halves the gaps one after another.
func evenly(i int) float64 { return float64(bits.Reverse8(uint8(i))) / 256 }
