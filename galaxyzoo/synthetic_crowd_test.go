package galaxyzoo

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestOpinionIsAShareOfThoseAsked(t *testing.T) {
	forms := map[form]int{}
	odd := map[int]int{}
	for i := range 3000 {
		m := sampleMorphology(stream(21, i, morphologyStream))
		forms[m.form]++
		odd[m.odd]++
		p := m.opinion()
		for _, q := range Questions {
			if sum := p.Sum(q); math.Abs(sum-1) > 1e-12 {
				t.Fatalf("galaxy %d: the shares of question %d sum to %v", i, q.Number, sum)
			}
			for c := q.First(); c < q.End(); c++ {
				if !(p[c] >= 0) {
					t.Fatalf("galaxy %d: the share of %s is %v", i, Answers[c].Class(), p[c])
				}
			}
		}
	}
	if len(forms) != 3 || len(odd) != 8 {
		t.Errorf("3,000 galaxies have the forms %v and the odd features %v, want 3 and 8 of them", forms, odd)
	}
}

// The answer that a galaxy is built for is the one that most would give.
func TestOpinionFollowsTheParameters(t *testing.T) {
	plain := morphology{
		form: diskForm, blur: 3, radius: 30, axisRatio: 0.9, bulge: 0.3,
		arms: 0.9, numArms: 2, pitch: radians(20), oddness: 0,
	}
	tests := []struct {
		class  string
		change func(m *morphology)
	}{
		{"Class1.1", func(m *morphology) { m.form, m.arms, m.concentration = smoothForm, 0, 4 }},
		{"Class1.2", func(*morphology) {}},
		{"Class1.3", func(m *morphology) { m.form = artifactForm }},
		{"Class2.1", func(m *morphology) { m.axisRatio = 0.15 }},
		{"Class2.2", func(*morphology) {}},
		{"Class3.1", func(m *morphology) { m.bar = 0.9 }},
		{"Class3.2", func(*morphology) {}},
		{"Class4.1", func(*morphology) {}},
		{"Class4.2", func(m *morphology) { m.arms = 0.05 }},
		{"Class5.1", func(m *morphology) { m.bulge = 0 }},
		{"Class5.2", func(*morphology) {}},
		{"Class5.3", func(m *morphology) { m.bulge = 0.65 }},
		{"Class5.4", func(m *morphology) { m.bulge = 1 }},
		{"Class6.2", func(*morphology) {}},
		{"Class6.1", func(m *morphology) { m.odd, m.oddness = merger, 1 }},
		{"Class7.1", func(m *morphology) { m.axisRatio = 1 }},
		{"Class7.2", func(m *morphology) { m.axisRatio = 0.6 }},
		{"Class7.3", func(m *morphology) { m.axisRatio = 0.2 }},
		{"Class8.1", func(m *morphology) { m.odd, m.oddness = ring, 1 }},
		{"Class8.2", func(m *morphology) { m.odd, m.oddness = lens, 1 }},
		{"Class8.3", func(m *morphology) { m.odd, m.oddness = disturbed, 1 }},
		{"Class8.4", func(m *morphology) { m.odd, m.oddness = irregular, 1 }},
		{"Class8.5", func(m *morphology) { m.odd, m.oddness = otherOdd, 1 }},
		{"Class8.6", func(m *morphology) { m.odd, m.oddness = merger, 1 }},
		{"Class8.7", func(m *morphology) { m.odd, m.oddness = dustLane, 1 }},
		{"Class9.1", func(m *morphology) { m.bulge = 0.7 }},
		{"Class9.2", func(m *morphology) { m.bulge, m.boxy = 0.8, 1 }},
		{"Class9.3", func(m *morphology) { m.bulge = 0.05 }},
		{"Class10.1", func(m *morphology) { m.pitch = radians(8) }},
		{"Class10.2", func(*morphology) {}},
		{"Class10.3", func(m *morphology) { m.pitch = radians(38) }},
		{"Class11.1", func(m *morphology) { m.numArms = 1 }},
		{"Class11.2", func(*morphology) {}},
		{"Class11.3", func(m *morphology) { m.numArms = 3 }},
		{"Class11.4", func(m *morphology) { m.numArms = 4 }},
		{"Class11.5", func(m *morphology) { m.numArms = 6 }},
		{"Class11.6", func(m *morphology) { m.arms, m.flocculence = 0.2, 1 }},
	}
	tested := map[string]bool{}
	for _, tt := range tests {
		m := plain
		tt.change(&m)
		p := m.opinion()
		for _, a := range Answers {
			if a.Class() != tt.class {
				continue
			}
			tested[tt.class] = true
			for _, other := range Questions[a.Question-1].Answers {
				if other != a && p[other.Column] >= p[a.Column] {
					t.Errorf("%s gets %.2f of the votes, %s %.2f, want more for the first",
						tt.class, p[a.Column], other.Class(), p[other.Column])
				}
			}
		}
	}
	if len(tested) != NumAnswers {
		t.Errorf("%d answers are tested, want all %d", len(tested), NumAnswers)
	}
}

func TestPollOfStars(t *testing.T) {
	var all Votes
	all[2] = 1
	v := poll(all, rand.New(rand.NewPCG(1, 1)))
	want := Votes{2: 1, 14: 1} // as the organisers renormalised question 6
	if v != want {
		t.Errorf("votes are %v, want %v", v, want)
	}
}
