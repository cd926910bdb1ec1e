package imageproc

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// interpolated makes the change as TensorFlow's ImageProjectiveTransformV3 does
// with bilinear interpolation and a constant fill of 0, and tints the result.
func interpolated(t Transform, size int, src []byte, srcSize int, scale float64) []byte {
	m, tint := t.Projective(size, srcSize, scale), t.Tint()
	at := func(x, y, c int) float64 {
		if x < 0 || y < 0 || x >= srcSize || y >= srcSize {
			return 0
		}
		return float64(src[3*(srcSize*y+x)+c])
	}
	dst := make([]byte, 3*size*size)
	for i := range dst {
		x, y, c := float64(i/3%size), float64(i/3/size), i%3
		sx := float64(m[0])*x + float64(m[1])*y + float64(m[2])
		sy := float64(m[3])*x + float64(m[4])*y + float64(m[5])
		left, top := math.Floor(sx), math.Floor(sy)
		fx, fy := sx-left, sy-top
		l, u := int(left), int(top)
		upper := (1-fx)*at(l, u, c) + fx*at(l+1, u, c)
		lower := (1-fx)*at(l, u+1, c) + fx*at(l+1, u+1, c)
		dst[i] = byte(math.Round(min(max((1-fy)*upper+fy*lower+float64(tint[c]), 0), 255)))
	}
	return dst
}

func TestProjectiveIsWarp(t *testing.T) {
	// The weights' 13 bits are a tenth of a level between pixels that differ by 255,
	// float32 coefficients less: two roundings of nearly the same number.
	const tolerance = 1
	rng := rand.New(rand.NewPCG(1, 1))
	all := Augmentation{Rotate: true, Flip: true, Zoom: 1.5, Shift: 9, Brightness: 3}
	for _, frame := range []struct {
		size, srcSize int
		scale         float64
	}{{64, 64, 1}, {64, 96, 1}, {33, 45, 1}, {20, 9, 1}, {64, 96, 1.5}, {64, 144, 1.5}, {33, 99, 3}, {20, 25, 1.25}} {
		size, srcSize := frame.size, frame.srcSize
		src := randomRGB(rng, srcSize)
		got := make([]byte, 3*size*size)
		for range 60 {
			change := all.Draw(rng)
			change.WarpRGB(got, size, src, srcSize, frame.scale)
			want := interpolated(change, size, src, srcSize, frame.scale)
			for i := range got {
				if abs(float64(got[i])-float64(want[i])) > tolerance {
					t.Fatalf("%+v, %+v: value %d is %d, want %d", frame, change, i, got[i], want[i])
				}
			}
		}
	}
	if m := (Transform{}).Projective(64, 96, 1); m != [8]float32{1, 0, 16, 0, 1, 16} {
		t.Errorf("the middle is %v", m)
	}
	if m := (Transform{Flip: true, ShiftX: 2}).Projective(64, 64, 1); m != [8]float32{-1, 0, 65, 0, 1, 0} {
		t.Errorf("flipped and then moved to the right by 2 is %v", m)
	}
	if m := (Transform{Zoom: 2, ShiftY: 4}).Projective(64, 128, 2); m != [8]float32{1, 0, 32, 0, 1, 28} {
		t.Errorf("the half of a crop oversampled by 2, moved down by 4, is %v", m)
	}
}

func TestWholeShifts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const size, srcSize = 20, 30
	src, dst := randomRGB(rng, srcSize), make([]byte, 3*size*size)
	for _, shift := range [][2]int{{3, 0}, {-4, 2}, {0, 5}, {5, -5}} {
		Transform{ShiftX: float64(shift[0]), ShiftY: float64(shift[1])}.WarpRGB(dst, size, src, srcSize, 1)
		for y := range size {
			from := 3 * (srcSize*(y+5-shift[1]) + 5 - shift[0])
			if !bytes.Equal(dst[3*size*y:][:3*size], src[from:][:3*size]) {
				t.Fatalf("shift %v: row %d differs", shift, y)
			}
		}
	}
}

func TestBrightness(t *testing.T) {
	levels := []byte{0, 0, 0, 1, 2, 3, 100, 100, 100, 255, 255, 255}
	for _, test := range []struct {
		brightness float64
		want       []byte
	}{
		{0, levels},
		// 255*0.0148 = 3.77, 255*0.0125 = 3.19, 255*0.0104 = 2.65
		{1, []byte{0, 0, 0, 0, 0, 0, 96, 97, 97, 251, 252, 252}},
		{-1, []byte{4, 3, 3, 5, 5, 6, 104, 103, 103, 255, 255, 255}},
		{100, make([]byte, 12)},
		{-100, bytes.Repeat([]byte{255}, 12)},
	} {
		for _, degrees := range []float64{0, 180} {
			got, turned := make([]byte, 12), make([]byte, 12)
			Transform{Degrees: degrees, Brightness: test.brightness}.WarpRGB(got, 2, levels, 2, 1)
			Transform{Degrees: -degrees}.WarpRGB(turned, 2, got, 2, 1)
			if !bytes.Equal(turned, test.want) {
				t.Errorf("brightness %v at %v degrees: %v, want %v", test.brightness, degrees, turned, test.want)
			}
		}
	}
}

func ExampleTransform_Projective() {
	quarter := Transform{Degrees: 90}
	fmt.Println(quarter.Projective(64, 64, 1))
	// Output: [0 -1 63 1 0 0 0 0]
}
