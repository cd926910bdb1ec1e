package imageproc

import (
	"image"
	"image/color"
	"testing"
)

// A symmetric image stays symmetric about the centre: for every whole angle and
// both parities, the centre of mass of a centred disc must stay at the centre.
func TestRotateKeepsTheCentre(t *testing.T) {
	for _, side := range []int{21, 32, 45, 64} {
		img := disc(side, side, float64(side-1)/2, float64(side-1)/2, float64(side)/4)
		for degrees := range 360 {
			x, y := centreOfMass(Rotate(img, float64(degrees)))
			const tolerance = 0.02 // rounding to 256 levels
			centre := float64(side-1) / 2
			if abs(x-centre) > tolerance || abs(y-centre) > tolerance {
				t.Errorf("side %d, %d degrees: centre (%.3f, %.3f), want %.1f", side, degrees, x, y, centre)
			}
		}
	}
}

func disc(w, h int, cx, cy, radius float64) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			dx, dy := float64(x)-cx, float64(y)-cy
			c := color.NRGBA{A: 255}
			if d2 := dx*dx + dy*dy; d2 < radius*radius {
				v := uint8(250 * (1 - d2/(radius*radius)))
				c.R, c.G, c.B = v, v/2, v
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func centreOfMass(img *image.NRGBA) (x, y float64) {
	var sum float64
	for j := range img.Rect.Dy() {
		for i := range img.Rect.Dx() {
			v := float64(img.Pix[j*img.Stride+4*i])
			sum += v
			x += v * float64(i)
			y += v * float64(j)
		}
	}
	return x / sum, y / sum
}

func abs(x float64) float64 { return max(x, -x) }
