package imageproc

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
)

// A Stretch turns the brightness that a telescope measures into levels of 0 to
// 255, by the inverse hyperbolic sine of Lupton et al. (2004, PASP 116, 133):
// linear for what is faint, logarithmic for what is bright.
//
// The sky is the median of each band. What the stretch acts on is a pixel's
// intensity, the mean of its bands above their skies, and its noise is 1.4826
// times the median deviation from the median. An intensity of x becomes
//
//	asinh(x / (Softening * noise))
//
// in units that make the White percentile 0.6 of full scale, as bright as the
// challenge's galaxies are on average. All bands are scaled by what their
// intensity is scaled by, so that the colour stays; where one would exceed full
// scale, all are dimmed together. What is not above the sky is black.
type Stretch struct {
	Softening float64 `json:"softening"` // in units of the noise, above 0
	White     float64 `json:"white"`     // percentile of the intensities, above 50, to 100
}

// DefaultStretch makes a galaxy look as in the Sloan survey's composites, which
// the challenge's images are: their softening is about 8 times their noise.
var DefaultStretch = Stretch{Softening: 8, White: 99.9}

const (
	// whiteLevel is what the white percentile becomes: the 99.9th percentile of
	// the challenge's images is 0.47 to 0.80, in the middle 0.61.
	whiteLevel = 0.6
	// leastWhite is the least white point, in softenings, so that a field with
	// nothing but noise in it stays dark.
	leastWhite = 10
	// cleanRange is the white point of the challenge's typical galaxy, in units
	// of the noise: that of an image which has none.
	cleanRange = 250
)

// Check reports the first parameter that is out of range.
func (s Stretch) Check() error {
	if !(s.Softening > 0 && s.Softening <= 1e6) {
		return fmt.Errorf("softening is %v, want a number above 0, to 1e6", s.Softening)
	}
	if !(s.White > 50 && s.White <= 100) {
		return fmt.Errorf("white point is %v, want a percentile above 50, to 100", s.White)
	}
	return nil
}

// apply stretches one plane or three, the first row of which is the lowest.
func (s Stretch) apply(planes [][]float32, width, height int) (*image.NRGBA, error) {
	n := width * height
	skies := make([]float64, len(planes))
	for k, plane := range planes {
		skies[k] = float64(quantile(plane, 0.5))
	}
	intensity := make([]float32, n)
	for i := range intensity {
		sum := 0.0
		for k, plane := range planes {
			sum += float64(plane[i]) - skies[k]
		}
		intensity[i] = float32(sum / float64(len(planes)))
	}
	curve, err := s.curve(intensity)
	if err != nil {
		return nil, err
	}

	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i, x := range intensity {
		pixel := img.Pix[img.PixOffset(i%width, height-1-i/width):][:4]
		pixel[3] = 0xff
		if x <= 0 {
			continue
		}
		scale := curve(float64(x)) / float64(x)
		var bands [3]float64
		for k := range bands {
			plane := min(k, len(planes)-1)
			bands[k] = max(0, float64(planes[plane][i])-skies[plane]) * scale
		}
		dim := max(1, bands[0], bands[1], bands[2])
		for k, v := range bands {
			pixel[k] = uint8(v/dim*255 + 0.5)
		}
	}
	return img, nil
}

// curve returns the function from intensity, above 0, to brightness, 0 to 1 and
// beyond. It overwrites nothing.
func (s Stretch) curve(intensity []float32) (func(float64) float64, error) {
	brightest := float64(slices.Max(intensity))
	if float64(slices.Min(intensity)) == brightest {
		return nil, errors.New("all pixels are equally bright: the image shows nothing")
	}
	if brightest <= 0 {
		return nil, errors.New("no pixel is brighter than the median: the image shows nothing")
	}
	white := float64(quantile(intensity, s.White/100))
	if white <= 0 {
		white = brightest
	}
	middle := quantile(intensity, 0.5)
	deviations := make([]float32, len(intensity))
	for i, x := range intensity {
		deviations[i] = float32(math.Abs(float64(x) - float64(middle)))
	}
	noise := 1.4826 * float64(quantile(deviations, 0.5))
	if noise == 0 {
		noise = white / cleanRange
	}
	softening := s.Softening * noise
	unit := whiteLevel / math.Asinh(max(white/softening, leastWhite))
	return func(x float64) float64 { return unit * math.Asinh(x/softening) }, nil
}

// quantile returns the value below which the given part of the values lies, 0 to
// 1; of two it takes the lower. It counts the values by one byte of their order
// after another, which takes the same time whatever they are.
func quantile(values []float32, part float64) float32 {
	rank := int(part * float64(len(values)-1))
	var prefix uint32
	for shift := 24; shift >= 0; shift -= 8 {
		var counts [256]int
		for _, v := range values {
			if key := ordered(v); key>>(shift+8) == prefix {
				counts[uint8(key>>shift)]++
			}
		}
		digit := 0
		for ; rank >= counts[digit]; digit++ {
			rank -= counts[digit]
		}
		prefix = prefix<<8 | uint32(digit)
	}
	if prefix>>31 == 1 {
		return math.Float32frombits(prefix &^ (1 << 31))
	}
	return math.Float32frombits(^prefix)
}

// ordered maps floats to numbers in the same order.
func ordered(v float32) uint32 {
	b := math.Float32bits(v)
	if b>>31 == 1 {
		return ^b
	}
	return b | 1<<31
}
