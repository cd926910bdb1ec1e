package imageproc

import (
	"slices"
	"testing"
)

func TestViews(t *testing.T) {
	var want []Transform
	for _, degrees := range []float64{0, 180, 90, 270, 45, 225, 135, 315, 22.5} {
		want = append(want, Transform{Degrees: degrees, Zoom: 1}, Transform{Degrees: degrees, Flip: true, Zoom: 1})
	}
	all := Views(MaxViews)
	if got := all[:len(want)]; !slices.Equal(got, want) {
		t.Errorf("views start with %v\nwant             %v", got, want)
	}
	seen := map[Transform]bool{}
	for i, v := range all {
		seen[v] = true
		if zoom := []float64{1, 1 / 1.1, 1.1}[i/32]; v.Zoom != zoom {
			t.Errorf("view %d has zoom %v, want %v", i, v.Zoom, zoom)
		}
	}
	if len(all) != MaxViews || len(seen) != MaxViews {
		t.Errorf("%d views, %d that differ, want %d", len(all), len(seen), MaxViews)
	}
	for n := range MaxViews {
		if !slices.Equal(Views(n), all[:n]) {
			t.Errorf("%d views are not the start of all", n)
		}
	}
}

func TestSymmetricViews(t *testing.T) {
	var want []Transform
	for _, degrees := range []float64{0, 45, 22.5, 67.5, 11.25, 56.25, 33.75, 78.75} {
		want = append(want, Transform{Degrees: degrees, Zoom: 1})
	}
	all := SymmetricViews(MaxSymmetricViews + 1) // there are no more
	if len(all) != MaxSymmetricViews {
		t.Fatalf("%d views, want %d", len(all), MaxSymmetricViews)
	}
	for i, v := range all {
		if w := (Transform{Degrees: want[i%8].Degrees, Zoom: []float64{1, 1 / 1.1, 1.1}[i/8]}); v != w {
			t.Errorf("view %d is %+v, want %+v", i, v, w)
		}
	}
	for n := range MaxSymmetricViews {
		if !slices.Equal(SymmetricViews(n), all[:n]) {
			t.Errorf("%d views are not the start of all", n)
		}
	}
}

// A view of a galaxy keeps its centre.
func TestViewsKeepTheCentre(t *testing.T) {
	for _, size := range []int{45, 64} {
		const srcSize = 90
		src := make([]byte, 3*srcSize*srcSize)
		PackRGB(src, disc(srcSize, srcSize, srcSize/2-0.5, srcSize/2-0.5, 15))
		dst := make([]byte, 3*size*size)
		for _, v := range slices.Concat(Views(MaxViews), SymmetricViews(MaxSymmetricViews)) {
			v.WarpRGB(dst, size, src, srcSize, 1)
			x, y := centreOfMass(UnpackRGB(dst, size))
			const tolerance = 0.02 // rounding to 256 levels
			if want := float64(size-1) / 2; abs(x-want) > tolerance || abs(y-want) > tolerance {
				t.Errorf("size %d, %+v: centre (%.3f, %.3f), want %.1f", size, v, x, y, want)
			}
		}
	}
}
