package galaxyzoo

import (
	"errors"
	"fmt"
	"math"
)

// A Score is the competition's measure of predicted votes and its parts.
type Score struct {
	// RMSE is the root of the mean squared difference over all galaxies and
	// all 37 answers at once, unweighted.
	RMSE   float64 `json:"rmse"`
	Images int     `json:"images"`
	// Questions and Answers are the same measure over the columns of one
	// question and over one column.
	Questions [NumQuestions]float64 `json:"questions"`
	Answers   [NumAnswers]float64   `json:"answers"`
}

// NewScore scores predicted votes against the votes cast, row by row. It
// returns an error where the numbers of rows differ, where there are none, or
// where a value is not finite.
func NewScore(predicted, cast []Votes) (Score, error) {
	var s Score
	if len(predicted) != len(cast) {
		return s, fmt.Errorf("failed to score: %d predictions for %d galaxies", len(predicted), len(cast))
	}
	if len(cast) == 0 {
		return s, errors.New("failed to score: there are no galaxies")
	}
	var squares [NumAnswers]float64
	for i := range cast {
		for c, want := range cast[i] {
			d := predicted[i][c] - want
			squares[c] += d * d
		}
	}
	n := float64(len(cast))
	total := 0.0
	for c, sq := range squares {
		if math.IsNaN(sq) || math.IsInf(sq, 0) {
			return s, fmt.Errorf("failed to score: a value of %s is not finite", Answers[c].Class())
		}
		total += sq
		s.Answers[c] = math.Sqrt(sq / n)
	}
	for i, q := range Questions {
		sum := 0.0
		for c := q.First(); c < q.End(); c++ {
			sum += squares[c]
		}
		s.Questions[i] = math.Sqrt(sum / (n * float64(len(q.Answers))))
	}
	s.RMSE = math.Sqrt(total / (n * NumAnswers))
	s.Images = len(cast)
	return s, nil
}
