package imageproc

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// row makes an image of one row, grey, with bounds that do not start at zero.
func row(values ...uint8) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(7, -2, 7+len(values), -1))
	for i, v := range values {
		copy(img.Pix[4*i:], []byte{v, v / 2, 255 - v, 255})
	}
	return img
}

// The values are those of cv2.resize with INTER_AREA.
func TestResizeRow(t *testing.T) {
	tests := []struct {
		name string
		src  []uint8
		want []uint8
	}{
		{"whole ratio", []uint8{10, 20, 30, 40}, []uint8{15, 35}},
		{"half a pixel counts half", []uint8{0, 90, 240}, []uint8{30, 190}},
		{"5 to 3", []uint8{0, 100, 200, 50, 250}, []uint8{40, 150, 170}},
		{"7 to 2", []uint8{0, 10, 20, 250, 100, 3, 77}, []uint8{44, 87}},
		{"to one, rounded up", []uint8{1, 2}, []uint8{2}},
		{"same", []uint8{9, 3, 77}, []uint8{9, 3, 77}},
		{"doubled", []uint8{0, 200}, []uint8{0, 0, 200, 200}},
		{"2 to 3", []uint8{0, 255}, []uint8{0, 128, 255}},
		{"3 to 5", []uint8{0, 120, 240}, []uint8{0, 40, 120, 200, 240}},
		{"one to many", []uint8{7}, []uint8{7, 7, 7, 7}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Resize(row(test.src...), len(test.want), 1)
			if got.Rect != image.Rect(0, 0, len(test.want), 1) {
				t.Fatalf("bounds are %v", got.Rect)
			}
			for i, want := range test.want {
				if p := got.NRGBAAt(i, 0); p.R != want || p.A != 255 {
					t.Errorf("pixel %d is %v, want %d", i, p, want)
				}
			}
		})
	}
}

// TestResizeArea compares with the mean over the area, pixel by pixel.
func TestResizeArea(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		w, h := 1+rng.IntN(40), 1+rng.IntN(40)
		width, height := 1+rng.IntN(w), 1+rng.IntN(h)
		outer := noise(rng, image.Rect(-2, 3, w+5, h+9))
		img := outer.SubImage(image.Rect(1, 5, w+1, h+5)).(*image.NRGBA)
		before := string(outer.Pix)
		got := Resize(img, width, height)
		if string(outer.Pix) != before {
			t.Fatal("the image was changed")
		}
		for y := range height {
			for x := range width {
				for channel := range 3 {
					want := areaMean(img, x, y, channel, width, height)
					v := float64(got.Pix[got.PixOffset(x, y)+channel])
					if abs(v-want) > 0.5+1e-9 { // rounded to the nearest
						t.Fatalf("%dx%d to %dx%d, (%d, %d): got %v, want %v", w, h, width, height, x, y, v, want)
					}
				}
			}
		}
	}
}

func areaMean(img *image.NRGBA, x, y, channel, width, height int) float64 {
	sx, sy := float64(img.Rect.Dx())/float64(width), float64(img.Rect.Dy())/float64(height)
	overlap := func(j int, start, end float64) float64 {
		return max(0, math.Min(float64(j+1), end)-math.Max(float64(j), start))
	}
	var sum float64
	for j := range img.Rect.Dy() {
		wy := overlap(j, float64(y)*sy, float64(y+1)*sy)
		for i := range img.Rect.Dx() {
			wx := overlap(i, float64(x)*sx, float64(x+1)*sx)
			sum += wx * wy * float64(img.Pix[j*img.Stride+4*i+channel])
		}
	}
	return sum / (sx * sy)
}

func noise(rng *rand.Rand, r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.UintN(256))
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// Whatever the sizes, the weights of a position sum to the source's length, and
// the taps lie within the source.
func TestAxes(t *testing.T) {
	for source := 1; source < 70; source++ {
		for target := 1; target < 70; target++ {
			var a axis
			check := func(kind string) {
				if len(a.taps) != target {
					t.Fatalf("%s %d to %d: %d taps", kind, source, target, len(a.taps))
				}
				for _, p := range a.taps {
					sum := uint32(0)
					for _, w := range a.weights[p.from:p.to] {
						sum += w
					}
					if sum != uint32(source) || p.first < 0 || int(p.first+p.to-p.from) > source {
						t.Fatalf("%s %d to %d: weights %v from %d on", kind, source, target, a.weights[p.from:p.to], p.first)
					}
				}
			}
			if target <= source {
				a.setArea(source, target)
				check("area")
			}
			a.setLinear(source, target)
			check("linear")
		}
	}
}

func TestResizeKeepsConstants(t *testing.T) {
	src := image.NewNRGBA(image.Rect(0, 0, 207, 191))
	for i := range src.Pix {
		src.Pix[i] = 255
	}
	for _, size := range []image.Point{{64, 64}, {1, 1}, {207, 191}, {300, 250}, {64, 300}} {
		for i, v := range Resize(src, size.X, size.Y).Pix {
			if v != 255 {
				t.Fatalf("%v: value %d is %d, want 255", size, i, v)
			}
		}
	}
}

// A scaler's tables serve images of several sizes in turn.
func TestResizeTwiceIsTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	a, b := noise(rng, image.Rect(0, 0, 50, 40)), noise(rng, image.Rect(0, 0, 13, 70))
	first := Resize(a, 20, 10)
	Resize(b, 33, 35)
	Resize(b, 5, 9)
	if second := Resize(a, 20, 10); string(second.Pix) != string(first.Pix) {
		t.Error("the result depends on earlier calls")
	}
}

func TestResizeOfNothingIsBlack(t *testing.T) {
	got := Resize(image.NewNRGBA(image.Rectangle{}), 2, 1)
	if string(got.Pix) != "\x00\x00\x00\xff\x00\x00\x00\xff" {
		t.Errorf("pixels are %v", got.Pix)
	}
}

func TestShrink(t *testing.T) {
	for _, c := range []struct{ from, want image.Point }{
		{image.Pt(8, 5), image.Pt(8, 5)},
		{image.Pt(16, 10), image.Pt(8, 5)},
		{image.Pt(10, 16), image.Pt(5, 8)},
		{image.Pt(20, 1), image.Pt(8, 1)},
		{image.Pt(29, 29), image.Pt(8, 8)},
		{image.Pt(0, 0), image.Pt(0, 0)},
	} {
		img := image.NewNRGBA(image.Rectangle{Max: c.from})
		got := Shrink(img, 8)
		if got.Rect.Size() != c.want || (c.from == c.want) != (got == img) {
			t.Errorf("%v: %v, the same image: %t; want %v", c.from, got.Rect.Size(), got == img, c.want)
		}
	}
}
