package galaxyzoo

import (
	"cmp"
	"math"
	"slices"
)

// Fold divides galaxies for cross-validation: held are the positions in ids of
// the fold'th of so many folds, 1 <= fold <= folds, training those of all others,
// each in their order. Every galaxy is held back in exactly one of the folds, whose
// sizes differ by one at most. Ids must differ; which fold a galaxy is in follows
// from the set of them and the seed, whatever their order.
func Fold(ids []int64, folds, fold int, seed uint64) (training, held []int) {
	drawn := make([]int, len(ids)) // positions in an order that the ids' hashes draw
	for i := range drawn {
		drawn[i] = i
	}
	salt := mix(seed)
	slices.SortFunc(drawn, func(a, b int) int {
		return cmp.Or(cmp.Compare(mix(uint64(ids[a])^salt), mix(uint64(ids[b])^salt)), cmp.Compare(ids[a], ids[b]))
	})
	for rank, i := range drawn {
		if rank%folds == fold-1 {
			held = append(held, i)
		} else {
			training = append(training, i)
		}
	}
	slices.Sort(training)
	slices.Sort(held)
	return training, held
}

// ScoreErrors are the standard errors of a score that is pooled over the folds of
// a cross-validation.
type ScoreErrors struct {
	RMSEError      float64               `json:"rmse_error"`
	QuestionsError [NumQuestions]float64 `json:"questions_error"`
	AnswersError   [NumAnswers]float64   `json:"answers_error"`
}

// NewScoreErrors returns, for each part of a score, the standard deviation of the
// scores of the folds, two or more, over the root of their number. The deviation is
// that of a sample, with one less than their number below the sum of squares. Folds
// share most of what they were trained on, so that this tells how much a score
// depends on the galaxies scored, and less of how much on those trained on.
func NewScoreErrors(folds []Score) ScoreErrors {
	of := func(part func(*Score) float64) float64 {
		n := float64(len(folds))
		mean, squares := 0.0, 0.0
		for i := range folds {
			mean += part(&folds[i]) / n
		}
		for i := range folds {
			d := part(&folds[i]) - mean
			squares += d * d
		}
		return math.Sqrt(squares / (n - 1) / n)
	}
	e := ScoreErrors{RMSEError: of(func(s *Score) float64 { return s.RMSE })}
	for q := range e.QuestionsError {
		e.QuestionsError[q] = of(func(s *Score) float64 { return s.Questions[q] })
	}
	for c := range e.AnswersError {
		e.AnswersError[c] = of(func(s *Score) float64 { return s.Answers[c] })
	}
	return e
}
