package imageproc

import (
	"fmt"
	"image"
	"image/draw"
	"math"
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

// Ratios of oversampling are multiples of 1/oversampleParts up to maxOversample.
// The view then takes its levels from places that are whole 1/16 of a pixel, whose
// weights WarpRGB has exactly: so a crop's view turned by a right angle or mirrored
// is the view of the crop turned or mirrored, level for level.
const (
	oversampleParts = 8
	maxOversample   = 4
)

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
	// Oversample is how many pixels of Cut's crop there are to one that a network
	// sees, along an axis: multiples of 1/8 from 1 to 4, 0 counting as 1. Above 1
	// every view, the plain one too, is a bilinear interpolation of a finer crop, so
	// that turning an image blurs it no more than leaving it; above 2 it passes over
	// pixels of the crop.
	Oversample float64 `json:"oversample,omitempty"`
	// Margin is how many pixels more Cut's crop has on each side, in those that a
	// network sees, for training and views to turn, zoom and shift them in; 0 in a
	// model's settings. The middle of a crop with a margin is the crop without one, pixel
	// for pixel.
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
	if err := p.checkOversample(); err != nil {
		return err
	}
	return p.checkMargin()
}

// checkOversample sees to whole pixels of the crop, and to exact weights.
func (p Preprocessing) checkOversample() error {
	scale := p.Scale()
	switch side := scale * float64(p.Size); {
	case !(scale >= 1 && scale <= maxOversample) || !whole(scale*oversampleParts):
		return fmt.Errorf("oversample is %g, want a multiple of %g from 1 to %d", scale, 1./oversampleParts, maxOversample)
	case !whole(side):
		return fmt.Errorf("oversample is %g, which makes %d pixels %g; want a multiple of %g from 1 to %d that makes them a whole number",
			scale, p.Size, side, 1/float64(gcd(oversampleParts, p.Size)), maxOversample)
	case side > maxSize:
		return fmt.Errorf("oversample is %g, which makes %d pixels %g, want at most %d", scale, p.Size, side, maxSize)
	}
	return nil
}

// checkMargin sees to whole pixels of the original and of the crop: only then has
// the wider crop the plain one in its middle.
func (p Preprocessing) checkMargin() error {
	side := p.middle()
	switch {
	case p.Margin == 0:
		return nil
	case p.Crop != CropCentre:
		return fmt.Errorf("crop margin is %d, want none with crop %q, whose squares differ in size", p.Margin, p.Crop)
	case side > p.Width:
		return fmt.Errorf("crop margin is %d, want none where %d pixels are enlarged to %d", p.Margin, p.Width, side)
	}
	step, most := p.margins()
	kind := "whole pixels of the original"
	if side != p.Size {
		kind = fmt.Sprintf("whole pixels of the original and of the crop of %d", side)
	}
	if most == 0 {
		return fmt.Errorf("crop margin is %d, want none: with %d pixels scaled to %d no margin is %s and within its %d",
			p.Margin, p.Width, p.Size, kind, originalSide)
	}
	if p.Margin < 0 || p.Margin > most || p.Margin%step != 0 {
		return fmt.Errorf("crop margin is %d, want a multiple of %d up to %d: with %d pixels scaled to %d these are %s and within its %d",
			p.Margin, step, most, p.Width, p.Size, kind, originalSide)
	}
	return nil
}

func whole(x float64) bool { return x == math.Trunc(x) }

func lcm(a, b int) int { return a / gcd(a, b) * b }

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Scale returns how many pixels of Cut's crop there are to one that a network sees,
// along an axis: Oversample, or 1 where that is 0.
func (p Preprocessing) Scale() float64 {
	if p.Oversample == 0 {
		return 1
	}
	return p.Oversample
}

// margins are the multiples of step up to most, which is 0 where the crop has none.
func (p Preprocessing) margins() (step, most int) {
	if p.Crop != CropCentre || p.middle() > p.Width {
		return 1, 0
	}
	step = lcm(p.Size/gcd(p.Width, p.Size), p.Size/gcd(p.middle(), p.Size))
	return step, (originalSide - p.Width) / 2 * p.Size / p.Width / step * step
}

// FitMargin returns the largest margin of at most p.Margin that passes Check, 0 where
// there is none. All else has to pass it.
func (p Preprocessing) FitMargin() int {
	step, most := p.margins()
	return max(0, min(p.Margin, most)/step*step)
}

// ForViews returns the settings with the margin that the views look into, or as much
// of it as the original has: without, a view that is turned or zoomed out would have
// black corners, as no image has that a network is trained on. Only a centre crop has one.
// All else has to pass Check.
func (p Preprocessing) ForViews(views []Transform) Preprocessing {
	margin := 0
	for _, t := range views {
		margin = max(margin, int(math.Ceil((t.reach()-1)*float64(p.Size)/2)))
	}
	step, most := p.margins()
	p.Margin = min(most, (margin+step-1)/step*step)
	return p
}

// CropSize is the side of Cut's crop in pixels: Size and the margins, oversampled.
func (p Preprocessing) CropSize() int {
	return int(p.Scale() * float64(p.Size+2*p.Margin))
}

// middle is the side of Cut's crop without a margin.
func (p Preprocessing) middle() int {
	p.Margin = 0
	return p.CropSize()
}

// String names the crop, its size and, where there are any, its oversampling and
// its margin: roi-64, centre207-64 or centre256-64x1.5+16.
func (p Preprocessing) String() string {
	name := fmt.Sprintf("%s-%d", p.Crop, p.Size)
	if p.Crop == CropCentre {
		name = fmt.Sprintf("%s%d-%d", p.Crop, p.Width, p.Size)
	}
	if p.Scale() != 1 {
		name += fmt.Sprintf("x%g", p.Scale())
	}
	if p.Margin > 0 {
		name += fmt.Sprintf("+%d", p.Margin)
	}
	return name
}

// Apply returns what a network sees of img, Size x Size pixels: the middle of Cut's
// crop, interpolated where that is oversampled. With a centre crop of even width, of
// a square image of 424 pixels that is not enlarged, Apply of the image turned by a
// right angle or mirrored is the result turned or mirrored, level for level. The
// settings must pass Check.
func (p Preprocessing) Apply(img *image.NRGBA) *image.NRGBA {
	p.Margin = 0 // the middle is the crop without one
	crop := p.Cut(img)
	if p.Scale() == 1 {
		return crop
	}
	side := p.CropSize()
	packed, view := make([]byte, 3*side*side), make([]byte, 3*p.Size*p.Size)
	PackRGB(packed, crop)
	Transform{}.WarpRGB(view, p.Size, packed, side, p.Scale())
	return UnpackRGB(view, p.Size)
}

// Cut cuts the crop out of img and scales it to CropSize x CropSize pixels by area
// averaging. The settings must pass Check.
func (p Preprocessing) Cut(img *image.NRGBA) *image.NRGBA {
	crop := img.SubImage(p.Rectangle(img)).(*image.NRGBA)
	result := Resize(crop, p.CropSize(), p.CropSize())
	if p.Margin > 0 && min(img.Rect.Dx(), img.Rect.Dy()) != originalSide {
		// Scaled to this image, the margin is a fraction of a pixel wider or
		// narrower, and the middle not just the crop without it.
		margin := (p.CropSize() - p.middle()) / 2
		p.Margin = 0
		draw.Draw(result, result.Rect.Inset(margin), p.Cut(img), image.Point{}, draw.Src)
	}
	return result
}

// Rectangle returns the crop that Cut cuts out, within the bounds of img. The
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
