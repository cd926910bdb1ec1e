package galaxyzoo

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"github.com/disintegration/imaging"
)

// jpegQuality is that of the real images' quantisation tables.
const jpegQuality = 75

// A colour is the light in the bands i, r and g, shown as red, green and blue,
// relative to a grey of the same brightness.
type colour [3]float64

// A canvas is a patch of sky as the survey's camera has it: light in three bands
// on the camera's own pixels, which are coarser than the image's where the seeing
// is poor. Places and lengths are given in pixels of the image from its centre;
// light in units in which the display turns from linear to logarithmic at 1.
type canvas struct {
	size  int     // pixels on a side
	scale float64 // pixels of the canvas per pixel of the image
	blur  float64 // full width at half maximum of the seeing, image pixels
	bands [3][]float32
	row   []float32 // one row or column while blurring
}

// newCanvas returns a dark canvas. Two and a half pixels to the seeing are the
// fewest that hold its detail, and give noise of the real images' grain.
func newCanvas(blur float64) *canvas {
	const sampling = 2.5
	c := &canvas{blur: blur}
	c.size = min(ImageSize, int(math.Round(ImageSize*sampling/blur)))
	c.scale = float64(c.size) / ImageSize
	for b := range c.bands {
		c.bands[b] = make([]float32, c.size*c.size)
	}
	c.row = make([]float32, c.size)
	return c
}

// visit calls f for each pixel within reach of the centre, with the pixel's
// position relative to it.
func (c *canvas) visit(x, y, reach float64, f func(k int, dx, dy float64)) {
	low := func(centre float64) int {
		return max(0, int(math.Ceil((centre-reach+ImageSize/2)*c.scale-0.5)))
	}
	high := func(centre float64) int {
		return min(c.size-1, int(math.Floor((centre+reach+ImageSize/2)*c.scale-0.5)))
	}
	x0, x1, y0, y1 := low(x), high(x), low(y), high(y)
	for j := y0; j <= y1; j++ {
		dy := (float64(j)+0.5)/c.scale - ImageSize/2 - y
		for i := x0; i <= x1; i++ {
			f(j*c.size+i, (float64(i)+0.5)/c.scale-ImageSize/2-x, dy)
		}
	}
}

// shine adds light of one colour.
func (c *canvas) shine(x, y, reach float64, tint colour, light func(dx, dy float64) float64) {
	red, green, blue := float32(tint[0]), float32(tint[1]), float32(tint[2])
	c.visit(x, y, reach, func(k int, dx, dy float64) {
		l := float32(light(dx, dy))
		c.bands[0][k] += red * l
		c.bands[1][k] += green * l
		c.bands[2][k] += blue * l
	})
}

// dim takes light away as dust does, more of it in the blue: depth is the optical
// depth in the middle band.
func (c *canvas) dim(x, y, reach float64, depth func(dx, dy float64) float64) {
	c.visit(x, y, reach, func(k int, dx, dy float64) {
		d := depth(dx, dy)
		if d < 0.01 {
			return
		}
		c.bands[0][k] *= float32(math.Exp(-0.82 * d))
		c.bands[1][k] *= float32(math.Exp(-d))
		c.bands[2][k] *= float32(math.Exp(-1.15 * d))
	})
}

// see blurs the canvas by the seeing, with a Gaussian a little wider in the blue.
func (c *canvas) see() {
	for b, width := range [3]float64{0.96, 1, 1.06} {
		sigma := width * c.blur * c.scale / 2.355
		kernel := make([]float32, int(math.Ceil(2.8*sigma))+1)
		sum := 0.0
		for k := range kernel {
			w := math.Exp(-0.5 * square(float64(k)/sigma))
			kernel[k] = float32(w)
			sum += 2 * w
		}
		sum-- // the middle counts once
		for k := range kernel {
			kernel[k] /= float32(sum)
		}
		for j := range c.size {
			c.convolve(c.bands[b][j*c.size:(j+1)*c.size], kernel)
		}
		c.convolveColumns(c.bands[b], kernel)
	}
}

func (c *canvas) convolve(line, kernel []float32) {
	copy(c.row, line)
	reach := len(kernel) - 1
	for i := range line {
		sum := kernel[0] * c.row[i]
		if i >= reach && i+reach < len(line) {
			for k := 1; k <= reach; k++ {
				sum += kernel[k] * (c.row[i-k] + c.row[i+k])
			}
		} else {
			for k := 1; k <= reach; k++ {
				sum += kernel[k] * (c.row[max(i-k, 0)] + c.row[min(i+k, len(line)-1)])
			}
		}
		line[i] = sum
	}
}

// convolveColumns works row by row, as the memory lies: a ring of copies keeps
// the rows that are overwritten but still needed.
func (c *canvas) convolveColumns(band, kernel []float32) {
	reach := len(kernel) - 1
	kept := make([]float32, (reach+1)*c.size)
	original := func(j, now int) []float32 {
		j = min(max(j, 0), c.size-1)
		if j < now {
			j %= reach + 1
			return kept[j*c.size : (j+1)*c.size]
		}
		return band[j*c.size : (j+1)*c.size]
	}
	for j := range c.size {
		line := band[j*c.size : (j+1)*c.size]
		keep := kept[j%(reach+1)*c.size:][:c.size]
		for i, x := range line {
			c.row[i] = kernel[0] * x
		}
		for k := 1; k <= reach; k++ {
			above, below := original(j-k, j), original(j+k, j)
			w := kernel[k]
			for i := range c.row {
				c.row[i] += w * (above[i] + below[i])
			}
		}
		copy(keep, line)
		copy(line, c.row)
	}
}

// addSky adds the brightness of the night sky that was left over and its noise,
// part of which the bands share.
func (c *canvas) addSky(level, noise float64, rng *rand.Rand) {
	for k := range c.bands[0] {
		shared := level + 0.85*noise*rng.NormFloat64()
		c.bands[0][k] += float32(shared + 0.55*noise*rng.NormFloat64())
		c.bands[1][k] += float32(shared + 0.4*noise*rng.NormFloat64())
		c.bands[2][k] += float32(shared + 0.55*noise*rng.NormFloat64())
	}
}

// develop shows the canvas with the survey's stretch (Lupton et al. 2004, PASP
// 116, 133), which keeps the colours: all bands are scaled by what takes their
// mean to its inverse hyperbolic sine.
func (c *canvas) develop() *image.NRGBA {
	const grey = 48 // display levels of asinh 1
	img := image.NewNRGBA(image.Rect(0, 0, c.size, c.size))
	for k := range c.size * c.size {
		red, green, blue := c.bands[0][k], c.bands[1][k], c.bands[2][k]
		mean := (red + green + blue) / 3
		gain := float32(grey)
		if mean > 0.05 {
			gain *= float32(math.Asinh(float64(mean))) / mean
		}
		img.Pix[4*k] = level(gain * red)
		img.Pix[4*k+1] = level(gain * green)
		img.Pix[4*k+2] = level(gain * blue)
		img.Pix[4*k+3] = 255
	}
	return img
}

func level(x float32) uint8 { return uint8(min(max(x+0.5, 0), 255)) }

// encode enlarges the picture to the size of the real images and compresses it.
func encode(img *image.NRGBA) ([]byte, error) {
	if img.Rect.Dx() != ImageSize {
		img = imaging.Resize(img, ImageSize, ImageSize, imaging.CatmullRom)
	}
	// Opaque, so the same bytes in the form that the encoder is quick with.
	opaque := &image.RGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
	var b bytes.Buffer
	b.Grow(16 << 10)
	if err := jpeg.Encode(&b, opaque, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return nil, fmt.Errorf("failed to encode a synthetic image: %w", err)
	}
	return b.Bytes(), nil
}
