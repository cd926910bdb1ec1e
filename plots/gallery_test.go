package plots_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

// portraits are n galaxies of a gallery. Of many, the third has no image, and the
// fifth one that is no square.
func portraits(n int) (query plots.Portrait, nearest []plots.Portrait) {
	query = plots.Portrait{ID: "100", Image: handmadeImage(0), File: "images/100.jpg"}
	for i := range n {
		nearest = append(nearest, plots.Portrait{ID: strconv.Itoa(101 + i), Image: handmadeImage(1 + i%11), Similarity: 0.9991 - float64(i*i)/1000})
	}
	if n > 4 {
		nearest[2] = plots.Portrait{ID: "587722981736579107", File: "images/587722981736579107.jpg", Similarity: -0.5}
		nearest[4].Image = handmadeImage(3).SubImage(image.Rect(100, 0, 300, 400)).(*image.NRGBA)
	}
	return query, nearest
}

func TestGallery(t *testing.T) {
	query, nearest := portraits(15)
	f, err := plots.Gallery(query, nearest, plots.Source{File: "features.npy", Galaxies: 3165})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, f, plots.Light)
}

// The figure is as high as its rows want: three beside the galaxy asked for, then
// whole ones of seven.
func TestGalleryHeights(t *testing.T) {
	height := func(n int) vg.Length {
		query, nearest := portraits(n)
		f, err := plots.Gallery(query, nearest, plots.Source{})
		if err != nil {
			t.Fatal(err)
		}
		return f.Height
	}
	for _, equal := range [][2]int{{1, 8}, {9, 12}, {13, 19}, {20, 26}, {90, 96}} {
		if a, b := height(equal[0]), height(equal[1]); a != b {
			t.Errorf("%d galaxies are %v points high, %d are %v", equal[0], a, equal[1], b)
		}
	}
	for _, n := range []int{8, 12, 19, 26} {
		if a, b := height(n), height(n+1); a >= b {
			t.Errorf("%d galaxies are %v points high, %d are %v", n, a, n+1, b)
		}
	}
}

func TestPortraitReadImage(t *testing.T) {
	write := func(img image.Image) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "image.png")
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct{ have, want image.Point }{
		{image.Pt(424, 424), image.Pt(424, 424)},
		{image.Pt(1600, 400), image.Pt(800, 200)},
		{image.Pt(1, 4000), image.Pt(1, 800)},
	} {
		p := plots.Portrait{File: write(image.NewNRGBA(image.Rectangle{Max: test.have}))}
		if err := p.ReadImage(); err != nil {
			t.Fatal(err)
		}
		if got := p.Image.Rect.Size(); got != test.want {
			t.Errorf("an image of %v becomes %v, want %v", test.have, got, test.want)
		}
	}
	text := filepath.Join(t.TempDir(), "1.jpg")
	if err := os.WriteFile(text, []byte("this is no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{text, filepath.Join(t.TempDir(), "none.jpg"), t.TempDir()} {
		p := plots.Portrait{File: file}
		err := p.ReadImage()
		if data, ok := errors.AsType[*galaxyzoo.DataError](err); !ok || data.File != file || p.Image != nil {
			t.Errorf("%s: error %v, image %v", file, err, p.Image)
		}
	}
}

func TestGalleryErrors(t *testing.T) {
	for _, n := range []int{0, plots.GalleryMost + 1} {
		query, nearest := portraits(n)
		if _, err := plots.Gallery(query, nearest, plots.Source{}); err == nil {
			t.Errorf("a gallery of %d galaxies is drawn", n)
		}
	}
}
