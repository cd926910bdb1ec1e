package imageproc

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// A disc about the centre must stay there: a canvas of another parity than the
// image, cut carelessly, moves it by half a pixel.
func TestRotateKeepsTheCentre(t *testing.T) {
	for _, side := range []int{21, 32, 45, 64} {
		centre := float64(side-1) / 2
		img := disc(side, side, centre, centre, float64(side)/4)
		for degrees := range 360 {
			x, y := centreOfMass(Rotate(img, float64(degrees)))
			const tolerance = 0.02 // rounding to 256 levels
			if abs(x-centre) > tolerance || abs(y-centre) > tolerance {
				t.Errorf("side %d, %d degrees: centre (%.3f, %.3f), want %.1f", side, degrees, x, y, centre)
			}
		}
	}
}

// A spot off the centre must go where the angle says, counter-clockwise. Angles
// close to a right one are those that a canvas is hard to find for.
func TestRotateMovesASpot(t *testing.T) {
	angles := []float64{0.05, 0.09, 0.2, 0.4, 0.7, 89.8, 90.3, 179.6, 180.1, 269.7, 270.4, -0.3, 359.8, 745.5, -33.3}
	for degrees := 1; degrees < 360; degrees += 7 {
		angles = append(angles, float64(degrees))
	}
	for _, size := range []image.Point{{64, 64}, {45, 45}, {80, 60}, {51, 75}} {
		cx, cy := float64(size.X-1)/2, float64(size.Y-1)/2
		const dx, dy = 11, -6.5
		img := disc(size.X, size.Y, cx+dx, cy+dy, 8)
		for _, degrees := range angles {
			sin, cos := math.Sincos(degrees * math.Pi / 180)
			// y points down, so that counter-clockwise has the signs turned.
			wantX, wantY := cx+dx*cos+dy*sin, cy-dx*sin+dy*cos
			x, y := centreOfMass(Rotate(img, degrees))
			tolerance := 0.03 // rounding to 256 levels
			if turned, _ := plan(max(size.X, size.Y), degrees); turned != degrees {
				tolerance += 0.36
			}
			if abs(x-wantX) > tolerance || abs(y-wantY) > tolerance {
				t.Errorf("%v, %v degrees: spot at (%.3f, %.3f), want (%.3f, %.3f)", size, degrees, x, y, wantX, wantY)
			}
		}
	}
}

// Every whole angle finds a canvas that agrees, whatever the side.
func TestWholeAnglesAreNeverRounded(t *testing.T) {
	for side := 1; side <= 424; side++ {
		for degrees := range 360 {
			turned, padding := plan(side, float64(degrees))
			if turned != float64(degrees) || padding > 30 {
				t.Fatalf("side %d, %d degrees: turned by %v with a padding of %d", side, degrees, turned, padding)
			}
		}
	}
}

func TestRotateRightAngles(t *testing.T) {
	img := image.NewNRGBA(image.Rect(4, 5, 6, 7))
	for i, v := range []uint8{10, 20, 30, 40} {
		copy(img.Pix[4*i:], []byte{v, v + 1, v + 2, 255})
	}
	for degrees, want := range map[float64][]uint8{
		0:    {10, 20, 30, 40},
		90:   {20, 40, 10, 30}, // the top right corner turns to the top left
		180:  {40, 30, 20, 10},
		270:  {30, 10, 40, 20},
		-90:  {30, 10, 40, 20},
		450:  {20, 40, 10, 30},
		-360: {10, 20, 30, 40},
	} {
		got := Rotate(img, degrees)
		if got.Rect != image.Rect(0, 0, 2, 2) {
			t.Fatalf("%v degrees: bounds are %v", degrees, got.Rect)
		}
		for i, v := range want {
			if p := got.NRGBAAt(i%2, i/2); p != (color.NRGBA{v, v + 1, v + 2, 255}) {
				t.Errorf("%v degrees: pixel %d is %v, want %d", degrees, i, p, v)
			}
		}
	}
}

func TestRotateFourTimes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, side := range []int{1, 2, 31, 64} {
		img := noise(rng, image.Rect(0, 0, side, side))
		got := img
		for range 4 {
			got = Rotate(got, 90)
		}
		if string(got.Pix) != string(img.Pix) {
			t.Errorf("side %d: four quarter turns change the image", side)
		}
	}
}

func TestRotateThereAndBack(t *testing.T) {
	// Smooth, so that interpolating twice costs little, and dark at the corners,
	// which are lost.
	img := disc(64, 64, 30, 35, 20)
	for degrees := 1.0; degrees < 360; degrees += 13.7 {
		got := Rotate(Rotate(img, degrees), -degrees)
		var sum float64
		for i := range img.Pix {
			sum += abs(float64(got.Pix[i]) - float64(img.Pix[i]))
		}
		const tolerance = 0.5 // levels; half a pixel of shift gives more than 1.5
		if mean := sum / float64(len(img.Pix)); mean > tolerance {
			t.Errorf("%v degrees: differs by %.2f levels on average", degrees, mean)
		}
	}
}

func TestRotateLeavesTheImageAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	outer := noise(rng, image.Rect(-3, 2, 60, 50))
	img := outer.SubImage(image.Rect(0, 5, 33, 38)).(*image.NRGBA)
	atZero := Resize(img, 33, 33)
	before := string(outer.Pix)
	for _, degrees := range []float64{0, 30, 90, 0.3, math.NaN(), math.Inf(1)} {
		got := Rotate(img, degrees)
		if got.Rect != image.Rect(0, 0, 33, 33) || !got.Opaque() {
			t.Errorf("%v degrees: bounds %v, opaque %t", degrees, got.Rect, got.Opaque())
		}
		if want := Rotate(atZero, degrees); string(got.Pix) != string(want.Pix) {
			t.Errorf("%v degrees: the result depends on the origin of the bounds", degrees)
		}
		got.Pix[0] ^= 0xff // must be a copy
		Flip(img).Pix[0] ^= 0xff
		if string(outer.Pix) != before {
			t.Fatalf("%v degrees: the image was changed", degrees)
		}
	}
}

func TestRotateBlackCorners(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	got := Rotate(img, 45)
	for _, p := range []image.Point{{0, 0}, {31, 0}, {0, 31}, {31, 31}} {
		if c := got.NRGBAAt(p.X, p.Y); c != (color.NRGBA{A: 255}) {
			t.Errorf("corner %v is %v, want black", p, c)
		}
	}
	if c := got.NRGBAAt(16, 16); c != (color.NRGBA{255, 255, 255, 255}) {
		t.Errorf("the middle is %v, want white", c)
	}
}

func TestRotateDegenerate(t *testing.T) {
	for _, r := range []image.Rectangle{{}, image.Rect(0, 0, 0, 5), image.Rect(0, 0, 1, 1), image.Rect(0, 0, 9, 1)} {
		if got := Rotate(image.NewNRGBA(r), 33); got.Rect.Size() != r.Size() {
			t.Errorf("%v: got %v", r, got.Rect)
		}
	}
}

func TestFlip(t *testing.T) {
	got := Flip(row(1, 2, 3))
	for i, want := range []uint8{3, 2, 1} {
		if p := got.NRGBAAt(i, 0); p != (color.NRGBA{want, want / 2, 255 - want, 255}) {
			t.Errorf("pixel %d is %v, want %d", i, p, want)
		}
	}
}

func disc(w, h int, cx, cy, radius float64) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			dx, dy := float64(x)-cx, float64(y)-cy
			c := color.NRGBA{A: 255}
			if d2 := dx*dx + dy*dy; d2 < radius*radius {
				v := uint8(250 * (1 - d2/(radius*radius)))
				c.R, c.G, c.B = v, v/2, v
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func centreOfMass(img *image.NRGBA) (x, y float64) {
	var sum float64
	for j := range img.Rect.Dy() {
		for i := range img.Rect.Dx() {
			v := float64(img.Pix[j*img.Stride+4*i])
			sum += v
			x += v * float64(i)
			y += v * float64(j)
		}
	}
	return x / sum, y / sum
}

func abs(x float64) float64 { return max(x, -x) }

func BenchmarkRotate(b *testing.B) {
	img := noisySky(64)
	b.ReportAllocs()
	degrees := 0
	for b.Loop() {
		Rotate(img, float64(degrees%360))
		degrees++
	}
}
