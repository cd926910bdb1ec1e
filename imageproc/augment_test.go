package imageproc

import (
	"image"
	"math/rand/v2"
	"sync"
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

// ApplyRGB has its own way around images: its pixels must be theirs.
func TestApplyRGB(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	for _, size := range []int{1, 2, 33, 64} {
		img := noise(rng, image.Rect(0, 0, size, size))
		src := make([]byte, 3*size*size)
		PackRGB(src, img)
		before := string(src)
		want := make([]byte, len(src))
		// One byte more, which must stay.
		dst := make([]byte, len(src)+1)
		for _, degrees := range []float64{0, 1, 2, 17, 45, 90, 133, 180, 270, 359, 0.2, -40} {
			for _, flip := range []bool{false, true} {
				changed := Rotate(img, degrees)
				if flip {
					changed = Flip(changed)
				}
				PackRGB(want, changed)
				dst[len(src)] = 42
				Transform{Degrees: degrees, Flip: flip}.ApplyRGB(dst, src, size)
				if string(dst[:len(src)]) != string(want) {
					t.Errorf("size %d, %v degrees, flip %t: differs from Rotate and Flip", size, degrees, flip)
				}
				if dst[len(src)] != 42 {
					t.Fatal("wrote beyond the image")
				}
			}
		}
		if string(src) != before {
			t.Error("the source was changed")
		}
	}
}

func TestApplyRGBAtOnce(t *testing.T) {
	const size = 24
	rng := rand.New(rand.NewPCG(3, 2))
	src := make([]byte, 3*size*size)
	PackRGB(src, noise(rng, image.Rect(0, 0, size, size)))
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			tr := Transform{Degrees: float64(31 * k), Flip: k%2 == 0}
			first, again := make([]byte, len(src)), make([]byte, len(src))
			tr.ApplyRGB(first, src, size)
			for range 20 {
				tr.ApplyRGB(again, src, size)
				if string(again) != string(first) {
					t.Error("the result changes from call to call")
					return
				}
			}
		})
	}
	wg.Wait()
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

func BenchmarkApplyRGB(b *testing.B) {
	const size = 64
	src, dst := make([]byte, 3*size*size), make([]byte, 3*size*size)
	PackRGB(src, noisySky(size))
	b.Run("draw", func(b *testing.B) {
		rng := rand.New(rand.NewPCG(3, 2))
		b.ReportAllocs()
		for b.Loop() {
			Augmentation{Rotate: true, Flip: true}.Draw(rng).ApplyRGB(dst, src, size)
		}
	})
	for name, t := range map[string]Transform{
		"none": {}, "flip": {Flip: true}, "45": {Degrees: 45}, "90": {Degrees: 90}, "2": {Degrees: 2}, "20": {Degrees: 20},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				t.ApplyRGB(dst, src, size)
			}
		})
	}
}
