package plots

import (
	"image"
	"image/draw"
	"math"

	xdraw "golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// A pictureDrawer draws an image, the right way up, over r.
type pictureDrawer func(r vg.Rectangle, img image.Image, scaler xdraw.Scaler)

// Photo draws img over r, smoothly resampled to the pixels of the figure.
func (c *Canvas) Photo(r vg.Rectangle, img image.Image) {
	c.picture(r, img, xdraw.CatmullRom)
}

// Pixels draws img over r with its pixels as sharp squares, for images whose
// pixels are themselves what is shown: kernels, activations, maps.
func (c *Canvas) Pixels(r vg.Rectangle, img image.Image) {
	c.picture(r, img, xdraw.NearestNeighbor)
}

// rasterPictures resamples onto the pixel grid of a PNG file: the edges of r
// are rounded to whole pixels, so that nothing is resampled twice.
func rasterPictures(canvas *vgimg.Canvas) pictureDrawer {
	dst := canvas.Image()
	height := dst.Bounds().Dy()
	dots := func(l vg.Length) int { return int(math.Round(l.Dots(canvas.DPI()))) }
	return func(r vg.Rectangle, img image.Image, scaler xdraw.Scaler) {
		size := image.Pt(dots(r.Size().X), dots(r.Size().Y))
		corner := image.Pt(dots(r.Min.X), height-dots(r.Min.Y)-size.Y)
		scaler.Scale(dst, image.Rectangle{Min: corner, Max: corner.Add(size)}, img, img.Bounds(), draw.Over, nil)
	}
}

// vectorPictures embeds images in SVG and PDF files. Those finer than the
// resolution of PNG files are brought down to it; sharp pixels are enlarged
// to about it, as readers of these formats blur what they enlarge.
func vectorPictures(canvas vg.Canvas) pictureDrawer {
	return func(r vg.Rectangle, img image.Image, scaler xdraw.Scaler) {
		have := img.Bounds().Size()
		want := image.Pt(int(math.Ceil(r.Size().X.Dots(DPI))), int(math.Ceil(r.Size().Y.Dots(DPI))))
		if scaler == xdraw.NearestNeighbor && have.X <= want.X {
			factor := max((want.X+have.X-1)/have.X, 1)
			want = have.Mul(factor)
		}
		if want.X < have.X || scaler == xdraw.NearestNeighbor {
			sized := image.NewNRGBA(image.Rectangle{Max: want})
			scaler.Scale(sized, sized.Bounds(), img, img.Bounds(), draw.Src, nil)
			img = sized
		}
		canvas.DrawImage(r, img)
	}
}
