package galaxyzoo

import (
	"math"
	"math/rand/v2"
)

// crowding is the mean number of stars, and of faint galaxies, in an image: the
// patch of sky is the larger the smaller the seeing looks in it.
func (c *canvas) crowding() float64 { return 1.5 + 9*square(3.3/c.blur) }

// poisson draws a count of the given mean, by Knuth's product of uniforms.
func poisson(mean float64, rng *rand.Rand) int {
	limit, n := math.Exp(-mean), 0
	for p := rng.Float64(); p > limit; p *= rng.Float64() {
		n++
	}
	return n
}

// somewhere draws a place on the image.
func somewhere(rng *rand.Rand) (x, y float64) {
	return ImageSize * (rng.Float64() - 0.5), ImageSize * (rng.Float64() - 0.5)
}

// drawFaintGalaxies adds the far galaxies of the background, not so near the
// centre that they would pass for a part of the galaxy there.
func (c *canvas) drawFaintGalaxies(m *morphology, rng *rand.Rand) {
	for range poisson(c.crowding(), rng) {
		x, y := somewhere(rng)
		if math.Hypot(x-m.x, y-m.y) < 2*m.radius {
			continue
		}
		radius := c.blur * (0.25 + 0.5*rng.Float64())
		light := 0.3 * math.Pow(1-rng.Float64(), -0.8)
		ratio := 0.3 + 0.7*rng.Float64()
		c.drawSpheroid(x, y, radius, min(light, 2), 1.2, 0, newEllipse(math.Pi*rng.Float64(), ratio), blend(youngStars, oldStars, 0.2+1.3*rng.Float64()))
	}
}

// drawStars adds stars of the foreground: many faint, few bright, and now and
// then one so bright that it reddens the sky about it.
func (c *canvas) drawStars(rng *rand.Rand) {
	for range poisson(c.crowding(), rng) {
		x, y := somewhere(rng)
		c.drawStar(x, y, min(0.9*math.Pow(1-rng.Float64(), -1.1), 120), starColour(rng))
	}
	if rng.Float64() < 0.04 {
		x, y := somewhere(rng)
		if math.Hypot(x, y) > 110 {
			c.drawBrightStar(x, y, 150+500*rng.Float64(), rng)
		}
	}
}

// drawStar adds a point as the seeing spreads it: a Moffat profile, whose wings
// show about bright stars.
func (c *canvas) drawStar(x, y, peak float64, tint colour) {
	// Exponent 3 gives a half width of 0.51 times the radius.
	radius := c.blur / 2 / 0.5098
	reach := radius * math.Sqrt(math.Cbrt(peak/0.01))
	c.shine(x, y, reach, tint, func(dx, dy float64) float64 {
		w := 1 / (1 + (dx*dx+dy*dy)/(radius*radius))
		return peak * w * w * w
	})
}

func starColour(rng *rand.Rand) colour {
	switch u := rng.Float64(); {
	case u < 0.4: // red dwarfs, faint in all but the reddest band
		return blend(colour{1.35, 1.0, 0.6}, colour{2.0, 0.75, 0.25}, rng.Float64())
	case u < 0.7:
		return colour{1.2, 1.0, 0.75}
	default:
		return blend(colour{1, 1, 1}, colour{0.7, 0.95, 1.4}, rng.Float64())
	}
}

// drawBrightStar adds a star that floods the camera: a white core, the cross of
// the telescope's spider, and light scattered in the detector, mostly red.
func (c *canvas) drawBrightStar(x, y, peak float64, rng *rand.Rand) {
	tint := starColour(rng)
	c.drawStar(x, y, peak, blend(tint, colour{1, 1, 1}, 0.7))
	e := newEllipse(math.Pi*rng.Float64(), 1)
	length := 3.5 * c.blur * math.Cbrt(peak/100)
	width := 0.3*c.blur + 0.4
	c.shine(x, y, 5*length, blend(tint, colour{1, 1, 1}, 0.4), func(dx, dy float64) float64 {
		u, v := e.frame(dx, dy)
		u, v = math.Abs(u), math.Abs(v)
		far, off := max(u, v), min(u, v)
		return 0.006 * peak * math.Exp(-far/length-0.5*square(off/width))
	})
	halo := 6 * c.blur * math.Sqrt(math.Cbrt(peak/100))
	c.shine(x, y, 4*halo, blend(tint, colour{1.9, 0.7, 0.4}, 0.3+0.7*rng.Float64()), func(dx, dy float64) float64 {
		return 0.003 * peak * math.Exp(-math.Hypot(dx, dy)/halo)
	})
}
