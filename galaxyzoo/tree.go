package galaxyzoo

import "fmt"

// Sizes of the decision tree and of the survey's images.
const (
	NumQuestions = 11
	NumAnswers   = 37
	ImageSize    = 424 // pixels on a side of an original image
)

// An Answer is one of the 37 columns of the label table.
type Answer struct {
	Question int    // number of its question, 1 to 11
	Number   int    // position within the question, from 1
	Column   int    // position in a Votes value, 0 to 36
	Text     string // a few words, lower case
	Next     int    // number of the question asked next; 0 where the walk ends
}

// Class returns the name of the answer's column in the label file, "Class1.1".
func (a Answer) Class() string { return fmt.Sprintf("Class%d.%d", a.Question, a.Number) }

// Terminal reports whether the walk through the tree ends with this answer.
func (a Answer) Terminal() bool { return a.Next == 0 }

// A Question is one node of the decision tree.
type Question struct {
	Number  int    // 1 to 11
	Text    string // the question as the volunteers read it
	Short   string // one or two words for a heading or an axis
	Answers []Answer
	// Reach is the column whose vote the question's answers sum to, or -1
	// where they sum to 1. It is the probability of reaching the question,
	// except for question 6, which the organisers renormalised to 1.
	Reach int
}

// First returns the column of the question's first answer.
func (q Question) First() int { return q.Answers[0].Column }

// End returns one past the column of the question's last answer.
func (q Question) End() int { return q.First() + len(q.Answers) }

// Parents returns the answers that lead to the question.
func (q Question) Parents() []Answer {
	var parents []Answer
	for _, a := range Answers {
		if a.Next == q.Number {
			parents = append(parents, a)
		}
	}
	return parents
}

// Questions is the tree of Willett et al. 2013 (MNRAS 435, 2835), figure 1, in
// the order of the question numbers. Answers is the same by column.
var Questions, Answers = growTree()

type answerSpec struct {
	text string
	next int
}

var treeSpec = [NumQuestions]struct {
	text, short string
	reach       int // column, or -1 for certain
	answers     []answerSpec
}{
	{"Is the galaxy simply smooth and rounded, with no sign of a disk?", "shape", -1,
		[]answerSpec{{"smooth", 7}, {"features or disk", 2}, {"star or artifact", 0}}},
	{"Could this be a disk viewed edge-on?", "edge-on", 1,
		[]answerSpec{{"edge-on", 9}, {"not edge-on", 3}}},
	{"Is there a sign of a bar feature through the centre?", "bar", 4,
		[]answerSpec{{"bar", 4}, {"no bar", 4}}},
	{"Is there any sign of a spiral arm pattern?", "spiral", 4,
		[]answerSpec{{"spiral", 10}, {"no spiral", 5}}},
	{"How prominent is the central bulge?", "bulge", 4,
		[]answerSpec{{"no bulge", 6}, {"just noticeable", 6}, {"obvious", 6}, {"dominant", 6}}},
	{"Is there anything odd?", "odd", -1,
		[]answerSpec{{"odd", 8}, {"not odd", 0}}},
	{"How rounded is it?", "roundness", 0,
		[]answerSpec{{"completely round", 6}, {"in between", 6}, {"cigar shaped", 6}}},
	{"Is the odd feature a ring, or is the galaxy disturbed or irregular?", "odd feature", 13,
		[]answerSpec{{"ring", 0}, {"lens or arc", 0}, {"disturbed", 0}, {"irregular", 0}, {"other", 0}, {"merger", 0}, {"dust lane", 0}}},
	{"Does the galaxy have a bulge at its centre? If so, what shape?", "edge-on bulge", 3,
		[]answerSpec{{"rounded bulge", 6}, {"boxy bulge", 6}, {"no bulge", 6}}},
	{"How tightly wound do the spiral arms appear?", "winding", 7,
		[]answerSpec{{"tight", 11}, {"medium", 11}, {"loose", 11}}},
	{"How many spiral arms are there?", "arms", 7,
		[]answerSpec{{"1 arm", 5}, {"2 arms", 5}, {"3 arms", 5}, {"4 arms", 5}, {"more than 4", 5}, {"can't tell", 5}}},
}

func growTree() (questions [NumQuestions]Question, answers [NumAnswers]Answer) {
	column := 0
	for i, spec := range treeSpec {
		q := Question{Number: i + 1, Text: spec.text, Short: spec.short, Reach: spec.reach}
		for j, s := range spec.answers {
			a := Answer{Question: q.Number, Number: j + 1, Column: column, Text: s.text, Next: s.next}
			q.Answers = append(q.Answers, a)
			answers[column] = a
			column++
		}
		questions[i] = q
	}
	return questions, answers
}
