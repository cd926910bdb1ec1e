package train

import (
	"fmt"
	"math"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Kinds of warnings.
const (
	// WarnConstant is that of a network that says the same of every galaxy.
	WarnConstant = "constant-votes"
	// WarnChance is that of votes which do not follow those cast.
	WarnChance = "votes-by-chance"
)

// warn tells of something that looks wrong, once in a process.
func (l *loop) warn(kind, text string) {
	if l.warned[kind] {
		return
	}
	l.warned[kind] = true
	l.options.Observe(Warned{Event: "warning", Kind: kind, Text: text})
}

// leastSpread is the standard deviation over galaxies below which no column of votes
// tells them apart. After one step of the warm-up, preset seed3 has the least of all
// that learn, 1.7e-4; of a network that does not it is 0 to float32's last digits.
const leastSpread = 1e-5

// Before votes by chance are told of, so many rows have to be held back, so many epochs
// to be over and so many images trained on: no network knows anything at first.
const (
	chanceRows   = 100
	chanceEpochs = 2
	chanceImages = 2000
)

// suspect warns of an epoch's votes that no sound network gives.
func (l *loop) suspect(v *validation) {
	if len(v.votes) < 2 {
		return
	}
	if spread(v.votes) < leastSpread && spread(v.cast) >= leastSpread {
		l.warn(WarnConstant, "the network says the same of every galaxy: it has stopped to learn, or not begun to; "+
			"try a lower --learning-rate, a longer --warm-up or --label-bias")
		return
	}
	n := len(v.votes)
	if !v.heldBack || n < chanceRows || l.state.Epoch+1 < chanceEpochs || l.state.Step*int64(l.input.batchSize) < chanceImages {
		return
	}
	// Of rows that do not belong together it is beyond that once in hundreds of times.
	if best := correlation(v.votes, v.cast); best < 3/math.Sqrt(float64(n)) {
		l.warn(WarnChance, fmt.Sprintf("the votes on the %d galaxies held back follow those cast no better than chance (correlation %.2f): "+
			"do the rows of the table and the images belong together? tfgalaxy data verify checks their ids", n, best))
	}
}

// spread returns the largest standard deviation of a column over the rows.
func spread(votes []galaxyzoo.Votes) float64 {
	largest := 0.0
	for c, mean := range galaxyzoo.MeanVotes(votes) {
		sum := 0.0
		for i := range votes {
			d := votes[i][c] - mean
			sum += d * d
		}
		largest = max(largest, math.Sqrt(sum/float64(len(votes))))
	}
	return largest
}

// correlation returns the largest correlation coefficient, whatever its sign, of a
// column of the first question.
func correlation(a, b []galaxyzoo.Votes) float64 {
	meanA, meanB := galaxyzoo.MeanVotes(a), galaxyzoo.MeanVotes(b)
	largest := 0.0
	for c := galaxyzoo.Questions[0].First(); c < galaxyzoo.Questions[0].End(); c++ {
		var ab, aa, bb float64
		for i := range a {
			x, y := a[i][c]-meanA[c], b[i][c]-meanB[c]
			ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
		}
		if aa > 0 && bb > 0 {
			largest = max(largest, math.Abs(ab)/math.Sqrt(aa*bb))
		}
	}
	return largest
}
