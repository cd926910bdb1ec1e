package galaxyzoo

import (
	"math"
	"math/rand/v2"
)

// photograph draws the galaxy and the sky about it, and returns the picture as
// the survey would serve it: a JPEG file of 424x424 pixels.
func (m *morphology) photograph(light, field *rand.Rand) ([]byte, error) {
	c := newCanvas(m.blur)
	switch {
	case m.form == artifactForm:
		// The bright star below is all there is.
	case m.odd == merger:
		c.drawMerger(m, light)
	default:
		c.drawGalaxy(m, light)
	}
	c.drawOddity(m, light)
	c.drawFaintGalaxies(m, field)
	c.see()

	c.drawStars(field)
	switch {
	case m.form == artifactForm:
		c.drawBrightStar(m.x, m.y, 150+600*light.Float64(), light)
	case m.odd == otherOdd:
		r, a := m.radius*(0.25+0.5*light.Float64()), 2*math.Pi*light.Float64()
		c.drawStar(m.x+r*math.Cos(a), m.y+r*math.Sin(a), 8+20*m.oddness, starColour(light))
	}
	// The camera has 3.3 pixels to the seeing. Where the image is coarser than
	// that, averaging over its pixels takes noise away.
	noise := 0.15 * math.Exp(0.2*field.NormFloat64()) * min(1, m.blur/3.3)
	c.addSky(0.055, noise, field)
	return encode(c.develop())
}

// drawGalaxy adds one galaxy by itself.
func (c *canvas) drawGalaxy(m *morphology, rng *rand.Rand) {
	switch {
	case m.form == smoothForm:
		c.drawSpheroid(m.x, m.y, m.radius, m.brightness, m.concentration, 0,
			newEllipse(m.angle, m.axisRatio), blend(youngStars, oldStars, m.age))
	case m.axisRatio < edgeOn:
		c.drawEdgeOnDisk(m)
	default:
		c.drawDisk(m, rng)
	}
}

// drawMerger adds the galaxy and another that touches it, with the tails that
// the tides have drawn out of both.
func (c *canvas) drawMerger(m *morphology, rng *rand.Rand) {
	a := 2 * math.Pi * rng.Float64()
	apart := m.radius * (1 + 0.8*rng.Float64())
	first := *m
	first.radius *= 0.75
	c.drawGalaxy(&first, rng)

	second := *m
	second.radius *= 0.45 + 0.35*rng.Float64()
	second.brightness *= 0.8 + 0.8*rng.Float64()
	second.x += apart * math.Cos(a)
	second.y += apart * math.Sin(a)
	second.angle = math.Pi * rng.Float64()
	second.axisRatio = max(edgeOn, 0.4+0.5*rng.Float64())
	second.age = clamp(m.age+0.25*rng.NormFloat64(), 0, 1)
	c.drawGalaxy(&second, rng)

	tint := blend(youngStars, oldStars, 0.6*m.age)
	turn := math.Copysign(0.8+1.2*rng.Float64(), rng.Float64()-0.5)
	light := 2.6 * m.oddness * m.brightness
	if m.form == smoothForm {
		light *= 0.3 // without gas the tails are broad and faint
	}
	length := m.radius * (1.5 + 2*rng.Float64())
	c.drawTail(second.x, second.y, a-0.5*turn, turn, length, light, tint, rng)
	c.drawTail(m.x, m.y, a+math.Pi-0.5*turn, turn, length*(0.4+rng.Float64()), light*rng.Float64(), tint, rng)
}

// drawOddity adds what is odd about the galaxy and lies on top of it.
func (c *canvas) drawOddity(m *morphology, rng *rand.Rand) {
	switch m.odd {
	case lens:
		c.drawArc(m, rng)
	case disturbed:
		tint := blend(youngStars, oldStars, 0.8*m.age)
		turn := math.Copysign(1.2+1.5*rng.Float64(), rng.Float64()-0.5)
		a := 2 * math.Pi * rng.Float64()
		x, y := m.x+0.5*m.radius*math.Cos(a), m.y+0.5*m.radius*math.Sin(a)
		c.drawTail(x, y, a-0.3*turn, turn, m.radius*(2.2+1.5*rng.Float64()), 3*m.oddness*m.brightness, tint, rng)
		if rng.Float64() < 0.6 {
			c.drawTail(m.x, m.y, a+math.Pi, -0.5*turn, m.radius*(2+rng.Float64()), 2*m.oddness*m.brightness, tint, rng)
		}
	case irregular:
		e := newEllipse(m.angle, max(0.45, m.axisRatio))
		for range 5 + rng.IntN(8) {
			x, y := e.out(0.65*m.radius*rng.NormFloat64(), 0.65*m.radius*rng.NormFloat64())
			sigma := 1.2 + 6*square(rng.Float64())
			light := 4.2 * m.oddness * m.brightness * (0.3 + rng.ExpFloat64()) / math.Sqrt(sigma)
			c.drawCloud(m.x+x, m.y+y, sigma, light, blend(newborn, youngStars, m.age+rng.Float64()))
		}
	case dustLane:
		width := 0.085 * m.radius
		if m.axisRatio < edgeOn {
			width = 0.3 * m.edgeOnHeight()
		}
		c.drawDustLane(m, 1.1*m.radius, width, 2.2*m.oddness)
	}
}

// drawArc adds the image of a far galaxy that the lens in front has bent.
func (c *canvas) drawArc(m *morphology, rng *rand.Rand) {
	radius := m.radius * (0.95 + 0.35*rng.Float64())
	direction := 2 * math.Pi * rng.Float64()
	half := 0.4 + 0.7*rng.Float64()
	light := 5 * m.oddness * m.brightness
	c.shine(m.x, m.y, 1.6*radius, newborn, func(dx, dy float64) float64 {
		r := math.Hypot(dx, dy)
		off := math.Abs(math.Remainder(math.Atan2(dy, dx)-direction, 2*math.Pi))
		return light * math.Exp(-0.5*square((r-radius)/1.5)) / (1 + math.Pow(off/half, 8))
	})
}
