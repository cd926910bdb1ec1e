package imageproc

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// stretched decodes planes of float32; the first row comes out lowest.
func stretched(t *testing.T, s Stretch, width, height int, planes ...[]float32) *image.NRGBA {
	t.Helper()
	img, err := DecodeFITS(fitsFloats(width, height, planes...), DefaultLimits, s)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// A sky of -1, 0 and 1 in equal parts has the median 0 and a median deviation of
// 1; 1,000 pixels of it leave room for a few of anything.
func skyWith(bright ...float32) []float32 {
	plane := make([]float32, 1000)
	for i := range plane {
		plane[i] = float32(i%3 - 1)
	}
	copy(plane, bright)
	return plane
}

// The formula, written out for pixels in a known sky.
func TestStretchOfGrey(t *testing.T) {
	// One pixel in a thousand is as bright as the white point: rank 998 of 0 to
	// 999 at the percentile 99.9.
	plane := skyWith(5000, 3000, 100, 10, 1, 0, -1, -50)
	const noise = 1.4826
	for _, s := range []Stretch{DefaultStretch, {3, 99.9}, {50, 99.9}} {
		img := stretched(t, s, 40, 25, plane)
		softening := s.Softening * noise
		for i, v := range plane[:8] {
			want := 0.0
			if v > 0 {
				want = min(1, 0.6*math.Asinh(float64(v)/softening)/math.Asinh(3000/softening))
			}
			got := img.NRGBAAt(i, 24)
			if abs(float64(got.R)-255*want) > 0.5 || got.R != got.G || got.R != got.B {
				t.Errorf("%+v: brightness %v is %v, want %.1f", s, v, got, 255*want)
			}
		}
	}
}

// Bands become red, green and blue in their order, with their own skies taken
// off and their proportions kept; what exceeds full scale dims all of them.
func TestStretchKeepsTheColour(t *testing.T) {
	i := skyWith(400, 0, 0, 40, 1200, -9)
	r := skyWith(200, 300, 0, 20, 0, -9)
	g := skyWith(0, 0, 500, 10, 0, 9)
	for k := range i {
		i[k], r[k], g[k] = i[k]+1000, r[k]-20, g[k]+0.5
	}
	// A white point of 400: a third of all pixels' light in one band.
	img := stretched(t, Stretch{8, 99.9}, 40, 25, i, r, g)
	for x, bands := range [][3]float64{{400, 200, 0}, {0, 300, 0}, {0, 0, 500}, {40, 20, 10}, {1200, 0, 0}, {-9, -9, 9}} {
		mean := (bands[0] + bands[1] + bands[2]) / 3
		const softening, white = 8 * 1.4826, 200
		bright := 0.6 * math.Asinh(mean/softening) / math.Asinh(white/softening)
		want := [3]float64{}
		if mean > 0 {
			for k := range want {
				want[k] = bands[k] * bright / mean
			}
			brightest := max(1, want[0], want[1], want[2])
			for k := range want {
				want[k] /= brightest
			}
		}
		p := img.NRGBAAt(x, 24)
		for k, got := range [3]uint8{p.R, p.G, p.B} {
			if abs(float64(got)-255*want[k]) > 0.5 {
				t.Errorf("bands %v: band %d is %d, want %.1f", bands, k, got, 255*want[k])
			}
		}
	}
}

// The unit and the zero of the brightness do not matter.
func TestStretchHasNoUnit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	plane := make([]float32, 64*64)
	for i := range plane {
		plane[i] = float32(rng.NormFloat64() + 200*math.Exp(-math.Hypot(float64(i%64)-32, float64(i/64)-32)/5))
	}
	want := stretched(t, DefaultStretch, 64, 64, plane)
	for _, unit := range []float32{1e-9, 0.01, 3, 1e12} {
		other := slices.Clone(plane)
		for i := range other {
			other[i] = unit * (other[i] + 70)
		}
		got := stretched(t, DefaultStretch, 64, 64, other)
		for i := range got.Pix {
			if abs(float64(got.Pix[i])-float64(want.Pix[i])) > 1 { // float32 is rounded
				t.Fatalf("unit %v: value %d is %d, want %d", unit, i, got.Pix[i], want.Pix[i])
			}
		}
	}
}

// Where there is no noise to measure by, or nothing but noise, the sky is dark
// and a galaxy bright.
func TestStretchWithoutOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	level := func(img *image.NRGBA, part float64) float32 {
		greens := make([]float32, 0, len(img.Pix)/4)
		for i := 1; i < len(img.Pix); i += 4 {
			greens = append(greens, float32(img.Pix[i]))
		}
		return quantile(greens, part)
	}
	noise := make([]float32, 100*100)
	for i := range noise {
		noise[i] = float32(rng.NormFloat64())
	}
	// Three times the noise comes to a twelfth of the scale at most.
	if img := stretched(t, DefaultStretch, 100, 100, noise); level(img, 0.5) > 3 || level(img, 0.999) > 21 {
		t.Errorf("noise alone has a median of %v and a brightest level of %v", level(img, 0.5), level(img, 0.999))
	}
	clean := make([]float32, 100*100)
	for i := range clean[:900] {
		clean[i] = float32(i + 1)
	}
	if img := stretched(t, DefaultStretch, 100, 100, clean); level(img, 0.5) != 0 || level(img, 0.999) != 153 || level(img, 0.92) < 20 {
		t.Errorf("without noise the levels are %v, %v and %v", level(img, 0.5), level(img, 0.92), level(img, 0.999))
	}
	// A single pixel is above every percentile.
	lone := make([]float32, 100*100)
	lone[0] = 1
	if p := stretched(t, DefaultStretch, 100, 100, lone).NRGBAAt(0, 99); p.G != 153 {
		t.Errorf("a lone pixel has the level %d, want 153", p.G)
	}
}

func TestStretchCheck(t *testing.T) {
	nan := math.NaN()
	for _, s := range []Stretch{{}, {0, 99}, {-1, 99}, {nan, 99}, {math.Inf(1), 99}, {8, 50}, {8, 100.1}, {8, nan}} {
		if s.Check() == nil {
			t.Errorf("%+v passes", s)
		}
		if img, err := DecodeFITS(fitsGalaxy(9, 7), DefaultLimits, s); img != nil || err == nil {
			t.Errorf("%+v decodes", s)
		}
	}
	for _, s := range []Stretch{DefaultStretch, {1e-3, 50.1}, {1e6, 100}} {
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestQuantile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		values := make([]float32, 1+rng.IntN(30))
		for i := range values {
			values[i] = float32(math.Exp(20*rng.NormFloat64())) * float32(rng.IntN(3)-1)
		}
		sorted := slices.Sorted(slices.Values(values))
		for _, part := range []float64{0, 0.3, 0.5, 0.999, 1} {
			if got, want := quantile(values, part), sorted[int(part*float64(len(values)-1))]; got != want {
				t.Fatalf("quantile %v of %v is %v, want %v", part, values, got, want)
			}
		}
	}
}

// The survey's composites, undone and done again by the default, look as they
// did. Their curve was asinh(6.75 x)/6.75 for the mean x of the bands; the noise
// that it cut off below the sky is lost.
func TestStretchOfRealImages(t *testing.T) {
	c := realImages(t, 60)
	sum, alike := 0.0, 0
	for i := range c.Len() {
		img := openReal(t, c, i)
		width, height := img.Rect.Dx(), img.Rect.Dy()
		var planes [3][]float32
		for k := range planes {
			planes[k] = make([]float32, width*height)
		}
		for at := range width * height {
			p := img.Pix[img.PixOffset(at%width, height-1-at/width):][:3]
			mean := (float64(p[0]) + float64(p[1]) + float64(p[2])) / (3 * 255)
			for k, v := range p {
				if mean > 0 {
					planes[k][at] = float32(1000 + 50*float64(v)/255*math.Sinh(6.75*mean)/(6.75*mean))
				} else {
					planes[k][at] = 1000
				}
			}
		}
		got := stretched(t, DefaultStretch, width, height, planes[:]...)
		levels := 0.0
		for at, v := range got.Pix {
			levels += abs(float64(v)-float64(img.Pix[at])) / float64(3*width*height)
		}
		sum += levels
		a, b := RegionOfInterest(img), RegionOfInterest(got)
		if area := func(r image.Rectangle) int { return r.Dx() * r.Dy() }; 2*area(a.Intersect(b)) > area(a.Union(b)) {
			alike++
		}
	}
	n := float64(c.Len())
	t.Logf("%.0f images: %.2f levels apart on average, %d with half of their regions of interest in common", n, sum/n, alike)
	// A galaxy whose white point is far from the typical one comes out brighter
	// or darker by up to 20 levels; one in five loses or gains a faint neighbour.
	if sum/n > 6 || float64(alike) < 0.8*n {
		t.Errorf("%.2f levels apart on average, %d of %.0f regions alike", sum/n, alike, n)
	}
}

func openReal(t *testing.T, c *galaxyzoo.Catalogue, i int) *image.NRGBA {
	t.Helper()
	r, err := c.Open(i)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	img, err := Decode(&b, c.Galaxies[i].File, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
