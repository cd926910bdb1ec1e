package imageproc

import (
	"fmt"
	"image"
	"image/draw"
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
	Size  int `json:"size"` // side of what a network sees in pixels, 1 to 1024
	// Margin is how many pixels more the result has on each side, for training to
	// turn, zoom and shift them in; 0 in a model's settings. The middle of a crop
	// with a margin is the crop without one, pixel for pixel.
	Margin int `json:"margin,omitempty"`
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
	return p.checkMargin()
}

// checkMargin sees to whole pixels of the original: only then has the wider crop
// the plain one in its middle.
func (p Preprocessing) checkMargin() error {
	switch {
	case p.Margin == 0:
		return nil
	case p.Crop != CropCentre:
		return fmt.Errorf("crop margin is %d, want none with crop %q, whose squares differ in size", p.Margin, p.Crop)
	case p.Size > p.Width:
		return fmt.Errorf("crop margin is %d, want none where %d pixels are enlarged to %d", p.Margin, p.Width, p.Size)
	}
	step := p.Size / gcd(p.Width, p.Size)
	most := (originalSide - p.Width) / 2 * p.Size / p.Width / step * step
	if most == 0 {
		return fmt.Errorf("crop margin is %d, want none: with %d pixels scaled to %d no margin is whole pixels of the original and within its %d",
			p.Margin, p.Width, p.Size, originalSide)
	}
	if p.Margin < 0 || p.Margin > most || p.Margin%step != 0 {
		return fmt.Errorf("crop margin is %d, want a multiple of %d up to %d: with %d pixels scaled to %d these are whole pixels of the original and within its %d",
			p.Margin, step, most, p.Width, p.Size, originalSide)
	}
	return nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// CropSize is the side of Apply's result in pixels: Size and the margins.
func (p Preprocessing) CropSize() int { return p.Size + 2*p.Margin }

// String names the crop, its size and, where there is one, its margin: roi-64,
// centre207-64 or centre256-64+16.
func (p Preprocessing) String() string {
	name := fmt.Sprintf("%s-%d", p.Crop, p.Size)
	if p.Crop == CropCentre {
		name = fmt.Sprintf("%s%d-%d", p.Crop, p.Width, p.Size)
	}
	if p.Margin > 0 {
		name += fmt.Sprintf("+%d", p.Margin)
	}
	return name
}

// Apply cuts the crop out of img and scales it to CropSize x CropSize pixels by
// area averaging. The settings must pass Check.
func (p Preprocessing) Apply(img *image.NRGBA) *image.NRGBA {
	crop := img.SubImage(p.Rectangle(img)).(*image.NRGBA)
	result := Resize(crop, p.CropSize(), p.CropSize())
	if p.Margin > 0 && min(img.Rect.Dx(), img.Rect.Dy()) != originalSide {
		// Scaled to this image, the margin is a fraction of a pixel wider or
		// narrower, and the middle not just the crop without it.
		middle := p
		middle.Margin = 0
		draw.Draw(result, result.Rect.Inset(p.Margin), middle.Apply(img), image.Point{}, draw.Src)
	}
	return result
}

// Rectangle returns the crop that Apply cuts out, within the bounds of img. The
// settings must pass Check.
func (p Preprocessing) Rectangle(img *image.NRGBA) image.Rectangle {
	if p.Crop == CropROI {
		return RegionOfInterest(img)
	}
	bounds := img.Bounds()
	shorter := min(bounds.Dx(), bounds.Dy())
	width := p.Width + 2*p.Margin*p.Width/p.Size
	side := max(1, (width*shorter+originalSide/2)/originalSide)
	x := bounds.Min.X + (bounds.Dx()-side)/2
	y := bounds.Min.Y + (bounds.Dy()-side)/2
	return image.Rect(x, y, x+side, y+side).Intersect(bounds)
}
