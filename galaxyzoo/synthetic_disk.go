package galaxyzoo

import (
	"math"
	"math/rand/v2"
)

// A disk is the frame in which a disk galaxy is drawn: seen from above, lengths
// in scale lengths of its exponential profile.
type disk struct {
	*morphology
	ellipse
	scale  float64 // scale length in pixels of the image
	centre float64 // light of the exponential at the centre
	start  float64 // where the arms and the ring begin, in scale lengths
	phase  float64 // of the arms there
	tint   colour  // of the old disk
}

func newDisk(m *morphology, rng *rand.Rand) *disk {
	d := &disk{
		morphology: m,
		ellipse:    newEllipse(m.angle, m.axisRatio),
		scale:      m.radius / 1.68,
		// A tilted disk is seen through more of itself, and dust in it.
		centre: m.brightness * 4.6 * math.Pow(m.axisRatio, -0.35),
		start:  0.55 + 0.35*m.bulge,
		phase:  2 * math.Pi * rng.Float64(),
		tint:   blend(youngStars, oldStars, 0.25+0.7*m.age),
	}
	if m.odd == irregular {
		d.tint = blend(youngStars, oldStars, m.age)
		d.centre *= 0.6
	}
	if m.drawsBar() {
		d.start = 0.95 + 0.65*m.bar
	}
	return d
}

// drawsBar reports whether the bar is strong enough to be a feature of its own.
func (m *morphology) drawsBar() bool { return m.bar > 0.2 }

// drawDisk adds a disk that is seen from above or at a slant: the disk itself
// with arms and ring, the bar, the clusters along the arms, and the bulge.
func (c *canvas) drawDisk(m *morphology, rng *rand.Rand) {
	d := newDisk(m, rng)
	reach := 5.5 * d.scale
	tilt := 2 * math.Pi * rng.Float64() // towards which side the disk is heavier
	cosTilt, sinTilt := math.Cos(tilt), math.Sin(tilt)
	ripple := [3]float64{2 * math.Pi * rng.Float64(), 2 * math.Pi * rng.Float64(), 2 * math.Pi * rng.Float64()}
	ringRadius := 1.9 + 0.5*rng.Float64()
	if d.drawsBar() {
		ringRadius = d.start + 0.35
	}

	young := blend(newborn, youngStars, m.age)
	if m.odd == ring {
		young = blend(young, d.tint, 0.45*rng.Float64())
	}
	// One pass, as the young light follows from the same angles: the shares of
	// the old and young light of each pixel.
	c.visit(m.x, m.y, reach, func(k int, dx, dy float64) {
		u, v := d.frame(dx/d.scale, dy/d.scale)
		r2 := u*u + v*v
		if r2 > square(reach/d.scale) {
			return
		}
		r := math.Sqrt(r2)
		light := d.centre * math.Exp(-r)
		if m.lopsided > 0.05 {
			light *= max(0.15, 1+0.45*m.lopsided*(u*cosTilt+v*sinTilt))
		}
		youth := 0.0
		if m.arms > 0.05 {
			contrast, w := d.armContrast(r, math.Atan2(v, u), ripple)
			youth += 2.6 * m.arms * contrast * w
			light *= 1 - 0.62*m.arms*w*(1-contrast)
		}
		if m.odd == ring {
			on := math.Exp(-0.5 * square((r-ringRadius)/0.22))
			inside := math.Exp(-0.5 * square((r-0.62*ringRadius)/(0.27*ringRadius)))
			light *= 1 - 0.75*m.oddness*inside
			patchy := 1 + 0.3*math.Sin(2*math.Atan2(v, u)+ripple[0]) + 0.25*math.Sin(7*math.Atan2(v, u)+ripple[1])
			youth += 3 * m.oddness * on * patchy
		}
		if d.drawsBar() { // the bar has swept its surroundings
			light *= 1 - 0.45*m.bar*math.Exp(-0.5*square((r-0.75*d.start)/(0.3*d.start)))
		}
		youth *= light
		for b := range c.bands {
			c.bands[b][k] += float32(light*d.tint[b] + youth*young[b])
		}
	})
	if d.drawsBar() {
		c.drawBar(d)
	}
	if m.odd != irregular {
		c.drawClusters(d, rng)
		c.drawBulge(d)
	}
}

// armContrast returns how far a place (r in scale lengths) lies on an arm, 0 to
// 1, and how much of the arms there is at that radius. The ridges are logarithmic
// spirals; flocculence breaks them into pieces.
func (d *disk) armContrast(r, angle float64, ripple [3]float64) (contrast, weight float64) {
	weight = smoothstep(r, 0.75*d.start, 1.15*d.start) / (1 + square(square(r/3.9)))
	if weight < 0.01 {
		return 0, weight
	}
	turn := math.Log(r/d.start) / math.Tan(d.pitch)
	n := float64(d.numArms)
	bend := 0.22 * math.Sin(2.3*r+ripple[0])
	along := angle - d.phase - turn + bend/n
	// Few arms are as slim as many.
	sharp := max(1.6, 6.5/n)
	contrast = math.Exp(sharp * (math.Cos(n*along) - 1))
	// No two arms are alike.
	contrast *= 1 + 0.22*math.Sin(along+ripple[1])
	if f := d.flocculence; f > 0.15 {
		pieces := math.Exp(2 * (math.Cos(5*(angle-turn)+3*math.Sin(2.6*r+ripple[2])) - 1))
		pieces *= 0.65 + 0.6*math.Sin(3*angle+4*r+ripple[1])
		contrast += (max(pieces, 0) - contrast) * 0.85 * f
	}
	return contrast, weight
}

// smoothstep rises from 0 at low to 1 at high.
func smoothstep(x, low, high float64) float64 {
	t := clamp((x-low)/(high-low), 0, 1)
	return t * t * (3 - 2*t)
}

// drawBar adds a bar at whose ends the arms begin.
func (c *canvas) drawBar(d *disk) {
	length := 0.95 * d.start
	width := length * (0.36 - 0.12*d.bar)
	light := 1.5 * d.bar * d.centre * math.Exp(-0.55*length)
	cos, sin := math.Cos(d.phase), math.Sin(d.phase)
	c.shine(d.x, d.y, 1.6*length*d.scale, blend(d.tint, oldStars, 0.6), func(dx, dy float64) float64 {
		u, v := d.frame(dx/d.scale, dy/d.scale)
		u, v = (u*cos+v*sin)/length, (v*cos-u*sin)/width
		return light * math.Exp(-square(square(u))-0.9*v*v)
	})
}

// drawClusters adds the knots of newborn stars along the arms.
func (c *canvas) drawClusters(d *disk, rng *rand.Rand) {
	n := int(34 * d.arms * (1 - 0.6*d.age))
	tint := blend(newborn, youngStars, d.age)
	for range n {
		r := d.start * (1 + 1.9*rng.Float64())
		arm := float64(rng.IntN(d.numArms)) / float64(d.numArms)
		a := d.phase + math.Log(r/d.start)/math.Tan(d.pitch) + 2*math.Pi*arm + (0.12+0.8*d.flocculence)*rng.NormFloat64()
		dx, dy := d.out(r*d.scale*math.Cos(a), r*d.scale*math.Sin(a))
		c.drawCloud(d.x+dx, d.y+dy, 1.1+1.2*rng.Float64(), d.arms*d.centre*math.Exp(-0.8*r)*(0.5+1.8*rng.Float64()), tint)
	}
}

// drawBulge adds the spheroid in the middle: from a point to the larger part of
// the light.
func (c *canvas) drawBulge(d *disk) {
	if d.bulge < 0.05 {
		return
	}
	radius := d.scale * (0.14 + 0.55*d.bulge)
	light := d.centre * 0.9 * d.bulge / (0.6 + 0.6*d.bulge)
	ratio := 1 - 0.45*(1-d.axisRatio)
	c.drawSpheroid(d.x, d.y, radius, light, 1.2+1.6*d.bulge, 0, newEllipse(d.angle, ratio), blend(d.tint, oldStars, 0.75))
}

// drawEdgeOnDisk adds a disk that is seen from the side: thin, with its bulge
// standing out above and below it.
func (c *canvas) drawEdgeOnDisk(m *morphology) {
	e := newEllipse(m.angle, 1)
	length := m.radius / 1.15
	height := m.edgeOnHeight()
	light := 3.1 * m.brightness
	tint := blend(youngStars, oldStars, 0.1+0.85*m.age)
	c.shine(m.x, m.y, 5*length, tint, func(dx, dy float64) float64 {
		u, v := e.frame(dx, dy)
		h := math.Exp(-2 * math.Abs(v) / height)
		r := math.Sqrt(square(u/length) + 0.12)
		// The disk's edge truncates the profile.
		return light * 4 * h / square(1+h) * math.Exp(-r) / (1 + math.Pow(r/2.7, 8))
	})
	if m.bulge > 0.12 {
		radius := length * (0.08 + 0.42*m.bulge)
		ratio := 0.55 + 0.35*m.bulge
		c.drawSpheroid(m.x, m.y, radius, light*0.8*m.bulge, 1.2+1.2*m.bulge, 0.95*m.boxy,
			newEllipse(m.angle, ratio), blend(tint, oldStars, 0.7))
	}
	if m.odd != dustLane && m.bulge < 0.5 && m.age > 0.4 { // a hint of dust, as most have
		c.drawDustLane(m, length, 0.35*height, 0.35)
	}
}

// edgeOnHeight returns the scale height of a disk seen from the side.
func (m *morphology) edgeOnHeight() float64 { return m.radius * (0.62*m.axisRatio + 0.05) }

// drawDustLane takes away the light in a band along the major axis.
func (c *canvas) drawDustLane(m *morphology, length, width, depth float64) {
	e := newEllipse(m.angle, 1)
	c.dim(m.x, m.y, 3.5*length, func(dx, dy float64) float64 {
		u, v := e.frame(dx, dy)
		return depth * math.Exp(-0.5*square((v-0.4*width)/width)-0.5*square(u/(1.5*length)))
	})
}
