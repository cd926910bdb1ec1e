package galaxyzoo

import (
	"fmt"
	"math"
)

// SumTolerance is how far the answers of a question may sum from the
// probability of reaching it. The published table keeps the sums to about 1e-6.
const SumTolerance = 1e-4

// Votes are the 37 values of one galaxy in column order: for each answer the
// crowd's vote fraction times the probability of reaching its question, in
// [0, 1].
type Votes [NumAnswers]float64

// Sum returns the sum of the question's answers.
func (v *Votes) Sum(q Question) float64 {
	sum := 0.0
	for c := q.First(); c < q.End(); c++ {
		sum += v[c]
	}
	return sum
}

// Reach returns what the question's answers have to sum to: the probability of
// reaching it, 1 for questions 1 and 6.
func (v *Votes) Reach(q Question) float64 {
	if q.Reach < 0 {
		return 1
	}
	return v[q.Reach]
}

// Conditional returns the vote fractions of those who were asked: each vote
// divided by the sum of its question, NaN where nobody reached it.
func (v *Votes) Conditional() Votes {
	var out Votes
	for _, q := range Questions {
		sum := v.Sum(q)
		for c := q.First(); c < q.End(); c++ {
			if sum > 0 {
				out[c] = v[c] / sum
			} else {
				out[c] = math.NaN()
			}
		}
	}
	return out
}

// Check returns an error that names the first value outside [0, 1] or the first
// question whose answers do not sum to the probability of reaching it.
func (v *Votes) Check() error {
	for c, x := range v {
		if !(x >= 0 && x <= 1) { // also catches NaN
			return fmt.Errorf("%s = %v, want 0 to 1", Answers[c].Class(), x)
		}
	}
	for _, q := range Questions {
		sum, want := v.Sum(q), v.Reach(q)
		if math.Abs(sum-want) > SumTolerance {
			if q.Reach < 0 {
				return fmt.Errorf("the answers of question %d sum to %.6f, want 1", q.Number, sum)
			}
			return fmt.Errorf("the answers of question %d sum to %.6f, want %s = %.6f",
				q.Number, sum, Answers[q.Reach].Class(), want)
		}
	}
	return nil
}

// Finite returns an error that names the first value that is no finite number, as
// a network that was trained badly gives them.
func (v *Votes) Finite() error {
	for c, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%s is %v", Answers[c].Class(), x)
		}
	}
	return nil
}

// MeanVotes returns the mean of the rows, column by column; zero for no rows.
func MeanVotes(rows []Votes) Votes {
	var mean Votes
	for i := range rows {
		for c, x := range rows[i] {
			mean[c] += x
		}
	}
	for c := range mean {
		if len(rows) > 0 {
			mean[c] /= float64(len(rows))
		}
	}
	return mean
}
