package galaxyzoo

import (
	"fmt"
	"math/rand/v2"
)

// syntheticVersion goes up when the same seed gives other galaxies, so that
// nothing kept from the earlier ones is taken for theirs.
const syntheticVersion = 1

// The streams of random numbers of one galaxy. Each use has its own, so that a
// longer walk through one leaves the others as they are.
const (
	morphologyStream = iota
	crowdStream
	lightStream
	fieldStream
	numStreams
)

// Synthetic returns a catalogue of n galaxies, ids from 1, that are sampled from
// the decision tree and drawn when they are opened, as JPEG files of the real
// images' size and quality. The votes are those of a crowd that was shown the
// galaxy's true parameters: fractions of about forty volunteers, six decimals,
// obeying the tree. Galaxy i depends on (seed, i) alone, so a smaller catalogue
// is the beginning of a larger one. Processors that fuse multiplications with
// additions may differ in a pixel here and a vote there.
func Synthetic(n int, seed uint64) *Catalogue {
	c := &Catalogue{
		Name:     fmt.Sprintf("synthetic:%d", n),
		Galaxies: make([]Galaxy, n),
		origin:   fmt.Sprintf("synthetic version %d seed %d", syntheticVersion, seed),
	}
	for i := range c.Galaxies {
		m := sampleMorphology(stream(seed, i, morphologyStream))
		c.Galaxies[i] = Galaxy{
			ID:    int64(i + 1),
			Votes: poll(m.opinion(), stream(seed, i, crowdStream)),
			File:  fmt.Sprintf("synthetic/%d/%d.jpg", seed, i+1),
		}
	}
	c.draw = func(i int) ([]byte, error) {
		m := sampleMorphology(stream(seed, i, morphologyStream))
		return m.photograph(stream(seed, i, lightStream), stream(seed, i, fieldStream))
	}
	return c
}

func stream(seed uint64, galaxy, use int) *rand.Rand {
	return rand.New(rand.NewPCG(mix(seed), uint64(galaxy*numStreams+use)))
}
