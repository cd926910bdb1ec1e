package plots

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// sampler draws one of everything: both weights of type, rotated text, curves,
// an image, a gonum/plot and a colour bar.
func sampler() *Figure {
	img := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	img.SetNRGBA(0, 0, color.NRGBA{R: 255, A: 255}) // the top left corner is red
	return &Figure{
		Name: "sampler", Title: "One of everything", Caption: "Signs: −0.3 × ± é ≥ 1. n = 1 galaxy from a<b>.csv.",
		Width: 200, Height: 100,
		Draw: func(c *Canvas) {
			c.Pixels(box(c.Min.X, c.Min.Y, 80, 80), img)
			c.Dot(c.Max.X-10, c.Min.Y+10, 5, c.Theme.Accent)
			c.Text(Bold(c.Type(SizeBody)), c.Min.X, c.Max.Y-10, "bold")
			p := c.Theme.NewPlot("", "x", "y")
			p.X.Max, p.Y.Max = 1, 1
			c.In(box(c.Min.X+85, c.Min.Y, 60, 90)).DrawPlots(0, []*plot.Plot{p})
			ColourBar{Map: c.Theme.Diverging, Lo: -1, Hi: 1, Ticks: []float64{-1, 0, 1}, Label: "r", Format: short}.
				Draw(c, box(c.Min.X+145, c.Min.Y+20, ColourBarWidth, 70))
		},
	}
}

func TestWriteGivesTheSameBytes(t *testing.T) {
	for _, theme := range Themes() {
		for _, format := range Formats() {
			var first bytes.Buffer
			if err := sampler().Write(&first, format, theme); err != nil {
				t.Fatal(err)
			}
			for range 3 { // an order of map entries seldom repeats four times
				var again bytes.Buffer
				if err := sampler().Write(&again, format, theme); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(first.Bytes(), again.Bytes()) {
					t.Errorf("%s, %s: two renderings differ", theme.Name, format)
				}
			}
		}
	}
}

func TestImagesAreTheRightWayUp(t *testing.T) {
	f := sampler()
	var b bytes.Buffer
	if err := f.Write(&b, PNG, Light); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	_, height := f.Size()
	dots := func(l vg.Length) int { return int(l.Dots(DPI)) }
	bottom := height - Margin - f.foot()
	for _, c := range []struct {
		x, y vg.Length // from the top left of the figure, in points
		want color.NRGBA
	}{
		{Margin + 20, bottom - 60, color.NRGBA{R: 255, A: 255}},
		{Margin + 20, bottom - 20, color.NRGBA{R: 255, G: 255, B: 255, A: 255}}, // transparent: the page
	} {
		got := color.NRGBAModel.Convert(img.At(dots(c.x), dots(c.y)))
		if got != c.want {
			t.Errorf("pixel at %v, %v pt: %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

func TestFilesCarryTheirCaption(t *testing.T) {
	f := sampler()
	for format, want := range map[Format]string{
		PNG: f.Caption,
		SVG: "<desc>Signs: −0.3 × ± é ≥ 1. n = 1 galaxy from a&lt;b&gt;.csv.</desc>",
		PDF: "/Subject (",
	} {
		var b bytes.Buffer
		if err := f.Write(&b, format, Dark); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: want it to hold %q", format, want)
		}
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sampler.svg")
	if err := sampler().WriteFile(path, Light); err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := sampler().Write(&want, SVG, Light); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("the file differs from what Write writes (%v)", err)
	}

	err = sampler().WriteFile(filepath.Join(dir, "sampler.gif"), Light)
	if err == nil || !strings.Contains(err.Error(), `format "gif", want one of png, svg, pdf`) {
		t.Errorf("error %v, want it to list the formats", err)
	}

	broken := sampler()
	broken.Draw = func(*Canvas) { panic("no scale") }
	if err := broken.WriteFile(filepath.Join(dir, "broken.png"), Light); err == nil {
		t.Error("no error from a figure that cannot be drawn")
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("%d files in the folder, want only the whole one", len(entries))
	}
}

func TestBareLeavesOutTitleAndCaption(t *testing.T) {
	f := sampler()
	f.Bare = true
	width, height := f.Size()
	if width != f.Width+2*Margin || height != f.Height+2*Margin {
		t.Errorf("size %v x %v, want the drawing area and its margins", width, height)
	}
}

func TestResolution(t *testing.T) {
	f := sampler()
	f.Resolution = 72
	var b bytes.Buffer
	if err := f.Write(&b, PNG, Light); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if width, _ := f.Size(); img.Bounds().Dx() != int(width.Points()) { // a point is a 72nd of an inch
		t.Errorf("%d pixels for %.0f points", img.Bounds().Dx(), width.Points())
	}
}
