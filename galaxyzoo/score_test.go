package galaxyzoo

import (
	"math"
	"testing"
)

func TestScoreByHand(t *testing.T) {
	// Two galaxies; the predictions are off by 0.3 and 0.4 in Class1.1, and by
	// 0.5 in Class2.2 of the second.
	cast := []Votes{spiral(), spiral()}
	predicted := []Votes{spiral(), spiral()}
	predicted[0][0] += 0.3
	predicted[1][0] -= 0.4
	predicted[1][4] += 0.5

	s, err := NewScore(predicted, cast)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	check("RMSE", s.RMSE, math.Sqrt(0.5/74))              // (.09 + .16 + .25) / (2 x 37)
	check("question 1", s.Questions[0], math.Sqrt(.25/6)) // three answers, two galaxies
	check("question 2", s.Questions[1], math.Sqrt(.25/4))
	check("question 3", s.Questions[2], 0)
	check("Class1.1", s.Answers[0], math.Sqrt(.25/2))
	check("Class2.2", s.Answers[4], math.Sqrt(.25/2))
	check("Class11.6", s.Answers[36], 0)
	if s.Images != 2 {
		t.Errorf("%d images, want 2", s.Images)
	}
}

// The parts weighted by their columns are the whole.
func TestScorePartsMakeTheWhole(t *testing.T) {
	cast, predicted := []Votes{spiral(), {}, spiral()}, []Votes{{}, spiral(), MeanVotes(nil)}
	s, err := NewScore(predicted, cast)
	if err != nil {
		t.Fatal(err)
	}
	byQuestion, byAnswer := 0.0, 0.0
	for i, q := range Questions {
		byQuestion += s.Questions[i] * s.Questions[i] * float64(len(q.Answers)) / NumAnswers
	}
	for _, x := range s.Answers {
		byAnswer += x * x / NumAnswers
	}
	if math.Abs(math.Sqrt(byQuestion)-s.RMSE) > 1e-12 || math.Abs(math.Sqrt(byAnswer)-s.RMSE) > 1e-12 {
		t.Errorf("RMSE is %v, from the questions %v, from the answers %v", s.RMSE, math.Sqrt(byQuestion), math.Sqrt(byAnswer))
	}
}

func TestScoreErrors(t *testing.T) {
	nan, inf := spiral(), spiral()
	nan[36] = math.NaN()
	inf[2] = math.Inf(-1)
	tests := []struct {
		name            string
		predicted, cast []Votes
		want            string
	}{
		{"uneven", []Votes{spiral()}, nil, "failed to score: 1 predictions for 0 galaxies"},
		{"none", nil, nil, "failed to score: there are no galaxies"},
		{"NaN", []Votes{nan}, []Votes{spiral()}, "failed to score: a value of Class11.6 is not finite"},
		{"infinite", []Votes{inf}, []Votes{spiral()}, "failed to score: a value of Class1.3 is not finite"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewScore(tt.predicted, tt.cast); err == nil || err.Error() != tt.want {
				t.Errorf("error is %v, want %s", err, tt.want)
			}
		})
	}
}
