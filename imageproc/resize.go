package imageproc

import (
	"image"
	"math"
	"sync"
)

// Resize scales img to width x height pixels as OpenCV's INTER_AREA does. Where
// neither side grows, a pixel of the result is the mean of the area it covers,
// pixels at the area's edge counting by the fraction that lies inside; where
// one does, both axes interpolate between two pixels. Sums are whole numbers
// and are rounded once, so that the result is the same on every machine and
// within one level of OpenCV's. Alpha is ignored.
//
// The imaging package's Box filter has no partial weights: a pixel counts fully
// or not at all, which shifts detail by up to half a pixel at a ratio such as
// 207:64.
//
// It panics where a size is not positive.
func Resize(img *image.NRGBA, width, height int) *image.NRGBA {
	if width <= 0 || height <= 0 {
		panic("imageproc: Resize to a size that is not positive")
	}
	dst := image.NewNRGBA(image.Rect(0, 0, width, height))
	srcWidth, srcHeight := img.Rect.Dx(), img.Rect.Dy()
	if srcWidth == 0 || srcHeight == 0 {
		makeOpaque(dst)
		return dst
	}
	s := scalers.Get().(*scaler)
	defer scalers.Put(s)
	s.scale(dst, img)
	return dst
}

// Shrink returns img itself where neither of its sides is longer than side, in
// pixels; else scaled by Resize so that the longer one is. Neither becomes 0.
func Shrink(img *image.NRGBA, side int) *image.NRGBA {
	size := img.Rect.Size()
	longer := max(size.X, size.Y)
	if longer <= side {
		return img
	}
	return Resize(img, max(size.X*side/longer, 1), max(size.Y*side/longer, 1))
}

func makeOpaque(img *image.NRGBA) {
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 0xff
	}
}

// An axis tells, for each position of the result along one axis, which
// positions of the source it is made of. The weights of one position are whole
// numbers that sum to the source's length.
type axis struct {
	taps    []tap
	weights []uint32
}

// A tap is one position of the result: the source positions from first on,
// with the weights weights[from:to].
type tap struct{ first, from, to int32 }

// setArea makes a the axis of area averaging from source to target positions,
// target <= source. In units of 1/target of a source position, position d of
// the result covers [d*source, (d+1)*source), and j of the source
// [j*target, (j+1)*target).
func (a *axis) setArea(source, target int) {
	a.taps, a.weights = a.taps[:0], a.weights[:0]
	for d := range target {
		start, end := d*source, (d+1)*source
		first, from := start/target, len(a.weights)
		for j := first; j*target < end; j++ {
			overlap := min(end, (j+1)*target) - max(start, j*target)
			a.weights = append(a.weights, uint32(overlap))
		}
		a.taps = append(a.taps, tap{int32(first), int32(from), int32(len(a.weights))})
	}
}

// setLinear makes a the axis of OpenCV's enlargement: source positions are
// repeated, and the last result position that starts within one is mixed with
// its successor by how far it reaches over. The arithmetic is OpenCV's too, as
// its rounding decides which pixel is taken where two meet exactly at a
// position.
func (a *axis) setLinear(source, target int) {
	a.taps, a.weights = a.taps[:0], a.weights[:0]
	inverse := float64(target) / float64(source)
	ratio := 1 / inverse
	for d := range target {
		first := int(math.Floor(float64(d) * ratio))
		// The conversion of the product keeps it from being fused with the
		// subtraction, which rounds otherwise.
		over := float32(float64(d+1) - float64(float64(first+1)*inverse))
		over = max(0, over)
		over -= float32(math.Floor(float64(over)))
		if first >= source-1 {
			first, over = source-1, 0
		}
		from, second := len(a.weights), uint32(over*float32(source)+0.5)
		a.weights = append(a.weights, uint32(source)-second)
		if second > 0 {
			a.weights = append(a.weights, second)
		}
		a.taps = append(a.taps, tap{int32(first), int32(from), int32(len(a.weights))})
	}
}

// A scaler holds the tables and rows of one Resize, kept for the next.
type scaler struct {
	x, y axis
	rows [2][]uint32 // source rows scaled along x: even and odd
	held [2]int32    // which rows those are
	sums []uint64    // one row of the result
}

var scalers = sync.Pool{New: func() any { return new(scaler) }}

func (s *scaler) scale(dst, src *image.NRGBA) {
	width, height := dst.Rect.Dx(), dst.Rect.Dy()
	srcWidth, srcHeight := src.Rect.Dx(), src.Rect.Dy()
	if width <= srcWidth && height <= srcHeight {
		s.x.setArea(srcWidth, width)
		s.y.setArea(srcHeight, height)
	} else {
		s.x.setLinear(srcWidth, width)
		s.y.setLinear(srcHeight, height)
	}
	for i := range s.rows {
		s.rows[i] = resized(s.rows[i], 3*width)
		s.held[i] = -1
	}
	s.sums = resized(s.sums, 3*width)

	total := uint64(srcWidth) * uint64(srcHeight)
	for y, t := range s.y.taps {
		clear(s.sums)
		for k, weight := range s.y.weights[t.from:t.to] {
			row := s.row(src, t.first+int32(k))
			for i, v := range row {
				s.sums[i] += uint64(weight) * uint64(v)
			}
		}
		out := dst.Pix[y*dst.Stride:][:4*width]
		for x := range width {
			sums, pixel := s.sums[3*x:][:3], out[4*x:][:4]
			pixel[0] = uint8((sums[0] + total/2) / total)
			pixel[1] = uint8((sums[1] + total/2) / total)
			pixel[2] = uint8((sums[2] + total/2) / total)
			pixel[3] = 0xff
		}
	}
}

// row returns source row y scaled along x. Neighbouring rows of the result
// share at most two source rows, and those are neighbours.
func (s *scaler) row(src *image.NRGBA, y int32) []uint32 {
	row := s.rows[y&1]
	if s.held[y&1] == y {
		return row
	}
	s.held[y&1] = y
	pixels := src.Pix[int(y)*src.Stride:]
	for x, t := range s.x.taps {
		var r, g, b uint32
		p := pixels[4*t.first:]
		for _, weight := range s.x.weights[t.from:t.to] {
			r += weight * uint32(p[0])
			g += weight * uint32(p[1])
			b += weight * uint32(p[2])
			p = p[4:]
		}
		out := row[3*x:][:3]
		out[0], out[1], out[2] = r, g, b
	}
	return row
}

// resized returns a slice of n elements, s itself where it is large enough.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
