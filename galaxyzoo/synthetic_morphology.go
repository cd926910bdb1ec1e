package galaxyzoo

import (
	"math"
	"math/rand/v2"
)

// A form is the first branch of the tree that a synthetic galaxy is built for.
type form int

const (
	smoothForm form = iota
	diskForm
	artifactForm
)

// The odd features, by their number in question 8; 0 is none.
const (
	ring = iota + 1
	lens
	disturbed
	irregular
	otherOdd
	merger
	dustLane
)

// A morphology is what decides both how a synthetic galaxy looks and how the
// crowd votes. Lengths are pixels of the 424x424 image, angles radians; the
// strengths run from 0, absent, to 1, as plain as can be.
type morphology struct {
	form form

	blur       float64 // full width at half maximum of the seeing
	radius     float64 // half-light radius along the major axis
	brightness float64 // surface brightness at the half-light radius, see canvas
	age        float64 // 0 young and blue to 1 old and yellow
	axisRatio  float64 // minor to major axis
	angle      float64 // of the major axis
	x, y       float64 // offset of the centre from the image's

	concentration float64 // Sersic index of a smooth galaxy
	bulge         float64 // prominence
	boxy          float64 // how boxy an edge-on bulge is
	bar           float64 // strength
	arms          float64 // contrast of the spiral arms
	numArms       int
	pitch         float64 // angle of the arms to the circle; small is tight
	flocculence   float64 // how far the arms are broken into pieces
	lopsided      float64 // asymmetry of the disk

	odd     int     // an odd feature, or 0
	oddness float64 // strength of it
}

// edgeOn is the axis ratio below which a disk is drawn from the side.
const edgeOn = 0.27

// sampleMorphology draws the parameters of one galaxy. The frequencies are
// chosen so that the crowd's mean votes come near those of the real table.
func sampleMorphology(rng *rand.Rand) *morphology {
	m := &morphology{
		blur:       clamp(6.4*math.Exp(0.42*rng.NormFloat64()), 2.4, 15),
		radius:     34 * math.Exp(0.2*rng.NormFloat64()),
		brightness: 2.0 * math.Exp(0.35*rng.NormFloat64()),
		angle:      math.Pi * rng.Float64(),
		x:          2.3 * rng.NormFloat64(),
		y:          2.3 * rng.NormFloat64(),
	}
	switch u := rng.Float64(); {
	case u < 0.004:
		m.form = artifactForm
		m.sampleSmooth(rng) // for what the volunteers say who take it for a galaxy
		m.axisRatio = 1
		return m
	case u < 0.43:
		m.form = smoothForm
		m.sampleSmooth(rng)
	default:
		m.form = diskForm
		m.sampleDisk(rng)
	}
	m.sampleOdd(rng)
	return m
}

func (m *morphology) sampleSmooth(rng *rand.Rand) {
	m.concentration = 1.5 + 3.5*rng.Float64()
	m.axisRatio = clamp(1-0.68*math.Pow(rng.Float64(), 1.1), 0.3, 1)
	m.age = clamp(0.85+0.15*rng.NormFloat64(), 0.3, 1.1)
	m.bulge = clamp(0.68+0.15*rng.NormFloat64(), 0.2, 1)
	m.arms = 0.1 * rng.Float64() // what a volunteer may fancy, too faint to draw
	m.bar = 0.12 * rng.Float64()
	m.numArms = 2
	m.pitch = radians(12)
	m.flocculence = 0.6
	m.lopsided = 0.1 * rng.Float64()
}

func (m *morphology) sampleDisk(rng *rand.Rand) {
	m.concentration = 1
	m.axisRatio = 0.16 + 0.84*math.Sqrt(1-square(rng.Float64())) // a disk tilted at random
	if rng.Float64() < 0.17 {
		m.axisRatio = 0.12 + 0.13*rng.Float64()
	}
	m.bulge = clamp(0.44+0.21*rng.NormFloat64(), 0, 1)
	m.age = clamp(0.15+0.65*m.bulge+0.13*rng.NormFloat64(), 0, 1)
	if rng.Float64() < 0.4 {
		m.boxy = 0.4 + 0.6*rng.Float64()
	}
	m.bar = 0.2 * rng.Float64()
	if rng.Float64() < 0.3 {
		m.bar = 0.4 + 0.6*rng.Float64()
	}
	m.arms = 0.25 * rng.Float64()
	if rng.Float64() < 0.68 {
		m.arms = 0.35 + 0.65*rng.Float64()
	}
	m.lopsided = 0.55 * square(rng.Float64())

	switch u := rng.Float64(); {
	case u < 0.09:
		m.numArms = 1
	case u < 0.76:
		m.numArms = 2
	case u < 0.85:
		m.numArms = 3
	case u < 0.92:
		m.numArms = 4
	default:
		m.numArms = 5 + rng.IntN(3)
	}
	m.flocculence = max(square(rng.Float64()), 0.12*float64(m.numArms-2))
	// Many arms wound tightly would run together.
	degrees := 16 * math.Exp(0.42*rng.NormFloat64())
	m.pitch = radians(clamp(degrees, 6+2*float64(m.numArms), 42))
}

// sampleOdd gives some galaxies an odd feature, and fits the rest of the galaxy
// to it.
func (m *morphology) sampleOdd(rng *rand.Rand) {
	m.oddness = 0.45 + 0.55*rng.Float64()
	u := rng.Float64()
	share := func(p float64) bool { u -= p; return u < 0 }
	if m.form == smoothForm {
		switch {
		case share(0.012):
			m.odd = lens
			m.blur = min(m.blur, 5)
		case share(0.025):
			m.odd = disturbed
		case share(0.06):
			m.odd = merger
		case share(0.03):
			m.odd = otherOdd
		case share(0.008):
			m.odd = dustLane
			m.axisRatio = 0.5 + 0.3*rng.Float64()
		}
	} else {
		switch {
		case m.axisRatio < edgeOn && share(0.05):
			m.odd = dustLane
		case m.axisRatio > 0.45 && share(0.12):
			m.odd = ring
			m.arms *= 0.3
		case share(0.045):
			m.odd = disturbed
			m.lopsided = 0.6 + 0.4*rng.Float64()
		case m.axisRatio > edgeOn && share(0.10):
			m.odd = irregular
			m.bulge *= 0.2
			m.age *= 0.3
			m.arms, m.bar = 0.15*m.arms, 0.3*m.bar
			m.lopsided = 0.5 + 0.5*rng.Float64()
		case share(0.075):
			m.odd = merger
		case share(0.03):
			m.odd = otherOdd
		}
	}
	if m.odd == 0 {
		m.oddness = 0
	}
}

func clamp(x, low, high float64) float64 { return min(max(x, low), high) }

func square(x float64) float64 { return x * x }

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
