package imageproc

import (
	"math"
	"math/rand/v2"
)

// An Augmentation says which changes may be drawn for a training image. The
// zero value leaves images as they are.
type Augmentation struct {
	Rotate     bool    // by a whole number of degrees, 0 to 359, each as likely
	Flip       bool    // left to right, for one image in two
	Zoom       float64 // by 1/Zoom to Zoom, each ratio as likely; 0 and 1 are none
	Shift      float64 // pixels of the result, at most, along each axis and either way
	Brightness float64 // standard deviation of Transform.Brightness, about 0
}

// Draw draws the changes for one image. It takes from rng only what is switched
// on.
func (a Augmentation) Draw(rng *rand.Rand) Transform {
	var t Transform
	if a.Rotate {
		t.Degrees = float64(rng.IntN(360))
	}
	if a.Flip {
		t.Flip = rng.IntN(2) == 1
	}
	if a.Zoom != 0 && a.Zoom != 1 {
		t.Zoom = math.Pow(a.Zoom, 2*rng.Float64()-1)
	}
	if a.Shift != 0 {
		t.ShiftX = a.Shift * (2*rng.Float64() - 1)
		t.ShiftY = a.Shift * (2*rng.Float64() - 1)
	}
	if a.Brightness != 0 {
		t.Brightness = a.Brightness * rng.NormFloat64()
	}
	return t
}
