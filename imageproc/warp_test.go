package imageproc

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomRGB is a packed square of noise.
func randomRGB(rng *rand.Rand, size int) []byte {
	pixels := make([]byte, 3*size*size)
	for i := range pixels {
		pixels[i] = byte(rng.UintN(256))
	}
	return pixels
}

// rotated is imaging's way: Rotate and then Flip.
func rotated(src []byte, size int, degrees float64, flip bool) []byte {
	img := Rotate(UnpackRGB(src, size), degrees)
	if flip {
		img = Flip(img)
	}
	dst := make([]byte, 3*size*size)
	PackRGB(dst, img)
	return dst
}

func TestWarpCopies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, 2, 31, 64} {
		src := randomRGB(rng, size)
		for _, v := range []Transform{{}, {Zoom: 1}, {Degrees: 360, Zoom: 1}, {Degrees: -720}, {Degrees: math.NaN()}, {Degrees: math.Inf(1)}} {
			dst := randomRGB(rng, size)
			if v.WarpRGB(dst, size, src, size, 1); !bytes.Equal(dst, src) {
				t.Errorf("size %d, %+v: not a copy", size, v)
			}
		}
	}
}

// Right angles are those of Rotate, which has its own tests, and a smaller frame
// is the middle of the whole one.
func TestWarpRightAngles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, sizes := range [][2]int{{1, 1}, {2, 2}, {31, 31}, {64, 64}, {64, 96}, {21, 45}, {90, 64}, {3, 1}, {4, 2}} {
		size, srcSize := sizes[0], sizes[1]
		src := randomRGB(rng, srcSize)
		for degrees := -360.0; degrees <= 720; degrees += 90 {
			for _, flip := range []bool{false, true} {
				whole := rotated(src, srcSize, degrees, flip)
				want := make([]byte, 3*size*size)
				for y := range size {
					for x := range size {
						wx, wy := x+(srcSize-size)/2, y+(srcSize-size)/2
						if wx >= 0 && wx < srcSize && wy >= 0 && wy < srcSize {
							copy(want[3*(size*y+x):][:3], whole[3*(srcSize*wy+wx):])
						}
					}
				}
				got := randomRGB(rng, size)
				Transform{Degrees: degrees, Flip: flip, Zoom: 1}.WarpRGB(got, size, src, srcSize, 1)
				if !bytes.Equal(got, want) {
					t.Errorf("%d of %d, %v degrees, flip %t: pixels differ", size, srcSize, degrees, flip)
				}
			}
		}
	}
}

// Any angle agrees with imaging's own interpolation.
func TestWarpAgreesWithRotate(t *testing.T) {
	// Both blend the same four pixels, which differ by up to 255 levels, and round
	// once: imaging's float32 and the weights' 13 bits leave less than half a level.
	const tolerance = 1
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{31, 64} {
		src := randomRGB(rng, size)
		got := make([]byte, len(src))
		for half := -6; half < 720; half++ {
			degrees := float64(half) / 2
			if turned, _ := plan(size, degrees); turned != degrees {
				continue // Rotate turns by a right angle that is close
			}
			for _, flip := range []bool{false, true} {
				want := rotated(src, size, degrees, flip)
				Transform{Degrees: degrees, Flip: flip, Zoom: 1}.WarpRGB(got, size, src, size, 1)
				for i := range got {
					if abs(float64(got[i])-float64(want[i])) > tolerance {
						t.Fatalf("size %d, %v degrees, flip %t: value %d is %d, want %d", size, degrees, flip, i, got[i], want[i])
					}
				}
			}
		}
	}
}

func TestWarpFlipsTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	src := randomRGB(rng, 33)
	once, twice := make([]byte, len(src)), make([]byte, len(src))
	Transform{Flip: true}.WarpRGB(once, 33, src, 33, 1)
	Transform{Flip: true}.WarpRGB(twice, 33, once, 33, 1)
	if bytes.Equal(once, src) || !bytes.Equal(twice, src) {
		t.Error("two flips are not the image itself")
	}
}

// Bilinear interpolation of a plane is exact, so that every view of one is known.
func TestWarpOfAPlane(t *testing.T) {
	const srcSize = 96
	slopes := [3][2]float64{{1.2, 0}, {0, -1.2}, {0.7, 0.6}} // levels a pixel, to the right and down
	plane := func(channel int, dx, dy float64) float64 {
		return 127.5 + slopes[channel][0]*dx + slopes[channel][1]*dy
	}
	src := make([]byte, 0, 3*srcSize*srcSize)
	for y := range srcSize {
		for x := range srcSize {
			for c := range 3 {
				src = append(src, byte(math.Round(plane(c, float64(x)-srcSize/2+0.5, float64(y)-srcSize/2+0.5))))
			}
		}
	}
	// The levels of src are rounded, a blend of them again.
	const tolerance = 1.1
	for _, size := range []int{51, 64} {
		dst := make([]byte, 3*size*size)
		for _, v := range slices.Concat(Views(MaxViews), []Transform{
			{Degrees: 12.3, Flip: true, Zoom: 1.7}, {Zoom: 2}, {Degrees: 200, Zoom: 1.31},
			{ShiftX: 3}, {ShiftY: -2.5}, {Degrees: 77, Flip: true, Zoom: 1.2, ShiftX: -4.25, ShiftY: 1.6},
		}) {
			v.WarpRGB(dst, size, src, srcSize, 1)
			sin, cos := math.Sincos(v.Degrees * math.Pi / 180)
			for i, got := range dst {
				dx := float64(i/3%size) - float64(size-1)/2 - v.ShiftX
				dy := float64(i/3/size) - float64(size-1)/2 - v.ShiftY
				if v.Flip {
					dx = -dx
				}
				// y points down, so that counter-clockwise has the signs turned.
				zoom := v.Zoom
				if zoom == 0 {
					zoom = 1
				}
				sx, sy := (dx*cos-dy*sin)/zoom, (dx*sin+dy*cos)/zoom
				if limit := float64(srcSize-1) / 2; max(abs(sx), abs(sy)) > limit {
					continue
				}
				if want := plane(i%3, sx, sy); abs(float64(got)-want) > tolerance {
					t.Fatalf("size %d, %+v: value %d is %d, want %.2f", size, v, i, got, want)
				}
			}
		}
	}
}

// The edge fades over one pixel into black, and never wraps round.
func TestWarpBeyondTheEdge(t *testing.T) {
	const size, srcSize = 40, 20
	src := bytes.Repeat([]byte{255}, 3*srcSize*srcSize)
	dst := make([]byte, 3*size*size)
	for degrees := 0.0; degrees < 360; degrees += 7.5 {
		for _, zoom := range []float64{0.3, 1 / 1.1, 1, 1.1, 5} {
			Transform{Degrees: degrees, Zoom: zoom}.WarpRGB(dst, size, src, srcSize, 1)
			sin, cos := math.Sincos(degrees * math.Pi / 180)
			for i, got := range dst {
				dx, dy := float64(i/3%size)-(size-1)/2., float64(i/3/size)-(size-1)/2.
				sx, sy := (dx*cos-dy*sin)/zoom, (dx*sin+dy*cos)/zoom
				beyond := func(s float64) float64 { return min(1, max(0, abs(s)-(srcSize-1)/2.)) }
				want := 255 * (1 - beyond(sx)) * (1 - beyond(sy))
				if abs(float64(got)-want) > 0.6 { // rounding, and 13 bits of weight
					t.Fatalf("%v degrees, zoom %v: value %d is %d, want %.2f", degrees, zoom, i, got, want)
				}
			}
		}
	}
}

// Whatever the numbers, nothing is read or written outside of the pixels.
func TestWarpOfNonsense(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	src, dst := randomRGB(rng, 9), make([]byte, 3*8*8)
	numbers := []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 1e-300, 1e-9, 1e9, 1e300, 33}
	for _, degrees := range numbers {
		for _, zoom := range numbers {
			Transform{Degrees: degrees, Flip: true, Zoom: zoom}.WarpRGB(dst, 8, src, 9, 1)
		}
	}
	Transform{Zoom: 1}.WarpRGB(dst, 8, nil, 0, 1)
	if slices.Max(dst) != 0 {
		t.Error("a view of nothing is not black")
	}
}

func TestWarpAllocatesNothing(t *testing.T) {
	src, dst := randomRGB(rand.New(rand.NewPCG(1, 1)), 70), make([]byte, 3*64*64)
	all := Transform{Degrees: 33, Flip: true, Zoom: 1.1, ShiftX: 2.5, ShiftY: -1, Brightness: 0.5}
	if n := testing.AllocsPerRun(10, func() { all.WarpRGB(dst, 64, src, 70, 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Rotation of crops as they are, the whole change of those with a margin, and views
// of oversampled ones.
func BenchmarkWarp(b *testing.B) {
	for _, bench := range []struct {
		name    string
		srcSize int
		scale   float64
		change  Transform
	}{
		{"copy", 64, 1, Transform{}},
		{"middle", 96, 1, Transform{}},
		{"flip", 64, 1, Transform{Flip: true}},
		{"turn", 64, 1, Transform{Degrees: 33}},
		{"all", 96, 1, Transform{Degrees: 33, Flip: true, Zoom: 1.1, ShiftX: 1.5, ShiftY: -0.7}},
		{"bright", 96, 1, Transform{Degrees: 33, Flip: true, Zoom: 1.1, ShiftX: 1.5, ShiftY: -0.7, Brightness: 0.5}},
		{"finer", 96, 1.5, Transform{}},
		{"finerTurn", 96, 1.5, Transform{Degrees: 33}},
		{"finerAll", 144, 1.5, Transform{Degrees: 33, Flip: true, Zoom: 1.1, ShiftX: 1.5, ShiftY: -0.7}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			src, dst := make([]byte, 3*bench.srcSize*bench.srcSize), make([]byte, 3*64*64)
			PackRGB(src, noisySky(bench.srcSize))
			b.ReportAllocs()
			for b.Loop() {
				bench.change.WarpRGB(dst, 64, src, bench.srcSize, bench.scale)
			}
		})
	}
}
