package imageproc

import (
	"image"
	"testing"
)

// Colour samples of 100 and 140 are mixed 3:1 and 1:3 between their centres.
// The values are of the blue channel, 128 + 1.772*(Cb-128).
func TestSmoothChroma(t *testing.T) {
	const (
		at100, at110, at130, at140 = 78, 96, 132, 149
	)
	tests := []struct {
		name   string
		ratio  image.YCbCrSubsampleRatio
		size   image.Point
		cb     []uint8 // row by row
		across []uint8 // blue along the first row
		down   []uint8 // blue along the first column
	}{
		{"4:2:0", image.YCbCrSubsampleRatio420, image.Pt(4, 4), []uint8{100, 140, 140, 140},
			[]uint8{at100, at110, at130, at140}, []uint8{at100, at110, at130, at140}},
		{"4:2:2", image.YCbCrSubsampleRatio422, image.Pt(4, 2), []uint8{100, 140, 140, 140},
			[]uint8{at100, at110, at130, at140}, []uint8{at100, at140}},
		{"odd sides", image.YCbCrSubsampleRatio420, image.Pt(3, 3), []uint8{100, 140, 140, 140},
			[]uint8{at100, at110, at130}, []uint8{at100, at110, at130}},
		{"one pixel", image.YCbCrSubsampleRatio420, image.Pt(1, 1), []uint8{140}, []uint8{at140}, []uint8{at140}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			src := image.NewYCbCr(image.Rectangle{Max: test.size}, test.ratio)
			for i := range src.Y {
				src.Y[i] = 128
			}
			for i := range src.Cr {
				src.Cr[i] = 128
			}
			copy(src.Cb, test.cb)
			img, ok := smoothChroma(src)
			if !ok || img.Rect != src.Rect || !img.Opaque() {
				t.Fatalf("done %t, bounds %v", ok, img.Rect)
			}
			for x, want := range test.across {
				if p := img.NRGBAAt(x, 0); p.B != want || p.R != 128 {
					t.Errorf("pixel (%d, 0) is %v, want blue %d", x, p, want)
				}
			}
			for y, want := range test.down {
				if p := img.NRGBAAt(0, y); p.B != want {
					t.Errorf("pixel (0, %d) is %v, want blue %d", y, p, want)
				}
			}
		})
	}
}

// Colours at the corners of the YCbCr cube lie outside RGB.
func TestSmoothChromaClamps(t *testing.T) {
	for _, c := range [][3]uint8{{0, 0, 0}, {255, 255, 255}, {0, 255, 255}, {255, 0, 0}, {0, 255, 0}, {255, 0, 255}} {
		full := image.NewYCbCr(image.Rect(0, 0, 2, 2), image.YCbCrSubsampleRatio444)
		half := image.NewYCbCr(image.Rect(0, 0, 2, 2), image.YCbCrSubsampleRatio420)
		for _, img := range []*image.YCbCr{full, half} {
			for i := range img.Y {
				img.Y[i] = c[0]
			}
			for i := range img.Cb {
				img.Cb[i], img.Cr[i] = c[1], c[2]
			}
		}
		got, want := flatten(half), flatten(full) // by smoothChroma, and by image/draw
		for i, v := range got.Pix {
			if abs(float64(v)-float64(want.Pix[i])) > 1 {
				t.Errorf("%v: value %d is %d, want %d", c, i, v, want.Pix[i])
			}
		}
	}
}
