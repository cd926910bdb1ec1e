package imageproc

import (
	"encoding/binary"
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"
)

// sketch makes an image from rows of characters, '#' for a bright pixel, with a
// dark border of the given width about it. The origin of its bounds is (-3, 5),
// and its pixels are part of a larger, bright image.
func sketch(border int, rows ...string) *image.NRGBA {
	width, height := len(rows[0])+2*border, len(rows)+2*border
	outer := image.NewNRGBA(image.Rect(-4, 4, width-2, height+6))
	for i := range outer.Pix {
		outer.Pix[i] = 200
	}
	img := outer.SubImage(image.Rect(-3, 5, width-3, height+5)).(*image.NRGBA)
	for y := range height {
		for x := range width {
			level := uint8(3)
			if j, i := y-border, x-border; j >= 0 && j < len(rows) && i >= 0 && i < len(rows[0]) && rows[j][i] == '#' {
				level = 180
			}
			p := img.Pix[y*img.Stride+4*x:][:4]
			p[0], p[1], p[2], p[3] = level, level, level, 255
		}
	}
	return img
}

func TestLargestContour(t *testing.T) {
	tests := []struct {
		name string
		rows string
		want image.Rectangle
	}{
		{"nothing", "... ...", image.Rectangle{}},
		{"one pixel", "... .#. ...", image.Rect(1, 1, 2, 2)},
		{"all", "### ###", image.Rect(0, 0, 3, 2)},
		{"the border counts", "#.. ... ..#", image.Rect(2, 2, 3, 3)},
		{"diagonals connect", "#... .#.. ..#. ....", image.Rect(0, 0, 3, 3)},
		{"a diagonal to the left", "..#. .#.. #...", image.Rect(0, 0, 3, 3)},
		{"the largest rectangle, not the most pixels", "##...# ##..#. ##.#..", image.Rect(3, 0, 6, 3)},
		{"arms that meet below", "#...# #...# ##### .....", image.Rect(0, 0, 5, 3)},
		{"arms that meet twice", "#.#.# #.#.# ##### #...#", image.Rect(0, 0, 5, 4)},
		{"of equals the last to be met", "##.## ##.##", image.Rect(3, 0, 5, 2)},
		{"of equals the lower", "##... ##.## ...##", image.Rect(3, 1, 5, 3)},
		// The hole of the left ring is met after the right square, and its
		// border has the ring's rectangle.
		{"of equals one with a hole", "###.### #.#.### ###.###", image.Rect(0, 0, 3, 3)},
		{"of equals two with a hole", "###.### #.#.#.# ###.###", image.Rect(4, 0, 7, 3)},
		{"a small hole does not count", "####.#### #.##.#### ####.#### ####.####", image.Rect(5, 0, 9, 4)},
		{"a hole open to the frame", "#.#.### #.#.### ###.###", image.Rect(4, 0, 7, 3)},
		{"dark does not connect diagonally", "##...... #.#.####", image.Rect(0, 0, 3, 2)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := largestContour(sketch(0, strings.Fields(test.rows)...)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestLargestContourAgainstFlooding compares with a slow way to the same end on
// masks of every density.
func TestLargestContourAgainstFlooding(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 3000 {
		w, h := 1+rng.IntN(14), 1+rng.IntN(14)
		if round%5 == 0 {
			w += 120 // more than a word of the mask
		}
		density := rng.Float64()
		rows := make([]string, h)
		for y := range rows {
			row := make([]byte, w)
			for x := range row {
				row[x] = '.'
				if rng.Float64() < density {
					row[x] = '#'
				}
			}
			rows[y] = string(row)
		}
		got, want := largestContour(sketch(0, rows...)), flooded(rows)
		if got != want {
			t.Fatalf("round %d: got %v, want %v in\n%s", round, got, want, strings.Join(rows, "\n"))
		}
	}
}

// flooded is largestContour by flood filling.
func flooded(rows []string) image.Rectangle {
	w, h := len(rows[0]), len(rows)
	seen := make([]bool, w*h)
	var best image.Rectangle
	area := 0
	for start := range seen {
		if seen[start] {
			continue
		}
		bright := rows[start/w][start%w] == '#'
		var r image.Rectangle
		open := false
		stack := []image.Point{{X: start % w, Y: start / w}}
		seen[start] = true
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			r = r.Union(image.Rect(p.X, p.Y, p.X+1, p.Y+1))
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					if !bright && dx != 0 && dy != 0 {
						continue
					}
					q := p.Add(image.Pt(dx, dy))
					if !q.In(image.Rect(0, 0, w, h)) {
						open = true
						continue
					}
					if (rows[q.Y][q.X] == '#') == bright && !seen[q.Y*w+q.X] {
						seen[q.Y*w+q.X] = true
						stack = append(stack, q)
					}
				}
			}
		}
		if !bright {
			if open {
				continue
			}
			r = r.Inset(-1)
		}
		if a := r.Dx() * r.Dy(); a >= area {
			best, area = r, a
		}
	}
	return best
}

func TestBrightPair(t *testing.T) {
	tests := []struct {
		r, g, b uint8
		want    bool
	}{
		{0, 0, 0, false},
		{10, 10, 10, false},
		{11, 11, 11, true},
		{10, 11, 10, true},    // 10.587
		{10, 10, 11, false},   // blue has red's weight: 10.299
		{10, 10, 12, true},    // 10.598
		{12, 10, 10, false},   // red has blue's weight: 10.228
		{14, 10, 10, false},   // 10.456
		{15, 10, 10, true},    // 10.570
		{0, 17, 2, true},      // 10.577
		{0, 18, 0, true},      // 10.566
		{0, 0, 35, false},     // 10.465
		{0, 0, 36, true},      // 10.764
		{92, 0, 0, false},     // 10.487
		{93, 0, 0, true},      // 10.600
		{255, 255, 255, true}, // no overflow
	}
	for _, test := range tests {
		want := uint64(0)
		if test.want {
			want = 1
		}
		for _, other := range []uint8{0, 255} { // alpha and the neighbour
			p := []byte{test.r, test.g, test.b, other, other, other, other, 255, test.r, test.g, test.b, 255}
			first, second := brightPair(binary.LittleEndian.Uint64(p))&1, brightPair(binary.LittleEndian.Uint64(p[4:]))>>1
			if first != want || second != want {
				t.Errorf("(%d, %d, %d) is bright: %d, %d beside %d, want %d", test.r, test.g, test.b, first, second, other, want)
			}
		}
	}
}

// Dark words are those whose pairs are dark for certain, each colour by itself.
func TestLit(t *testing.T) {
	for _, alpha := range []byte{0, 11, 255} {
		for at := range 8 {
			for level := range 256 {
				p := []byte{10, 0, 10, alpha, 9, 10, 5, alpha}
				p[at] = byte(level)
				word := binary.LittleEndian.Uint64(p)
				if want := at%4 != 3 && level > brightness; lit(word) != 0 != want {
					t.Fatalf("%v is lit: %t, want %t", p, lit(word) != 0, want)
				}
				if lit(word) == 0 && brightPair(word) != 0 {
					t.Fatalf("%v is bright and not lit", p)
				}
			}
		}
	}
}

func TestRegionOfInterest(t *testing.T) {
	block := func(w, h int) []string {
		rows := make([]string, h)
		for y := range rows {
			rows[y] = strings.Repeat("#", w)
		}
		return rows
	}
	tests := []struct {
		name   string
		border int
		rows   []string
		want   image.Rectangle // from the image's top left pixel
	}{
		{"square with a pad of a fifth", 10, block(5, 5), image.Rect(9, 9, 16, 16)},
		{"the pad is rounded down", 10, block(9, 9), image.Rect(9, 9, 20, 20)},
		{"no pad below five pixels", 10, block(4, 4), image.Rect(10, 10, 14, 14)},
		{"wide: down from its top left corner", 15, block(20, 4), image.Rect(0, 0, 50, 34)}, // 15+20+4 = 39 > 34
		{"high: to the right", 30, block(3, 10), image.Rect(28, 28, 42, 42)},
		{"touching the top left corner of the frame", 1, block(5, 5), image.Rect(0, 0, 7, 7)}, // far side is at the frame
		{"empty", 6, []string{"..", ".."}, image.Rect(0, 0, 14, 14)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			img := sketch(test.border, test.rows...)
			before := string(img.Pix)
			got := RegionOfInterest(img).Sub(img.Rect.Min)
			if got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if string(img.Pix) != before {
				t.Error("the image was changed")
			}
		})
	}
}

// TestRegionOfInterestAtTheFrame moves a square about a frame. The study wants
// the far sides strictly within: one pixel of the frame is left over.
func TestRegionOfInterestAtTheFrame(t *testing.T) {
	const side, object = 20, 5 // padded by 1
	for at := range side - object + 1 {
		rows := make([]string, side)
		for y := range rows {
			row := []byte(strings.Repeat(".", side))
			if y >= 7 && y < 7+object {
				copy(row[at:], "#####")
			}
			rows[y] = string(row)
		}
		img := sketch(0, rows...)
		want := img.Rect
		if at-1 >= 0 && at+object+1 < side {
			want = image.Rect(at-1, 6, at+object+1, 6+object+2).Add(img.Rect.Min)
		}
		if got := RegionOfInterest(img); got != want {
			t.Errorf("object at %d: got %v, want %v", at, got, want)
		}
	}
}

// TestRegionOfInterestNotSquare has the study's exchange of width and height.
func TestRegionOfInterestNotSquare(t *testing.T) {
	draw := func(w, h, x, y int) *image.NRGBA {
		rows := make([]string, h)
		for j := range rows {
			row := []byte(strings.Repeat(".", w))
			if j >= y && j < y+5 {
				copy(row[x:], "#####")
			}
			rows[j] = string(row)
		}
		return sketch(0, rows...)
	}
	tests := []struct {
		w, h, x, y int
		want       image.Rectangle
	}{
		{30, 20, 3, 3, image.Rect(2, 2, 9, 9)},
		{30, 20, 20, 3, image.Rect(0, 0, 30, 20)}, // within, but beyond 20 along x
		{30, 20, 3, 15, image.Rect(2, 14, 9, 20)}, // below the frame, but within 30
		{20, 30, 3, 20, image.Rect(0, 0, 20, 30)}, // the same the other way
		{20, 30, 15, 3, image.Rect(14, 2, 20, 9)},
	}
	for _, test := range tests {
		img := draw(test.w, test.h, test.x, test.y)
		if got := RegionOfInterest(img).Sub(img.Rect.Min); got != test.want {
			t.Errorf("%dx%d, object at (%d, %d): got %v, want %v", test.w, test.h, test.x, test.y, got, test.want)
		}
	}
}

// The study takes int(0.2 * side) in floating point.
func TestPadIsAFifth(t *testing.T) {
	for side := range 1 << 16 {
		fifth := 0.2
		if got, want := side/5, int(float64(side)*fifth); got != want {
			t.Fatalf("a fifth of %d is %d, in floating point %d", side, got, want)
		}
	}
}

func TestRegionOfInterestDegenerate(t *testing.T) {
	for _, r := range []image.Rectangle{{}, image.Rect(2, 2, 2, 9), image.Rect(0, 0, 1, 1)} {
		if got := RegionOfInterest(image.NewNRGBA(r)); got != r {
			t.Errorf("got %v, want %v", got, r)
		}
	}
}

func ExampleRegionOfInterest() {
	// A galaxy of 90 pixels' width to the left of the centre of a dark sky.
	sky := image.NewNRGBA(image.Rect(0, 0, 424, 424))
	makeOpaque(sky)
	for y := 170; y < 250; y++ {
		for x := 140; x < 230; x++ {
			copy(sky.Pix[sky.PixOffset(x, y):], []byte{120, 110, 100})
		}
	}
	fmt.Println(RegionOfInterest(sky))
	// Output: (122,152)-(248,278)
}

// noisySky is a galaxy on a sky whose noise crosses the threshold in places, as
// in survey images.
func noisySky(side int) *image.NRGBA {
	img := disc(side, side, float64(side)/2, float64(side)/2, float64(side)/5)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range img.Pix {
		if i%4 != 3 {
			img.Pix[i] = uint8(min(255, int(img.Pix[i])+rng.IntN(13)))
		}
	}
	return img
}
