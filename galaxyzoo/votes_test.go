package galaxyzoo

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// spiral is a row that obeys the tree with easy numbers.
func spiral() Votes {
	var v Votes
	v[0], v[1] = 0.25, 0.75                  // smooth, features
	v[3], v[4] = 0.25, 0.5                   // edge-on, not
	v[5], v[6] = 0.125, 0.375                // bar, none
	v[7], v[8] = 0.375, 0.125                // spiral, none
	v[10], v[11] = 0.25, 0.25                // bulge noticeable, obvious
	v[13], v[14] = 0.125, 0.875              // odd, not
	v[16] = 0.25                             // in between
	v[18] = 0.125                            // ring
	v[25] = 0.25                             // rounded bulge
	v[28], v[29], v[30] = 0.125, 0.125, .125 // winding
	v[32] = 0.375                            // two arms
	return v
}

// randomVotes walks down the tree with random conditional answers.
func randomVotes(rng *rand.Rand) Votes {
	var v Votes
	for _, q := range Questions {
		weights := make([]float64, len(q.Answers))
		sum := 0.0
		for k := range weights {
			weights[k] = rng.ExpFloat64()
			sum += weights[k]
		}
		reach := v.Reach(q)
		for k := range weights {
			v[q.First()+k] = reach * weights[k] / sum
		}
	}
	return v
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		change func(v *Votes)
		want   string // part of the error; empty for none
	}{
		{"obeys", func(*Votes) {}, ""},
		{"within the tolerance", func(v *Votes) { v[0] += 0.9e-4; v[16] += 0.9e-4 }, ""},
		{"nobody reached question 8", func(v *Votes) { v[13], v[14], v[18] = 0, 1, 0 }, ""},
		{"above 1", func(v *Votes) { v[5] = 1.37 }, "Class3.1 = 1.37, want 0 to 1"},
		{"below 0", func(v *Votes) { v[36] = -1e-9 }, "Class11.6 = -1e-09, want 0 to 1"},
		{"not a number", func(v *Votes) { v[0] = math.NaN() }, "Class1.1 = NaN, want 0 to 1"},
		{"infinite", func(v *Votes) { v[2] = math.Inf(1) }, "Class1.3 = +Inf, want 0 to 1"},
		{"first question", func(v *Votes) { v[2] += 1.1e-4 }, "the answers of question 1 sum to 1.000110, want 1"},
		{"sixth question", func(v *Votes) { v[14] -= 0.1 }, "the answers of question 6 sum to 0.900000, want 1"},
		{"deep question", func(v *Votes) { v[32] = 0.3 },
			"the answers of question 11 sum to 0.300000, want Class4.1 = 0.375000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := spiral()
			tt.change(&v)
			err := v.Check()
			if tt.want == "" && err != nil {
				t.Errorf("Check() = %v, want no error", err)
			}
			if tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("Check() = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestConditional(t *testing.T) {
	v := spiral()
	v[13], v[14], v[18] = 0, 1, 0
	got := v.Conditional()
	want := map[int]float64{0: .25, 3: 1. / 3, 4: 2. / 3, 5: .25, 7: .75, 10: .5, 14: 1, 16: 1, 25: 1, 28: 1. / 3, 32: 1, 33: 0}
	for c, x := range want {
		if math.Abs(got[c]-x) > 1e-15 {
			t.Errorf("%s is %v of those asked, want %v", Answers[c].Class(), got[c], x)
		}
	}
	for c := 18; c < 25; c++ {
		if !math.IsNaN(got[c]) {
			t.Errorf("%s is %v, want NaN: nobody was asked", Answers[c].Class(), got[c])
		}
	}
}

// The conditional answers and the reach together are the votes again.
func TestConditionalTimesReachIsVote(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		v := randomVotes(rng)
		if err := v.Check(); err != nil {
			t.Fatal(err)
		}
		fractions := v.Conditional()
		for _, q := range Questions {
			for c := q.First(); c < q.End(); c++ {
				if math.Abs(fractions[c]*v.Reach(q)-v[c]) > 1e-12 {
					t.Fatalf("%s is %v, want %v", Answers[c].Class(), fractions[c]*v.Reach(q), v[c])
				}
			}
		}
	}
}

func TestFinite(t *testing.T) {
	v := spiral()
	if err := v.Finite(); err != nil {
		t.Error(err)
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		v[36] = x
		if err := v.Finite(); err == nil || !strings.HasPrefix(err.Error(), "Class11.6 is ") {
			t.Errorf("%v: %v", x, err)
		}
	}
}

func TestMeanVotes(t *testing.T) {
	if got := MeanVotes(nil); got != (Votes{}) {
		t.Errorf("the mean of no rows is %v, want zero", got)
	}
	a, b := spiral(), spiral()
	b[0], b[1] = 0.75, 0.25
	mean := MeanVotes([]Votes{a, b})
	if mean[0] != 0.5 || mean[1] != 0.5 || mean[32] != 0.375 {
		t.Errorf("mean is %v, %v, %v, want 0.5, 0.5, 0.375", mean[0], mean[1], mean[32])
	}
}
