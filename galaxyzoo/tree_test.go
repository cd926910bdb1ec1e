package galaxyzoo

import (
	"slices"
	"testing"
)

func TestQuestions(t *testing.T) {
	// First and last column, what the answers sum to, and the classes that
	// lead to the question, from figure 1 of Willett et al. 2013.
	tests := []struct {
		question, first, end, reach int
		parents                     []string
	}{
		{1, 0, 3, -1, nil},
		{2, 3, 5, 1, []string{"Class1.2"}},
		{3, 5, 7, 4, []string{"Class2.2"}},
		{4, 7, 9, 4, []string{"Class3.1", "Class3.2"}},
		{5, 9, 13, 4, []string{"Class4.2", "Class11.1", "Class11.2", "Class11.3", "Class11.4", "Class11.5", "Class11.6"}},
		{6, 13, 15, -1, []string{
			"Class5.1", "Class5.2", "Class5.3", "Class5.4",
			"Class7.1", "Class7.2", "Class7.3", "Class9.1", "Class9.2", "Class9.3"}},
		{7, 15, 18, 0, []string{"Class1.1"}},
		{8, 18, 25, 13, []string{"Class6.1"}},
		{9, 25, 28, 3, []string{"Class2.1"}},
		{10, 28, 31, 7, []string{"Class4.1"}},
		{11, 31, 37, 7, []string{"Class10.1", "Class10.2", "Class10.3"}},
	}
	if len(tests) != NumQuestions {
		t.Fatalf("%d questions are listed, want %d", len(tests), NumQuestions)
	}
	for i, tt := range tests {
		q := Questions[i]
		if q.Number != tt.question || q.First() != tt.first || q.End() != tt.end || q.Reach != tt.reach {
			t.Errorf("question %d covers columns [%d,%d) with reach %d, want question %d, [%d,%d), %d",
				q.Number, q.First(), q.End(), q.Reach, tt.question, tt.first, tt.end, tt.reach)
		}
		var parents []string
		for _, a := range q.Parents() {
			parents = append(parents, a.Class())
		}
		if !slices.Equal(parents, tt.parents) {
			t.Errorf("parents of question %d are %v, want %v", q.Number, parents, tt.parents)
		}
		if q.Text == "" || q.Short == "" {
			t.Errorf("question %d has no text", q.Number)
		}
	}
}

func TestAnswers(t *testing.T) {
	var terminal []string
	for c, a := range Answers {
		q := Questions[a.Question-1]
		if a.Column != c || q.Answers[a.Number-1] != a || q.First()+a.Number-1 != c {
			t.Errorf("answer %s is not at column %d of its question", a.Class(), c)
		}
		if a.Text == "" {
			t.Errorf("answer %s has no text", a.Class())
		}
		if a.Terminal() {
			terminal = append(terminal, a.Class())
		}
	}
	want := []string{"Class1.3", "Class6.2",
		"Class8.1", "Class8.2", "Class8.3", "Class8.4", "Class8.5", "Class8.6", "Class8.7"}
	if !slices.Equal(terminal, want) {
		t.Errorf("the walk ends with %v, want %v", terminal, want)
	}
}

// Every walk ends: from no answer can its own question be reached again.
func TestTreeHasNoCycle(t *testing.T) {
	const unseen, open, done = 0, 1, 2
	var state [NumQuestions + 1]int
	var walk func(number int)
	walk = func(number int) {
		if number == 0 || state[number] == done {
			return
		}
		if state[number] == open {
			t.Fatalf("question %d leads back to itself", number)
		}
		state[number] = open
		for _, a := range Questions[number-1].Answers {
			walk(a.Next)
		}
		state[number] = done
	}
	walk(1)
	for number := 1; number <= NumQuestions; number++ {
		if state[number] == unseen {
			t.Errorf("question %d is never asked", number)
		}
	}
}
