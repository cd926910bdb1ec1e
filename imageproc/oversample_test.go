package imageproc

import (
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// sameImage compares pixels, wherever the images lie.
func sameImage(a, b *image.NRGBA) bool {
	if a.Rect.Size() != b.Rect.Size() {
		return false
	}
	for y := range a.Rect.Dy() {
		if string(a.Pix[y*a.Stride:][:4*a.Rect.Dx()]) != string(b.Pix[y*b.Stride:][:4*b.Rect.Dx()]) {
			return false
		}
	}
	return true
}

// symmetries returns an image turned by the four right angles, mirrored and not,
// the image itself first.
func symmetries(img *image.NRGBA) []*image.NRGBA {
	var all []*image.NRGBA
	for quarter := range 4 {
		turned := Rotate(img, 90*float64(quarter))
		all = append(all, turned, Flip(turned))
	}
	return all
}

// The view of an oversampled crop is the mean of its pixels weighed by their
// nearness, rounded once: for 3 pixels to 2, 3:1 along each axis.
func TestOversampledView(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, test := range []struct {
		scale float64
		of    int      // view's pixels after which the weights repeat
		taps  [][2]int // of each, the first pixel and its weight
		total int      // of the weights of a pixel and its successor
	}{
		{1.5, 2, [][2]int{{0, 3}, {1, 1}}, 4},
		{2, 1, [][2]int{{0, 1}}, 2},
		{3, 1, [][2]int{{1, 1}}, 1},
		{1.25, 4, [][2]int{{0, 7}, {1, 5}, {2, 3}, {3, 1}}, 8},
		{1.125, 8, [][2]int{{0, 15}, {1, 13}, {2, 11}, {3, 9}, {4, 7}, {5, 5}, {6, 3}, {7, 1}}, 16},
	} {
		const size = 24
		side := int(test.scale * size)
		src, view := randomRGB(rng, side), make([]byte, 3*size*size)
		Transform{}.WarpRGB(view, size, src, side, test.scale)
		period := int(test.scale * float64(test.of))
		place := func(i int) (first, weight int) {
			tap := test.taps[i%test.of]
			return i/test.of*period + tap[0], tap[1]
		}
		for i, got := range view {
			x, wx := place(i / 3 % size)
			y, wy := place(i / 3 / size)
			at := func(dx, dy int) int { // 0 where it has no weight
				if x+dx >= side || y+dy >= side {
					return 0
				}
				return int(src[3*(side*(y+dy)+x+dx)+i%3])
			}
			vx, vy := test.total-wx, test.total-wy
			sum := wy*(wx*at(0, 0)+vx*at(1, 0)) + vy*(wx*at(0, 1)+vx*at(1, 1))
			all := test.total * test.total
			if want := (2*sum + all) / (2 * all); int(got) != want {
				t.Fatalf("scale %g: value %d is %d, want %d", test.scale, i, got, want)
			}
		}
	}
}

// A network that is indifferent to right angles and mirrors votes the same on an
// image turned or mirrored: what it sees of that is what it sees of the image,
// turned or mirrored, level for level.
func checkSymmetric(t *testing.T, name string, img *image.NRGBA, sizes ...int) {
	t.Helper()
	images := symmetries(img)
	for _, size := range sizes {
		for _, oversample := range []float64{0, 1, 1.5, 2, 1.125, 3.25} {
			for _, margin := range []int{0, 8} {
				p := Preprocessing{Crop: CropCentre, Width: 256, Size: size, Oversample: oversample, Margin: margin}
				if err := p.Check(); err != nil {
					t.Fatal(err)
				}
				views, crops := symmetries(p.Apply(img)), symmetries(p.Cut(img))
				for i, other := range images {
					if !sameImage(p.Apply(other), views[i]) {
						t.Errorf("%s, %v, symmetry %d: the view is not the plain one turned", name, p, i)
					}
					if !sameImage(p.Cut(other), crops[i]) {
						t.Errorf("%s, %v, symmetry %d: the crop is not the plain one turned", name, p, i)
					}
				}
			}
		}
	}
}

func TestSymmetry(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 2 {
		checkSymmetric(t, fmt.Sprintf("noise %d", i), noise(rng, image.Rect(0, 0, originalSide, originalSide)), 64>>i)
	}
}

func TestSymmetryOfRealImages(t *testing.T) {
	c := realImages(t, 3)
	for i := range c.Len() {
		r, err := c.Open(i)
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(r, c.Galaxies[i].File, DefaultLimits)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		checkSymmetric(t, c.Galaxies[i].File, img, 64)
	}
}

// The views of an oversampled crop by right angles and mirrors, as test-time
// augmentation takes them, are its plain view turned or mirrored.
func TestRightAnglesOfOversampledCrops(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const size = 24
	for _, scale := range []float64{1, 1.5, 2, 2.625, 4} {
		for _, margin := range []int{0, 8} {
			side := int(scale * float64(size+2*margin))
			src, plain, got := randomRGB(rng, side), make([]byte, 3*size*size), make([]byte, 3*size*size)
			Transform{}.WarpRGB(plain, size, src, side, scale)
			for i, want := range symmetries(UnpackRGB(plain, size)) {
				Transform{Degrees: float64(i/2) * 90, Flip: i%2 == 1}.WarpRGB(got, size, src, side, scale)
				if !sameImage(UnpackRGB(got, size), want) {
					t.Errorf("scale %g, margin %d, symmetry %d: the view is not the plain one turned", scale, margin, i)
				}
			}
		}
	}
}

// A cache's views are what Apply makes, for both crops and with a margin; a cache of
// another ratio is another file.
func TestCacheOfOversampledCrops(t *testing.T) {
	c, dir := writeCatalogue(t, 5), t.TempDir()
	for _, p := range []Preprocessing{
		{Crop: CropCentre, Width: 256, Size: 16},
		{Crop: CropCentre, Width: 256, Size: 16, Oversample: 1.5},
		{Crop: CropCentre, Width: 256, Size: 16, Oversample: 1.5, Margin: 4},
		{Crop: CropCentre, Width: 256, Size: 16, Oversample: 2},
		roi16,
		{Crop: CropROI, Size: 16, Oversample: 1.5},
	} {
		cache, built := open(t, dir, c, p)
		if !built {
			t.Errorf("%v: has the file of another", p)
		}
		checkCrops(t, cache, c, p)
	}
}
