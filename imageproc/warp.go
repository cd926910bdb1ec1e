package imageproc

import (
	"encoding/binary"
	"math"
)

// Pixels are blended in one multiplication for all three colours, which lie in
// lanes of 21 bits: 8 of a colour, times weights whose sum is 1<<weightBits.
const (
	laneBits   = 21
	laneMask   = 1<<laneBits - 1
	weightBits = laneBits - 8
	weightSum  = 1 << weightBits
	laneHalves = weightSum/2 | weightSum/2<<laneBits | weightSum/2<<(2*laneBits)
)

// WarpRGB writes the changed image to dst: packed RGB squares of srcSize and size
// pixels a side with one centre and, at zoom 1, scale pixels of src to one of dst
// along an axis, so that a src larger than scale times dst is one with a margin.
// Whatever the change, it is one bilinear interpolation, whose levels, brightness
// included, are rounded once; beyond the edge of src all is black. Whole angles at
// scale 1 agree with Rotate within one level. At zoom 1, with whole shifts and sizes
// that are both even or both odd, right angles at scale 1 move pixels exactly; the
// zero Transform copies the middle of src. At scales that Preprocessing.Oversample
// may have, right angles and flips move exactly what the zero Transform interpolates.
// An angle that is not finite turns nothing.
//
// dst and src must not overlap. It allocates nothing, and may be called by
// several goroutines at once.
func (t Transform) WarpRGB(dst []byte, size int, src []byte, srcSize int, scale float64) {
	dst, src = dst[:3*size*size], src[:3*srcSize*srcSize]
	margin := (srcSize - size) / 2
	if t.still() && scale == 1 && t.Brightness == 0 && size+2*margin == srcSize && margin >= 0 {
		for row := range size {
			copy(dst[3*size*row:][:3*size], src[3*(srcSize*(row+margin)+margin):])
		}
		return
	}
	m := t.affine(size, srcSize, scale)
	stepX, stepY := fixed(m.xx), fixed(m.yx)
	var tint [3]int
	for c, levels := range t.Tint() {
		tint[c] = int(math.Round(float64(levels) * weightSum))
	}
	for row := range size {
		y := float64(row)
		warpRow(dst[3*size*row:][:3*size], src, srcSize, fixed(m.x0+m.xy*y), fixed(m.y0+m.yy*y), stepX, stepY, tint)
	}
}

// fixed has 32 bits behind the point: sums over a row stay within a millionth of
// a pixel, and the halves of right angles are exact.
func fixed(x float64) int64 { return int64(math.Round(x * (1 << 32))) }

// warpRow fills dst from positions in src, n pixels a side, that start at (x, y)
// and move on by a step a pixel, and adds the tint, in 1/weightSum of a level.
func warpRow(dst, src []byte, n int, x, y, stepX, stepY int64, tint [3]int) {
	stride, last := 3*n, uint(max(n-1, 0))
	tinted := tint != [3]int{}
	for len(dst) >= 3 {
		left, top := int(x>>32), int(y>>32)
		fx := uint64(uint32(x) >> (32 - weightBits))
		fy := uint64(uint32(y) >> (32 - weightBits))
		sum := uint64(laneHalves) // black, to be rounded
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
		if tinted {
			dst[0] = level(int(sum&laneMask) + tint[0])
			dst[1] = level(int(sum>>laneBits&laneMask) + tint[1])
			dst[2] = level(int(sum>>(2*laneBits)) + tint[2])
		} else {
			dst[0] = byte(sum >> weightBits)
			dst[1] = byte(sum >> (laneBits + weightBits))
			dst[2] = byte(sum >> (2*laneBits + weightBits))
		}
		dst = dst[3:]
		x += stepX
		y += stepY
	}
}

// level drops the bits of the weights and keeps the result within a byte.
func level(sum int) byte { return byte(min(max(sum>>weightBits, 0), 255)) }

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
