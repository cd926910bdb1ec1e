package galaxyzoo

import (
	"math"
	"math/rand/v2"
	"slices"
)

// opinion returns, for each answer, the share of the volunteers asked who would
// give it: soft where a parameter lies between two answers, and drawn towards
// "smooth" and "can't tell" where the seeing hides the detail.
func (m *morphology) opinion() Votes {
	// How much of the detail survives the seeing, and how round the galaxy
	// looks after it.
	clarity := 1 / (1 + square(m.blur/12))
	sigma := m.blur / 2.355
	ratio := math.Sqrt((square(m.axisRatio*m.radius) + sigma*sigma) / (square(m.radius) + sigma*sigma))
	fromTheSide := step(ratio, 0.32, -0.045)
	faceOn := step(ratio, 0.38, 0.05)

	// Arms are told apart where the gap between two is wider than the blur.
	gap := 2 * math.Pi * math.Tan(m.pitch) / float64(m.numArms) * 1.2 * m.radius
	arms := m.arms * clarity * faceOn / (1 + square(m.blur/gap))
	bar := m.bar * clarity * faceOn
	feature := 1 - (1-arms)*(1-0.6*bar)*(1-0.75*fromTheSide*m.diskiness())*(1-0.3*m.lopsided*clarity)*
		(1-0.6*m.oddFeature()*clarity)*(1-0.3*clarity*m.diskiness())

	var p Votes
	star := 0.018 + 0.004*m.blur/6
	features := 0.10 + 0.84*step(feature, 0.38, 0.12)
	if m.form == artifactForm {
		star, features = 0.85, 0.3
	}
	set(&p, 1, (1-star)*(1-features), (1-star)*features, star)
	side := 0.05 + 0.85*fromTheSide
	set(&p, 2, side, 1-side)
	barred := 0.1 + 0.78*step(bar, 0.38, 0.08)
	set(&p, 3, barred, 1-barred)
	spiral := 0.14 + 0.78*step(arms, 0.21, 0.07)
	set(&p, 4, spiral, 1-spiral)
	set(&p, 5, ordinal(m.bulge, 0.21, 0.1, 0.47, 0.89)...)

	roundness := ordinal(ratio, 0.14, 0.41, 0.8)
	slices.Reverse(roundness)
	set(&p, 7, roundness...)

	none := step(m.bulge, 0.33, -0.09)
	set(&p, 9, (1-none)*(1-0.75*m.boxy*m.boxy), (1-none)*0.75*m.boxy*m.boxy, none)
	set(&p, 10, ordinal(m.pitch, radians(6), radians(15.5), radians(26))...)
	count := ordinal(float64(m.numArms), 0.3+0.3*m.flocculence, 1.5, 2.5, 3.5, 4.5)
	unclear := 0.03 + 0.4*m.flocculence + 0.55*square(1-min(1, 1.4*arms))
	for k := range count {
		count[k] *= 1 - min(unclear, 0.9)
	}
	set(&p, 11, append(count, min(unclear, 0.9))...)
	m.opinionOfOddity(&p, clarity)
	return p
}

// opinionOfOddity answers questions 6 and 8.
func (m *morphology) opinionOfOddity(p *Votes, clarity float64) {
	odd := 0.08 + 0.1*m.lopsided + 0.08*m.arms*m.flocculence + 0.05*(1-clarity)
	odd += (0.88 - odd) * m.oddness * (0.5 + 0.4*clarity)
	if m.form == artifactForm {
		odd = 0.3
	}
	set(p, 6, odd, 1-odd)

	// What those see who find something odd where nothing odd was meant.
	kinds := []float64{0.07, 0.09, 0.16, 0.2 + 0.2*m.lopsided, 0.38, 0.11, 0.01}
	if m.odd > 0 {
		for k := range kinds {
			kinds[k] *= 1 - 0.8*m.oddness
		}
		kinds[m.odd-1] += 0.6 * m.oddness
	}
	set(p, 8, kinds...)
}

// diskiness is how far the light lies in a disk as against a spheroid.
func (m *morphology) diskiness() float64 {
	if m.form == diskForm {
		return 1
	}
	return 0.5 * step(m.concentration, 2.2, -0.4)
}

// oddFeature is how far an odd feature counts as a feature of the galaxy's own.
func (m *morphology) oddFeature() float64 {
	switch m.odd {
	case ring, irregular, disturbed:
		return m.oddness
	case merger, dustLane:
		return 0.7 * m.oddness
	}
	return 0
}

// step rises from 0 to 1 about the threshold, over a few times the width; it
// falls where the width is negative.
func step(x, threshold, width float64) float64 {
	return 1 / (1 + math.Exp((threshold-x)/width))
}

// ordinal returns the shares of answers on an ordered scale: how much of a
// normal distribution about x lies between the thresholds.
func ordinal(x, sigma float64, thresholds ...float64) []float64 {
	shares := make([]float64, 0, len(thresholds)+2)
	below := 0.0
	for _, t := range thresholds {
		next := 0.5 * math.Erfc((x-t)/(sigma*math.Sqrt2))
		shares = append(shares, next-below)
		below = next
	}
	return append(shares, 1-below)
}

// set stores the answers of a question, scaled to sum to 1.
func set(p *Votes, question int, shares ...float64) {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	first := Questions[question-1].First()
	for k, s := range shares {
		p[first+k] = s / sum
	}
}

// poll sends some forty volunteers down the tree, each answering by the shares
// of the opinion, and returns what the organisers would publish. Votes are
// counted in millionths, so that six decimals hold them and the sums are exact.
func poll(opinion Votes, rng *rand.Rand) Votes {
	const one = 1_000_000
	volunteers := 32 + rng.IntN(17)
	var counts, shares [NumAnswers]int
	for range volunteers {
		for next := 1; next != 0; {
			a := answer(&opinion, Questions[next-1], rng)
			counts[a.Column]++
			next = a.Next
		}
	}
	// Without an answer to question 6 (all voted for a star) nothing is odd.
	if counts[13]+counts[14] == 0 {
		counts[14] = 1
	}
	for _, q := range Questions {
		reach := one
		if q.Reach >= 0 {
			reach = shares[q.Reach]
		}
		apportion(shares[q.First():q.End()], counts[q.First():q.End()], reach)
	}
	var v Votes
	for c, s := range shares {
		v[c] = float64(s) / one
	}
	return v
}

func answer(opinion *Votes, q Question, rng *rand.Rand) Answer {
	u := rng.Float64()
	for c := q.First(); c < q.End(); c++ {
		if u -= opinion[c]; u < 0 {
			return Answers[c]
		}
	}
	return Answers[q.End()-1] // rounding left u at 0
}

// apportion divides the whole by the counts into shares that sum to it.
func apportion(shares, counts []int, whole int) {
	total := 0
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return
	}
	// Rounding the running sums keeps their differences within one of the
	// exact shares and makes the last sum the whole.
	sum, before := 0, 0
	for k, n := range counts {
		sum += n
		upTo := (whole*sum + total/2) / total
		shares[k] = upTo - before
		before = upTo
	}
}
