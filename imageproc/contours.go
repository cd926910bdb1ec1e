package imageproc

import (
	"encoding/binary"
	"image"
	"math/bits"
	"sync"
)

// A region is a connected set of pixels on one side of the brightness
// threshold: bright pixels connect to all eight neighbours, dark ones to four,
// so that exactly one of two crossing diagonals is connected.
type region struct {
	parent int32 // itself for a root of the union-find forest
	bright bool
	// first is the position y*width+x of the region's first pixel in reading
	// order. A region's border is found there when an image is scanned.
	first                  int32
	minX, minY, maxX, maxY int32
}

// A span is a stretch [start, end) of equal pixels within a row.
type span struct {
	start, end int32
	region     int32
}

// A labelling divides an image's mask into regions, row by row.
type labelling struct {
	regions   []region
	row, last []span // of the row at work and of the one before it
}

var labellings = sync.Pool{New: func() any { return new(labelling) }}

// largestContour returns the bounding rectangle, relative to the top left pixel
// of img, of the contour with the largest one; it is empty where no pixel is
// bright. Contours are the outer borders of bright regions and the borders of
// the holes in them. As in OpenCV, a hole's border runs on the bright pixels
// around it and so spans one pixel more on each side, what lies beyond the
// frame is dark, and of equals the one that is met last in reading order wins,
// OpenCV's list being in reverse.
func largestContour(img *image.NRGBA) image.Rectangle {
	l := labellings.Get().(*labelling)
	defer labellings.Put(l)
	width, height := int32(img.Rect.Dx()), int32(img.Rect.Dy())
	l.label(img)

	var best image.Rectangle
	bestArea, bestFirst := 0, int32(-1)
	for i := range l.regions {
		g := &l.regions[i]
		if g.parent != int32(i) {
			continue
		}
		r := image.Rect(int(g.minX), int(g.minY), int(g.maxX)+1, int(g.maxY)+1)
		if !g.bright {
			if g.minX == 0 || g.minY == 0 || g.maxX == width-1 || g.maxY == height-1 {
				continue // open to the dark beyond the frame: sky, not a hole
			}
			r = r.Inset(-1)
		}
		area := r.Dx() * r.Dy()
		if area > bestArea || area == bestArea && g.first > bestFirst {
			best, bestArea, bestFirst = r, area, g.first
		}
	}
	return best
}

// label finds the regions of img in one pass.
func (l *labelling) label(img *image.NRGBA) {
	l.regions, l.last = l.regions[:0], l.last[:0]
	width, height := img.Rect.Dx(), img.Rect.Dy()
	for y := range height {
		l.split(img.Pix[y*img.Stride:][:4*width])
		l.connect(int32(y), int32(width))
		l.row, l.last = l.last, l.row
	}
}

// split cuts a row of pixels into spans, dark and bright in turn. The first is
// dark, and empty where the row starts with a bright pixel.
func (l *labelling) split(pixels []byte) {
	l.row = l.row[:0]
	width := int32(len(pixels) / 4)
	start, last := int32(0), uint64(0) // 1 after a bright pixel
	for x := int32(0); x < width; x += 64 {
		var mask, there uint64 = 0, 1<<64 - 1
		if len(pixels) >= 4*64 {
			mask = brightMask((*[4 * 64]byte)(pixels))
			pixels = pixels[4*64:]
		} else {
			var end [4 * 64]byte
			copy(end[:], pixels)
			mask = brightMask(&end)
			there = 1<<(width-x) - 1
		}
		// A bit is set where a pixel differs from the one before it.
		for changes := (mask ^ (mask<<1 | last)) & there; changes != 0; changes &= changes - 1 {
			end := x + int32(bits.TrailingZeros64(changes))
			l.row = append(l.row, span{start: start, end: end})
			start = end
		}
		last = mask >> 63
	}
	l.row = append(l.row, span{start: start, end: width})
}

// brightMask tells, bit by bit, which of 64 pixels are bright. Most of an image is
// sky, which is passed over by eight pixels.
func brightMask(pixels *[4 * 64]byte) (mask uint64) {
	for i := 0; i < len(pixels); i += 32 {
		a, b := binary.LittleEndian.Uint64(pixels[i:]), binary.LittleEndian.Uint64(pixels[i+8:])
		c, d := binary.LittleEndian.Uint64(pixels[i+16:]), binary.LittleEndian.Uint64(pixels[i+24:])
		mask >>= 8
		if lit(a)|lit(b)|lit(c)|lit(d) != 0 {
			mask |= brightPair(a)<<56 | brightPair(b)<<58 | brightPair(c)<<60 | brightPair(d)<<62
		}
	}
	return mask
}

// connect gives each span of row y its region: that of the spans it touches in
// the row above, joining them, or a new one.
func (l *labelling) connect(y, width int32) {
	above := 0
	for i := range l.row {
		s := &l.row[i]
		if s.start == s.end {
			continue
		}
		bright := i&1 == 1
		reach := int32(i & 1) // a bright span touches diagonally too
		for above < len(l.last) && l.last[above].end+1 < s.start {
			above++
		}
		s.region = -1
		for k := above; k < len(l.last) && l.last[k].start < s.end+reach; k++ {
			t := l.last[k]
			if k&1 != i&1 || t.start == t.end || t.end+reach <= s.start {
				continue
			}
			if s.region < 0 {
				s.region = l.root(t.region)
			} else {
				s.region = l.join(s.region, l.root(t.region))
			}
		}
		if s.region < 0 {
			s.region = int32(len(l.regions))
			l.regions = append(l.regions, region{
				parent: s.region, bright: bright, first: y*width + s.start,
				minX: s.start, minY: y, maxX: s.end - 1, maxY: y,
			})
			continue
		}
		g := &l.regions[s.region]
		g.minX, g.maxX, g.maxY = min(g.minX, s.start), max(g.maxX, s.end-1), y
	}
}

func (l *labelling) root(i int32) int32 {
	for l.regions[i].parent != i {
		l.regions[i].parent = l.regions[l.regions[i].parent].parent
		i = l.regions[i].parent
	}
	return i
}

// join unites the regions of two roots and returns the root of both: the older
// one, which holds the first pixel.
func (l *labelling) join(a, b int32) int32 {
	if a == b {
		return a
	}
	a, b = min(a, b), max(a, b)
	g, h := &l.regions[a], &l.regions[b]
	h.parent = a
	g.minX, g.maxX = min(g.minX, h.minX), max(g.maxX, h.maxX)
	g.maxY = max(g.maxY, h.maxY) // minY: the older region starts no lower
	return a
}
