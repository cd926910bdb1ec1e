package galaxyzoo

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// phrases are the answers whose text wants its question beside it, as they read
// without it.
var phrases = map[string]string{
	"Class5.2":  "bulge just noticeable",
	"Class5.3":  "obvious bulge",
	"Class5.4":  "dominant bulge",
	"Class7.2":  "between round and cigar shaped",
	"Class8.1":  "with a ring",
	"Class8.2":  "with a lens or arc",
	"Class8.5":  "odd in another way",
	"Class8.6":  "a merger",
	"Class8.7":  "with a dust lane",
	"Class10.1": "tight winding",
	"Class10.2": "medium winding",
	"Class10.3": "loose winding",
	"Class11.5": "more than 4 arms",
	"Class11.6": "number of arms unclear",
}

// Phrase returns the answer in words that are clear without its question,
// "medium winding" where Text is "medium".
func (a Answer) Phrase() string {
	if phrase, ok := phrases[a.Class()]; ok {
		return phrase
	}
	return a.Text
}

// A Step is one question of a walk through the tree, answered.
type Step struct {
	Answer Answer
	// Fraction is the answer's share of the votes cast on its question, in
	// (0, 1]: see Votes.Conditional.
	Fraction float64
}

// MarshalJSON gives {"question":10,"class":"Class10.2","answer":"medium
// winding","fraction":0.5}.
func (s Step) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Question int     `json:"question"`
		Class    string  `json:"class"`
		Answer   string  `json:"answer"`
		Fraction float64 `json:"fraction"`
	}{s.Answer.Question, s.Answer.Class(), s.Answer.Phrase(), s.Fraction})
}

// Walk returns the way through the tree that takes the most voted answer of each
// question, from question 1 to an answer that ends it, or to a question that
// nobody reached; the first of equal answers is taken. A vote below 0, as some
// predictions have it, counts as none. The values must be finite.
func (v *Votes) Walk() []Step {
	steps := make([]Step, 0, NumQuestions) // never nil, so that JSON has a list
	for next := 1; next != 0; {
		q := Questions[next-1]
		best, sum := q.Answers[0], 0.0
		for _, a := range q.Answers {
			sum += max(v[a.Column], 0)
			if v[a.Column] > v[best.Column] {
				best = a
			}
		}
		if sum == 0 {
			break
		}
		steps = append(steps, Step{Answer: best, Fraction: v[best.Column] / sum})
		next = best.Next
	}
	return steps
}

// Describe puts a walk into a line of words: "smooth (0.81), completely round
// (0.6), not odd (0.97)".
func Describe(steps []Step) string {
	parts := make([]string, len(steps))
	for i, s := range steps {
		parts[i] = fmt.Sprintf("%s (%v)", s.Answer.Phrase(), math.Round(s.Fraction*100)/100)
	}
	return strings.Join(parts, ", ")
}
