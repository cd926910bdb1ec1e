package galaxyzoo

import (
	"math"
	"math/rand/v2"
)

// Colours of the survey's pictures: old stars yellow to orange, young ones blue,
// clusters of the youngest bluer still.
var (
	oldStars   = colour{1.33, 1.03, 0.62}
	youngStars = colour{0.90, 0.95, 1.15}
	newborn    = colour{0.77, 0.91, 1.32}
)

func blend(a, b colour, share float64) colour {
	for k := range a {
		a[k] += (b[k] - a[k]) * share
	}
	return a
}

// A sersic is the radial profile of a spheroid, 1 at the half-light radius
// (Sersic 1963), tabulated: the light at each pixel is then a look-up.
type sersic struct {
	table [sersicSteps + 1]float64
}

const (
	sersicReach = 7 // how far the profile is drawn, in half-light radii
	sersicSteps = 512
)

func newSersic(index float64) *sersic {
	s := &sersic{}
	b := 2*index - 1.0/3 + 0.009876/index // Prugniel & Simien 1997
	edge := math.Exp(-b * (math.Pow(sersicReach, 1/index) - 1))
	for k := range s.table {
		r := max(float64(k), 0.25) * sersicReach / sersicSteps
		s.table[k] = math.Exp(-b*(math.Pow(r, 1/index)-1)) - edge
	}
	return s
}

// at returns the light at r half-light radii.
func (s *sersic) at(r float64) float64 {
	x := r * (sersicSteps / float64(sersicReach))
	k := int(x)
	if k >= sersicSteps {
		return 0
	}
	return s.table[k] + (s.table[k+1]-s.table[k])*(x-float64(k))
}

// An ellipse is the frame of a tilted galaxy: along its major axis, and across
// it stretched to the circle that it is seen from above.
type ellipse struct{ cos, sin, stretch float64 }

func newEllipse(angle, ratio float64) ellipse {
	return ellipse{math.Cos(angle), math.Sin(angle), 1 / ratio}
}

func (e ellipse) frame(dx, dy float64) (along, across float64) {
	return dx*e.cos + dy*e.sin, (dy*e.cos - dx*e.sin) * e.stretch
}

// out is the inverse of frame.
func (e ellipse) out(along, across float64) (dx, dy float64) {
	across /= e.stretch
	return along*e.cos - across*e.sin, along*e.sin + across*e.cos
}

// drawSpheroid adds a smooth ellipse of the given half-light radius and of light
// there. Boxiness 0 gives ellipses, 1 outlines with corners.
func (c *canvas) drawSpheroid(x, y, radius, light, index, boxy float64, e ellipse, tint colour) {
	profile := newSersic(index)
	soft := square(0.2 / c.scale / radius) // light is spread over a pixel
	c.shine(x, y, sersicReach*radius, tint, func(dx, dy float64) float64 {
		u, v := e.frame(dx/radius, dy/radius)
		u, v = u*u, v*v
		r := u + v
		if boxy > 0 {
			r = math.Sqrt(r*r - 2*boxy*u*v)
		}
		return light * profile.at(math.Sqrt(r+soft))
	})
}

// drawCloud adds a round Gaussian patch.
func (c *canvas) drawCloud(x, y, sigma, light float64, tint colour) {
	c.shine(x, y, 3.2*sigma, tint, func(dx, dy float64) float64 {
		return light * math.Exp(-0.5*(dx*dx+dy*dy)/(sigma*sigma))
	})
}

// drawTail adds a tidal tail: a curve that leaves the place outwards in the
// direction, bends by an angle over its length, widens and fades. It is patchy,
// and its light comes in where it clears the galaxy.
func (c *canvas) drawTail(x, y, direction, bend, length, light float64, tint colour, rng *rand.Rand) {
	const steps = 40
	width := 3 + 3.5*rng.Float64()
	for k := range steps {
		t := (float64(k) + 0.5) / steps
		a := direction + bend*t
		x += math.Cos(a) * length / steps
		y += math.Sin(a) * length / steps
		spread := width * (1 + 2.5*t)
		aside := 0.35 * spread * rng.NormFloat64()
		patch := rng.Float64()
		fade := smoothstep(t, 0, 0.25) * (1 - t) * math.Sqrt(1-t) * (0.4 + 1.2*patch)
		c.drawCloud(x-aside*math.Sin(a), y+aside*math.Cos(a), spread*(0.5+0.5*rng.Float64()),
			light*fade*length/steps/width*0.65, tint)
	}
}
