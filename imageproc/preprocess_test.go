package imageproc

import (
	"encoding/json"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPreprocessingCheck(t *testing.T) {
	tests := []struct {
		p    Preprocessing
		want string // in the error; empty for none
	}{
		{Preprocessing{Crop: CropROI, Size: 64}, ""},
		{Preprocessing{Crop: CropCentre, Width: 207, Size: 69}, ""},
		{Preprocessing{Crop: CropCentre, Width: 424, Size: 1024}, ""},
		{Preprocessing{Crop: CropCentre, Width: 1, Size: 1}, ""},
		{Preprocessing{}, `unknown crop "", want "roi" or "centre"`},
		{Preprocessing{Crop: "center", Width: 207, Size: 69}, `unknown crop "center"`},
		{Preprocessing{Crop: CropROI, Width: 207, Size: 64}, "crop width is 207, want none"},
		{Preprocessing{Crop: CropCentre, Size: 64}, "crop width is 0, want 1 to 424"},
		{Preprocessing{Crop: CropCentre, Width: 425, Size: 64}, "crop width is 425"},
		{Preprocessing{Crop: CropCentre, Width: -1, Size: 64}, "crop width is -1"},
		{Preprocessing{Crop: CropROI}, "crop size is 0, want 1 to 1024"},
		{Preprocessing{Crop: CropROI, Size: 1025}, "crop size is 1025"},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Margin: 16}, ""},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Margin: 21}, ""},
		{Preprocessing{Crop: CropCentre, Width: 207, Size: 69, Margin: 36}, ""},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Margin: 22}, "crop margin is 22, want a multiple of 1 up to 21"},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Margin: -1}, "crop margin is -1, want a multiple of 1 up to 21"},
		{Preprocessing{Crop: CropCentre, Width: 240, Size: 64, Margin: 6}, "crop margin is 6, want a multiple of 4 up to 24"},
		{Preprocessing{Crop: CropCentre, Width: 207, Size: 64, Margin: 8}, "want none: with 207 pixels scaled to 64 no margin"},
		{Preprocessing{Crop: CropCentre, Width: 424, Size: 64, Margin: 8}, "want none: with 424 pixels scaled to 64 no margin"},
		{Preprocessing{Crop: CropCentre, Width: 50, Size: 100, Margin: 8}, "want none where 50 pixels are enlarged to 100"},
		{Preprocessing{Crop: CropROI, Size: 64, Margin: 8}, `want none with crop "roi"`},
		{Preprocessing{Crop: CropROI, Size: 69, Oversample: 1}, ""},
		{Preprocessing{Crop: CropROI, Size: 69, Oversample: 3}, ""},
		{Preprocessing{Crop: CropROI, Size: 64, Oversample: 1.125}, ""},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Oversample: 1.5}, ""},
		{Preprocessing{Crop: CropCentre, Width: 100, Size: 64, Oversample: 2}, ""},
		{Preprocessing{Crop: CropROI, Size: 64, Oversample: 0.5}, "oversample is 0.5, want a multiple of 0.125 from 1 to 4"},
		{Preprocessing{Crop: CropROI, Size: 64, Oversample: -1}, "oversample is -1, want a multiple"},
		{Preprocessing{Crop: CropROI, Size: 64, Oversample: 4.125}, "oversample is 4.125, want a multiple"},
		{Preprocessing{Crop: CropROI, Size: 60, Oversample: 1.2}, "oversample is 1.2, want a multiple"},
		{Preprocessing{Crop: CropROI, Size: 64, Oversample: math.NaN()}, "oversample is NaN, want a multiple"},
		{Preprocessing{Crop: CropROI, Size: 69, Oversample: 1.5}, "oversample is 1.5, which makes 69 pixels 103.5; want a multiple of 1 from 1 to 4"},
		{Preprocessing{Crop: CropROI, Size: 42, Oversample: 1.25}, "which makes 42 pixels 52.5; want a multiple of 0.5 from 1 to 4"},
		{Preprocessing{Crop: CropROI, Size: 512, Oversample: 3}, "oversample is 3, which makes 512 pixels 1536, want at most 1024"},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Oversample: 1.5, Margin: 20}, ""},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Oversample: 2, Margin: 21}, ""},
		{Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Oversample: 1.5, Margin: 21},
			"crop margin is 21, want a multiple of 2 up to 20: with 256 pixels scaled to 64 these are whole pixels of the original and of the crop of 96 and within its 424"},
		{Preprocessing{Crop: CropCentre, Width: 240, Size: 64, Oversample: 1.125, Margin: 4}, "crop margin is 4, want a multiple of 8 up to 24"},
		{Preprocessing{Crop: CropCentre, Width: 100, Size: 64, Oversample: 2, Margin: 16}, "want none where 100 pixels are enlarged to 128"},
	}
	for _, test := range tests {
		err := test.p.Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%+v: error is %v, want %q", test.p, err, test.want)
		}
	}
}

func TestPreprocessingJSON(t *testing.T) {
	for text, p := range map[string]Preprocessing{
		`{"crop":"roi","size":64}`:                 {Crop: CropROI, Size: 64},
		`{"crop":"centre","width":207,"size":128}`: {Crop: CropCentre, Width: 207, Size: 128},

		`{"crop":"centre","width":256,"size":64,"margin":16}`:                  {Crop: CropCentre, Width: 256, Size: 64, Margin: 16},
		`{"crop":"centre","width":256,"size":64,"oversample":1.5,"margin":16}`: {Crop: CropCentre, Width: 256, Size: 64, Oversample: 1.5, Margin: 16},
	} {
		b, err := json.Marshal(p)
		if err != nil || string(b) != text {
			t.Errorf("%+v is written %s (%v), want %s", p, b, err, text)
		}
		var back Preprocessing
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != p {
			t.Errorf("%s is read as %+v (%v)", text, back, err)
		}
	}
}

func TestPreprocessingRectangle(t *testing.T) {
	at := image.Pt(-7, 3)
	tests := []struct {
		name  string
		width int
		size  image.Point
		want  image.Rectangle // from the image's top left pixel
	}{
		{"even in even", 200, image.Pt(424, 424), image.Rect(112, 112, 312, 312)},
		{"odd in even: the extra pixel is right and below", 207, image.Pt(424, 424), image.Rect(108, 108, 315, 315)},
		{"whole", 424, image.Pt(424, 424), image.Rect(0, 0, 424, 424)},
		{"half size", 212, image.Pt(212, 212), image.Rect(53, 53, 159, 159)},
		{"rounded to the nearest", 207, image.Pt(128, 128), image.Rect(33, 33, 95, 95)}, // 62.49
		{"scaled by the shorter side", 424, image.Pt(300, 100), image.Rect(100, 0, 200, 100)},
		{"at least one pixel", 1, image.Pt(9, 9), image.Rect(4, 4, 5, 5)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			img := image.NewNRGBA(image.Rectangle{Max: test.size}.Add(at))
			p := Preprocessing{Crop: CropCentre, Width: test.width, Size: 8}
			if got := p.Rectangle(img).Sub(at); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestPreprocessingApply(t *testing.T) {
	// A bright block of 20 pixels in a frame of 60: the region of interest is
	// 28 pixels, the block its middle.
	rows := make([]string, 60)
	for y := range rows {
		rows[y] = strings.Repeat(".", 60)
		if y >= 20 && y < 40 {
			rows[y] = strings.Repeat(".", 20) + strings.Repeat("#", 20) + strings.Repeat(".", 20)
		}
	}
	img := sketch(0, rows...)
	before := string(img.Pix)
	for _, p := range []Preprocessing{
		{Crop: CropROI, Size: 14},
		{Crop: CropCentre, Width: 198, Size: 14}, // 28 pixels of 60
	} {
		got := p.Apply(img)
		if got.Rect != image.Rect(0, 0, 14, 14) || !got.Opaque() {
			t.Fatalf("%v: bounds are %v, opaque %t", p, got.Rect, got.Opaque())
		}
		for y := range 14 {
			for x := range 14 {
				want := uint8(3)
				if x >= 2 && x < 12 && y >= 2 && y < 12 {
					want = 180
				}
				if c := got.NRGBAAt(x, y); c.R != want {
					t.Fatalf("%v: pixel (%d, %d) is %v, want %d", p, x, y, c, want)
				}
			}
		}
	}
	if string(img.Pix) != before {
		t.Error("the image was changed")
	}
}

func TestPreprocessingName(t *testing.T) {
	for want, p := range map[string]Preprocessing{
		"roi-64":          {Crop: CropROI, Size: 64},
		"centre207-69":    {Crop: CropCentre, Width: 207, Size: 69},
		"centre256-64+16": {Crop: CropCentre, Width: 256, Size: 64, Margin: 16},

		"roi-64x2":            {Crop: CropROI, Size: 64, Oversample: 2},
		"centre256-64x1.5+16": {Crop: CropCentre, Width: 256, Size: 64, Oversample: 1.5, Margin: 16},
	} {
		if got := p.String(); got != want {
			t.Errorf("%+v is named %q, want %q", p, got, want)
		}
	}
}

// The middle of a wide crop is the plain crop, whatever the size of the image, and
// what a network sees of it, which Apply makes of either.
func TestMarginKeepsTheMiddle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range []image.Point{{424, 424}, {424, 500}, {212, 212}, {301, 333}} {
		img := noise(rng, image.Rectangle{Max: size}.Add(image.Pt(-3, 5)))
		for _, p := range []Preprocessing{
			{Crop: CropCentre, Width: 256, Size: 64, Margin: 21},
			{Crop: CropCentre, Width: 240, Size: 64, Margin: 4},
			{Crop: CropCentre, Width: 207, Size: 69, Margin: 36},
			{Crop: CropCentre, Width: 45, Size: 45, Margin: 189},
			{Crop: CropCentre, Width: 256, Size: 64, Margin: 20, Oversample: 1.5},
			{Crop: CropCentre, Width: 256, Size: 64, Margin: 21, Oversample: 2},
			{Crop: CropCentre, Width: 240, Size: 64, Margin: 16, Oversample: 1.125},
		} {
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			plain := p
			plain.Margin = 0
			want, crop := plain.Apply(img), plain.Cut(img)
			wide := p.Cut(img)
			if side := p.CropSize(); wide.Rect != image.Rect(0, 0, side, side) || !wide.Opaque() {
				t.Fatalf("%v: bounds %v, opaque %t", p, wide.Rect, wide.Opaque())
			}
			packed := make([]byte, 3*p.CropSize()*p.CropSize())
			PackRGB(packed, wide)
			got := make([]byte, 3*p.Size*p.Size)
			Transform{}.WarpRGB(got, p.Size, packed, p.CropSize(), p.Scale())
			if view := string(UnpackRGB(got, p.Size).Pix); view != string(want.Pix) || view != string(p.Apply(img).Pix) {
				t.Errorf("%v of %v: the view is not that of the plain crop", p, size)
			}
			inner := wide.SubImage(wide.Rect.Inset((p.CropSize() - plain.CropSize()) / 2)).(*image.NRGBA)
			if !sameImage(inner, crop) {
				t.Errorf("%v of %v: the middle is not the plain crop", p, size)
			}
			if size.X == originalSide && wide.NRGBAAt(0, 0) == (color.NRGBA{A: 255}) {
				t.Errorf("%v of %v: the margin is black", p, size)
			}
		}
	}
}

// The margin that fits is the largest one that passes, whatever is asked for.
func TestFitMargin(t *testing.T) {
	for _, p := range []Preprocessing{
		{Crop: CropCentre, Width: 256, Size: 64}, {Crop: CropCentre, Width: 192, Size: 16, Oversample: 1.5},
		{Crop: CropCentre, Width: 256, Size: 96, Oversample: 1.5}, {Crop: CropCentre, Width: 424, Size: 64},
		{Crop: CropCentre, Width: 255, Size: 64}, {Crop: CropCentre, Width: 32, Size: 64}, {Crop: CropROI, Size: 64},
	} {
		want := 0
		for margin := range 40 {
			q := p
			q.Margin = margin
			if q.Check() == nil {
				want = margin
			}
			if got := q.FitMargin(); got != want {
				t.Errorf("%v with a margin of at most %d: got %d, want %d", p, margin, got, want)
			}
		}
	}
}
