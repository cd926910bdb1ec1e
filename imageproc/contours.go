package imageproc

import (
	"image"
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
	bright, start, x := false, int32(0), int32(0)
	for ; len(pixels) >= 4; pixels = pixels[4:] {
		if isBright(pixels[0], pixels[1], pixels[2]) != bright {
			l.row = append(l.row, span{start: start, end: x})
			bright, start = !bright, x
		}
		x++
	}
	l.row = append(l.row, span{start: start, end: x})
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
