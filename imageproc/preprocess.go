package imageproc

import (
	"fmt"
	"image"
)

// A CropKind says which part of an image a network sees.
type CropKind string

// The crops there are.
const (
	CropROI    CropKind = "roi"    // the square of RegionOfInterest
	CropCentre CropKind = "centre" // a square of fixed width about the centre
)

// originalSide is the side of the challenge's images, in pixels; the unit of
// Preprocessing.Width.
const originalSide = 424

// maxSize is the largest side of a crop, in pixels. It bounds the memory and
// disk that a slip in a configuration can ask for.
const maxSize = 1024

// Preprocessing is what happens to a decoded image before a network sees it. It
// travels with a model as preprocessing.json, so that prediction prepares its
// images exactly as training did.
type Preprocessing struct {
	Crop CropKind `json:"crop"`
	// Width is the side of the centre crop in pixels of the 424x424 original,
	// 1 to 424; 0 with every other crop. For an image of another size it is
	// scaled by that image's shorter side.
	Width int `json:"width,omitempty"`
	Size  int `json:"size"` // side of the result in pixels, 1 to 1024
}

// Check reports the first setting that is out of range.
func (p Preprocessing) Check() error {
	switch p.Crop {
	case CropROI:
		if p.Width != 0 {
			return fmt.Errorf("crop width is %d, want none with crop %q, which finds its own", p.Width, p.Crop)
		}
	case CropCentre:
		if p.Width < 1 || p.Width > originalSide {
			return fmt.Errorf("crop width is %d, want 1 to %d pixels of the original image", p.Width, originalSide)
		}
	default:
		return fmt.Errorf("unknown crop %q, want %q or %q", p.Crop, CropROI, CropCentre)
	}
	if p.Size < 1 || p.Size > maxSize {
		return fmt.Errorf("crop size is %d, want 1 to %d pixels", p.Size, maxSize)
	}
	return nil
}

// String names the crop and its size: roi-64 or centre207-64.
func (p Preprocessing) String() string {
	if p.Crop == CropCentre {
		return fmt.Sprintf("%s%d-%d", p.Crop, p.Width, p.Size)
	}
	return fmt.Sprintf("%s-%d", p.Crop, p.Size)
}

// Apply cuts the crop out of img and scales it to Size x Size pixels by area
// averaging. The settings must pass Check.
func (p Preprocessing) Apply(img *image.NRGBA) *image.NRGBA {
	crop := img.SubImage(p.Rectangle(img)).(*image.NRGBA)
	return Resize(crop, p.Size, p.Size)
}

// Rectangle returns the crop that Apply cuts out, within the bounds of img. The
// settings must pass Check.
func (p Preprocessing) Rectangle(img *image.NRGBA) image.Rectangle {
	if p.Crop == CropROI {
		return RegionOfInterest(img)
	}
	bounds := img.Bounds()
	shorter := min(bounds.Dx(), bounds.Dy())
	side := max(1, (p.Width*shorter+originalSide/2)/originalSide)
	x := bounds.Min.X + (bounds.Dx()-side)/2
	y := bounds.Min.Y + (bounds.Dy()-side)/2
	return image.Rect(x, y, x+side, y+side).Intersect(bounds)
}
