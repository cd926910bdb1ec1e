package imageproc

import (
	"image"
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

// Views look at the image all around the crop, and not at black corners, and the crop
// is no wider than they need.
func TestForViews(t *testing.T) {
	white := image.NewNRGBA(image.Rect(0, 0, 424, 424))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	blackest := func(p Preprocessing, views []Transform) byte {
		side := p.CropSize()
		crop, view := make([]byte, 3*side*side), make([]byte, 3*p.Size*p.Size)
		PackRGB(crop, p.Cut(white))
		darkest := byte(255)
		for _, v := range views {
			v.WarpRGB(view, p.Size, crop, side, p.Scale())
			darkest = min(darkest, slices.Min(view))
		}
		return darkest
	}
	plain := Preprocessing{Crop: CropCentre, Width: 144, Size: 48, Oversample: 1.5}
	for _, test := range []struct {
		crop   Preprocessing
		views  []Transform
		margin int
	}{
		{plain, nil, 0},
		{plain, Views(1), 0},
		{plain, Views(8), 0}, // right angles and mirrors
		{plain, SymmetricViews(2), 10},
		{plain, Views(MaxViews), 14},
		{plain, SymmetricViews(MaxSymmetricViews), 14},
		{plain, []Transform{{Zoom: 0.5}}, 24},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64}, SymmetricViews(MaxSymmetricViews), 18},
		{Preprocessing{Crop: CropCentre, Width: 207, Size: 69}, SymmetricViews(8), 15},
	} {
		got := test.crop.ForViews(test.views)
		if err := got.Check(); err != nil || got.Margin != test.margin {
			t.Errorf("%v, %d views: a margin of %d, %v; want %d", test.crop, len(test.views), got.Margin, err, test.margin)
		}
		if darkest := blackest(got, test.views); darkest != 255 {
			t.Errorf("%v: a view of a white image has level %d", got, darkest)
		}
		if got.Margin > 0 && blackest(test.crop, test.views) == 255 {
			t.Errorf("%v: its views would have no black corners without the margin", got)
		}
	}

	// As far as the image goes, and nothing where there is no margin to be had.
	for _, test := range []struct {
		crop   Preprocessing
		margin int
	}{
		{Preprocessing{Crop: CropCentre, Width: 400, Size: 100}, 3},
		{Preprocessing{Crop: CropCentre, Width: 424, Size: 64}, 0},
		{Preprocessing{Crop: CropCentre, Width: 32, Size: 64}, 0},
		{Preprocessing{Crop: CropROI, Size: 64}, 0},
	} {
		if got := test.crop.ForViews(Views(MaxViews)); got.Margin != test.margin || got.Check() != nil {
			t.Errorf("%v: a margin of %d, want %d; %v", test.crop, got.Margin, test.margin, got.Check())
		}
	}
}
