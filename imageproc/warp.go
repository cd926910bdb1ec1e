package imageproc

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// A View is one way of looking at an image, for averaging a network's votes over
// several: a rotation about the centre, counter-clockwise, then a flip, as a
// Transform has them, and a magnification.
type View struct {
	Degrees float64
	Flip    bool
	Zoom    float64 // above 1 enlarges; 0 counts as 1
}

// Views are the product of 16 rotations, flip and 3 zooms.
const (
	viewRotations = 16
	viewFlips     = 2
	// MaxViews is how many views there are.
	MaxViews = viewRotations * viewFlips * 3
)

// Views returns the first n of MaxViews views. Fewer views are the start of more,
// and each number spreads them as evenly as it can. The first is the image as it
// is, the second its mirror image; so each rotation is followed by its mirror
// image, and the rotations are those by 0 and 180, then 90 and 270 degrees, which
// move pixels exactly; then, from view 8 on, by 45, 225, 135 and 315 degrees; and
// from view 16 on by the 8 halfway between. Then all 32 come again at zoom 1/1.1,
// and at last at 1.1.
func Views(n int) []View {
	views := make([]View, min(n, MaxViews))
	for i := range views {
		// Counting with the bits reversed halves the gaps one after another.
		turn := bits.Reverse8(uint8(i/viewFlips%viewRotations)) >> 4
		views[i] = View{
			Degrees: float64(turn) * 360 / viewRotations,
			Flip:    i%viewFlips == 1,
			Zoom:    []float64{1, 1 / 1.1, 1.1}[i/(viewFlips*viewRotations)],
		}
	}
	return views
}

// Pixels are blended in one multiplication for all three colours, which lie in
// lanes of 21 bits: 8 of a colour, times weights whose sum is 1<<weightBits.
const (
	laneBits   = 21
	weightBits = laneBits - 8
	weightSum  = 1 << weightBits
	laneHalves = weightSum/2 | weightSum/2<<laneBits | weightSum/2<<(2*laneBits)
)

// WarpRGB writes the view of src to dst: packed RGB squares of srcSize and size
// pixels a side, with one centre and, at zoom 1, one scale. Rotation, flip and
// zoom are one bilinear interpolation; beyond the edge of src all is black. At
// zoom 1, with sizes that are both even or both odd, right angles move pixels
// exactly. An angle that is not finite turns nothing.
//
// dst and src must not overlap. It allocates nothing, and may be called by
// several goroutines at once.
func (v View) WarpRGB(dst []byte, size int, src []byte, srcSize int) {
	dst, src = dst[:3*size*size], src[:3*srcSize*srcSize]
	zoom := v.Zoom
	if zoom == 0 {
		zoom = 1
	}
	if size == srcSize && zoom == 1 && !v.Flip && !turns(v.Degrees) {
		copy(dst, src)
		return
	}
	// (across, down) in src is one pixel to the right in dst, (-down, across)
	// one further down.
	down, across := sincosDegrees(v.Degrees)
	down, across = down/zoom, across/zoom
	mirror := 1.0
	if v.Flip {
		mirror = -1
	}
	corner := -float64(size-1) / 2
	stepX, stepY := fixed(mirror*across), fixed(mirror*down)
	for row := range size {
		y := corner + float64(row)
		startX := mirror*corner*across - y*down + float64(srcSize-1)/2
		startY := mirror*corner*down + y*across + float64(srcSize-1)/2
		warpRow(dst[3*size*row:][:3*size], src, srcSize, fixed(startX), fixed(startY), stepX, stepY)
	}
}

// sincosDegrees is exact at right angles.
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

// fixed has 32 bits behind the point: sums over a row stay within a millionth of
// a pixel, and the halves of right angles are exact.
func fixed(x float64) int64 { return int64(math.Round(x * (1 << 32))) }

// warpRow fills dst from positions in src, n pixels a side, that start at (x, y)
// and move on by a step a pixel.
func warpRow(dst, src []byte, n int, x, y, stepX, stepY int64) {
	stride, last := 3*n, uint(max(n-1, 0))
	for len(dst) >= 3 {
		left, top := int(x>>32), int(y>>32)
		fx := uint64(uint32(x) >> (32 - weightBits))
		fy := uint64(uint32(y) >> (32 - weightBits))
		var sum uint64
		// Within the edge, the three colours of two neighbours are read as one
		// word of 8 bytes.
		if i := 3*left + stride*top; uint(left) < last && uint(top) < last && i+stride+8 <= len(src) {
			upper := binary.LittleEndian.Uint64(src[i:])
			lower := binary.LittleEndian.Uint64(src[i+stride:])
			sum = blend(fx, fy, lanes(upper), lanes(upper>>24), lanes(lower), lanes(lower>>24))
		} else if left >= -1 && left < n && top >= -1 && top < n {
			sum = blend(fx, fy, pixelLanes(src, n, left, top), pixelLanes(src, n, left+1, top),
				pixelLanes(src, n, left, top+1), pixelLanes(src, n, left+1, top+1))
		}
		dst[0] = byte(sum >> weightBits)
		dst[1] = byte(sum >> (laneBits + weightBits))
		dst[2] = byte(sum >> (2*laneBits + weightBits))
		dst = dst[3:]
		x += stepX
		y += stepY
	}
}

// blend weighs the four pixels around a point that lies fx, fy behind the first.
func blend(fx, fy, first, right, below, across uint64) uint64 {
	both := (fx*fy + weightSum/2) >> weightBits
	return (weightSum-fx-fy+both)*first + (fx-both)*right + (fy-both)*below + both*across + laneHalves
}

// pixelLanes is black beyond the edge.
func pixelLanes(src []byte, n, x, y int) uint64 {
	if uint(x) >= uint(n) || uint(y) >= uint(n) {
		return 0
	}
	p := src[3*(n*y+x):][:3]
	return lanes(uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16)
}

// lanes spreads the three low bytes.
func lanes(rgb uint64) uint64 {
	return rgb&0xff | rgb&0xff00<<(laneBits-8) | rgb&0xff0000<<(2*laneBits-16)
}
