package imageproc

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

func TestDraw(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var seen [360]int
	flips := 0
	const n = 36000
	for range n {
		d := Augmentation{Rotate: true, Flip: true}.Draw(rng)
		seen[int(d.Degrees)]++
		if d.Degrees != float64(int(d.Degrees)) {
			t.Fatalf("drew %v degrees, want a whole number", d.Degrees)
		}
		if d.Flip {
			flips++
		}
	}
	for degrees, count := range seen {
		// 100 expected, standard deviation 10.
		if count < 50 || count > 150 {
			t.Errorf("%d degrees were drawn %d times of %d", degrees, count, n)
		}
	}
	if flips < n/2-500 || flips > n/2+500 { // standard deviation 95
		t.Errorf("%d of %d were flipped", flips, n)
	}
}

func TestDrawTakesOnlyWhatItNeeds(t *testing.T) {
	rng, same := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
	if got := (Augmentation{}).Draw(rng); got != (Transform{}) {
		t.Errorf("drew %v with everything switched off", got)
	}
	if rng.Uint64() != same.Uint64() {
		t.Error("the generator was used")
	}
	for range 50 {
		if got := (Augmentation{Flip: true}).Draw(rng); got.Degrees != 0 {
			t.Fatalf("drew %v without rotation", got)
		}
		if got := (Augmentation{Rotate: true}).Draw(rng); got.Flip {
			t.Fatalf("drew %v without flips", got)
		}
	}
}

func TestDrawsOfScaleAndPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	a := Augmentation{Zoom: 1.5, Shift: 3, Brightness: 0.5}
	const n = 20000
	var enlarged, right, down int
	var sum, squares, zoom float64
	for range n {
		d := a.Draw(rng)
		if d.Zoom < 1/1.5 || d.Zoom > 1.5 || abs(d.ShiftX) > 3 || abs(d.ShiftY) > 3 {
			t.Fatalf("drew %+v", d)
		}
		if d.Zoom > 1 {
			enlarged++
		}
		if d.ShiftX > 0 {
			right++
		}
		if d.ShiftY > 0 {
			down++
		}
		zoom += math.Log(d.Zoom) * math.Log(d.Zoom)
		sum, squares = sum+d.Brightness, squares+d.Brightness*d.Brightness
	}
	for name, count := range map[string]int{"enlarged": enlarged, "moved right": right, "moved down": down} {
		if count < n/2-350 || count > n/2+350 { // standard deviation 71
			t.Errorf("%d of %d were %s", count, n, name)
		}
	}
	// Five standard deviations: 0.0035 of the mean, 0.0025 of the spread.
	if mean, spread := sum/n, math.Sqrt(squares/n); abs(mean) > 0.018 || abs(spread-0.5) > 0.0125 {
		t.Errorf("brightness is %.4f +- %.4f, want 0 +- 0.5", mean, spread)
	}
	// Uniform in its logarithm, of which a third of the squared bound is the mean square.
	if got, want := zoom/n, math.Log(1.5)*math.Log(1.5)/3; abs(got/want-1) > 0.035 { // standard deviation 0.0063
		t.Errorf("the mean square of log zoom is %.4f, want %.4f", got, want)
	}
}

// A run that was begun before there were other changes draws its angles again.
func TestDrawsAreThoseOfOldRuns(t *testing.T) {
	rng, same := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
	for range 50 {
		got := Augmentation{Rotate: true, Flip: true, Zoom: 1}.Draw(rng)
		want := Transform{Degrees: float64(same.IntN(360)), Flip: same.IntN(2) == 1}
		if got != want {
			t.Fatalf("drew %+v, want %+v", got, want)
		}
	}
}

func TestPackRGB(t *testing.T) {
	outer := image.NewNRGBA(image.Rect(-1, -1, 4, 4))
	for i := range outer.Pix {
		outer.Pix[i] = uint8(i)
	}
	img := outer.SubImage(image.Rect(0, 1, 2, 3)).(*image.NRGBA)
	packed := make([]byte, 12)
	PackRGB(packed, img)
	// Rows have 20 bytes; the first pixel is column 1 of row 2.
	want := string([]byte{44, 45, 46, 48, 49, 50, 64, 65, 66, 68, 69, 70})
	if string(packed) != want {
		t.Errorf("packed %v", packed)
	}
	again := make([]byte, 12)
	unpacked := UnpackRGB(packed, 2)
	PackRGB(again, unpacked)
	if string(again) != want || !unpacked.Opaque() || unpacked.Rect != image.Rect(0, 0, 2, 2) {
		t.Errorf("unpacked %v", unpacked)
	}
}
