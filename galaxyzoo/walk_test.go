package galaxyzoo

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestWalk(t *testing.T) {
	tests := []struct {
		name   string
		change func(v *Votes)
		want   string
	}{
		{"spiral", func(*Votes) {}, "features or disk (0.75), not edge-on (0.67), no bar (0.75), spiral (0.75), " +
			"tight winding (0.33), 2 arms (1), bulge just noticeable (0.5), not odd (0.88)"},
		{"smooth", func(v *Votes) { v[0], v[1] = 0.75, 0.25 }, "smooth (0.75), between round and cigar shaped (1), not odd (0.88)"},
		{"star", func(v *Votes) { v[2] = 2 }, "star or artifact (0.67)"},
		{"edge-on", func(v *Votes) { v[3] = 1 }, "features or disk (0.75), edge-on (0.67), rounded bulge (1), not odd (0.88)"},
		{"without arms", func(v *Votes) { v[8] = 0.375 * 3 }, "features or disk (0.75), not edge-on (0.67), no bar (0.75), no spiral (0.75), " +
			"bulge just noticeable (0.5), not odd (0.88)"},
		{"odd", func(v *Votes) { v[0], v[1], v[13] = 0.75, 0.25, 0.875 }, "smooth (0.75), between round and cigar shaped (1), odd (0.5), with a ring (1)"},
		{"nobody reached question 8", func(v *Votes) { v[0], v[1], v[13], v[18] = 1, 0, 0.875, 0 },
			"smooth (1), between round and cigar shaped (1), odd (0.5)"},
		{"below 0", func(v *Votes) { v[0], v[1], v[15], v[14] = 1.5, -0.5, -0.1, -3 },
			"smooth (1), between round and cigar shaped (1), odd (1), with a ring (1)"},
		{"nothing", func(v *Votes) { *v = Votes{} }, ""},
		{"less than nothing", func(v *Votes) { *v = Votes{-1, -1, -1} }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := spiral()
			tt.change(&v)
			if got := Describe(v.Walk()); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Each step answers the question that the one before it leads to, with the
// largest share of those asked; the walk ends where the tree does.
func TestWalkFollowsTheTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	ends := map[string]bool{}
	for range 2000 {
		v := randomVotes(rng)
		fractions := v.Conditional()
		steps := v.Walk()
		next := 1
		for _, s := range steps {
			if s.Answer.Question != next {
				t.Fatalf("question %d follows, want %d, in %s", s.Answer.Question, next, Describe(steps))
			}
			if math.Abs(s.Fraction-fractions[s.Answer.Column]) > 1e-15 {
				t.Fatalf("%s has %v of those asked, want %v", s.Answer.Class(), s.Fraction, fractions[s.Answer.Column])
			}
			for _, a := range Questions[next-1].Answers {
				if fractions[a.Column] > s.Fraction {
					t.Fatalf("%s is taken, %s has more votes", s.Answer.Class(), a.Class())
				}
			}
			next = s.Answer.Next
		}
		if next != 0 {
			t.Fatalf("the walk stops before question %d: %s", next, Describe(steps))
		}
		ends[steps[len(steps)-1].Answer.Class()] = true
	}
	if len(ends) != 9 {
		t.Errorf("walks end with %v, want each of the 9 answers that end one", ends)
	}
}

// Every answer is told from all others by its words alone, but for the bulge that
// is not there, of which questions 5 and 9 both ask.
func TestPhrases(t *testing.T) {
	seen := map[string]Answer{}
	changed := 0
	for _, a := range Answers {
		phrase := a.Phrase()
		if phrase != a.Text {
			changed++
		}
		if b, ok := seen[phrase]; ok && phrase != "no bulge" {
			t.Errorf("%s and %s are both %q", a.Class(), b.Class(), phrase)
		}
		seen[phrase] = a
	}
	if changed != len(phrases) {
		t.Errorf("%d answers have a phrase of their own, want %d: one of %v names no answer, or says what its text says", changed, len(phrases), phrases)
	}
}

func TestStepJSON(t *testing.T) {
	v := Votes{0: 1, 16: 0.75, 17: 0.25}
	got, err := json.Marshal(v.Walk())
	want := `[{"question":1,"class":"Class1.1","answer":"smooth","fraction":1},` +
		`{"question":7,"class":"Class7.2","answer":"between round and cigar shaped","fraction":0.75}]`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func ExampleVotes_Walk() {
	v := Votes{0: 0.25, 2: 0.75}
	fmt.Println(Describe(v.Walk()))
	v = Votes{0: 0.75, 1: 0.25, 15: 0.75, 13: 0.1, 14: 0.9}
	fmt.Println(Describe(v.Walk()))
	// Output:
	// star or artifact (0.75)
	// smooth (0.75), completely round (1), not odd (0.9)
}
