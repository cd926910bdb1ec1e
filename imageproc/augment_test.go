package imageproc

import (
	"image"
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
