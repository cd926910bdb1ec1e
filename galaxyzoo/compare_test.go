package galaxyzoo

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Rows meet by their ids, whatever their order, and those without a fellow are
// counted and left out.
func TestCompare(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	labels, predictions := &Labels{}, &Labels{}
	var predicted, cast []Votes
	for id := int64(1); id <= 200; id++ {
		label, prediction := randomVotes(rng), randomVotes(rng)
		if id%5 != 0 {
			labels.IDs, labels.Votes = append(labels.IDs, id), append(labels.Votes, label)
		}
		if id%3 != 0 {
			predictions.IDs, predictions.Votes = append(predictions.IDs, id), append(predictions.Votes, prediction)
		}
		if id%5 != 0 && id%3 != 0 {
			predicted, cast = append(predicted, prediction), append(cast, label)
		}
	}
	want := Comparison{Unlabelled: 27, Unpredicted: 53} // multiples of 5 and not 3, of 3 and not 5
	var err error
	if want.Score, err = NewScore(predicted, cast); err != nil {
		t.Fatal(err)
	}
	mean, err := ScoreMeanVote(cast)
	if err != nil {
		t.Fatal(err)
	}
	want.MeanVote = mean.RMSE
	for range 5 {
		got, err := Compare(predictions, labels)
		if err != nil || got != want {
			t.Fatalf("got  %+v, %v\nwant %+v", got, err, want)
		}
		rng.Shuffle(len(predictions.IDs), func(i, j int) {
			predictions.IDs[i], predictions.IDs[j] = predictions.IDs[j], predictions.IDs[i]
			predictions.Votes[i], predictions.Votes[j] = predictions.Votes[j], predictions.Votes[i]
		})
	}
	slices.Reverse(labels.IDs)
	slices.Reverse(labels.Votes)
	got, err := Compare(predictions, labels)
	if err != nil || math.Abs(got.RMSE-want.RMSE) > 1e-14 || got.Unlabelled != want.Unlabelled { // summed in another order
		t.Errorf("with the labels turned about: %+v, %v", got, err)
	}
}

func TestCompareOutOfRange(t *testing.T) {
	labels := &Labels{IDs: []int64{1, 2, 3, 4}, Votes: []Votes{spiral(), spiral(), spiral(), spiral()}}
	predictions := &Labels{IDs: []int64{1, 2, 3, 9}, Votes: []Votes{spiral(), spiral(), spiral(), spiral()}}
	predictions.Votes[0][2] = -0.25
	predictions.Votes[1][1], predictions.Votes[1][14] = 1.25, 1.125
	predictions.Votes[3][0] = 7 // of no label
	got, err := Compare(predictions, labels)
	if err != nil || got.OutOfRange != 2 || got.Images != 3 || got.Unlabelled != 1 || got.Unpredicted != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	// The votes as they stand: off by 0.25, 0.5 and 0.25.
	if want := math.Sqrt(0.375 / (3 * NumAnswers)); math.Abs(got.RMSE-want) > 1e-15 {
		t.Errorf("RMSE is %v, want %v", got.RMSE, want)
	}
}

func TestCompareErrors(t *testing.T) {
	one := func(id int64, v Votes) *Labels { return &Labels{IDs: []int64{id}, Votes: []Votes{v}} }
	huge := spiral()
	huge[3] = 1e200 // its square is infinite
	tests := []struct {
		name                string
		predictions, labels *Labels
		want                string
	}{
		{"nothing in common", one(1, spiral()), one(2, spiral()), "failed to score: no galaxy is in both, with 1 predictions and 1 labels"},
		{"no predictions", &Labels{}, one(2, spiral()), "failed to score: no galaxy is in both, with 0 predictions and 1 labels"},
		{"huge", one(2, huge), one(2, spiral()), "failed to score: a value of Class2.1 is not finite"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Compare(tt.predictions, tt.labels); err == nil || err.Error() != tt.want {
				t.Errorf("error is %v, want %s", err, tt.want)
			}
		})
	}
}

// The mean is the best single prediction for all.
func TestScoreMeanVote(t *testing.T) {
	a, b := spiral(), spiral()
	a[0] += 0.25
	b[0] -= 0.25
	s, err := ScoreMeanVote([]Votes{a, b})
	if want := math.Sqrt(0.125 / (2 * NumAnswers)); err != nil || math.Abs(s.RMSE-want) > 1e-15 {
		t.Errorf("RMSE is %v, %v, want %v", s.RMSE, err, want)
	}
	if _, err := ScoreMeanVote(nil); err == nil {
		t.Error("no error without galaxies")
	}
}

func TestParseSubmission(t *testing.T) {
	plain := table(t, []int64{100008, 100023}, "", "")
	tests := []struct {
		name, old, with string
		want            string // the error; empty for none
	}{
		{"as labels are", "", "", ""},
		{"does not obey the tree", "0.250000", "0.99", ""},
		{"above 1", "0.250000", "1.37", ""},
		{"below 0", "0.250000", "-0.01", ""},
		{"NaN", "0.250000", "nan", "p.csv:2: Class1.1 = nan, want a finite number"},
		{"infinite", "0.250000", "-Inf", "p.csv:2: Class1.1 = -Inf, want a finite number"},
		{"beyond all numbers", "0.250000", "1e999", `p.csv:2: Class1.1 = "1e999" is not a number`},
		{"id twice", "100023", "100008", "p.csv:3: galaxy 100008 was already given on line 2"},
		{"header", "Class11.6", "Class11.7", `p.csv:1: column 38 of the header is "Class11.7", want "Class11.6"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			content := strings.Replace(plain, tt.old, tt.with, 1)
			got, err := ParseSubmission(strings.NewReader(content), "p.csv")
			if tt.want != "" {
				if err == nil || err.Error() != tt.want {
					t.Errorf("error is %v, want %s", err, tt.want)
				}
				return
			}
			if err != nil || len(got.IDs) != 2 {
				t.Fatalf("got %v, %v", got, err)
			}
			if want := tt.with; want != "" && fmt.Sprint(got.Votes[0][0]) != want {
				t.Errorf("Class1.1 is %v, want %s", got.Votes[0][0], want)
			}
		})
	}
}

func TestReadSubmission(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "p.csv")
	_, err := ReadSubmission(path)
	if _, ok := errors.AsType[*DataError](err); !ok || err.Error() != path+": failed to open the predictions: no such file or directory" {
		t.Errorf("error of a missing file is %v", err)
	}
	wide := strings.ReplaceAll(table(t, []int64{7}, "", ""), "\n", ",more\n")
	if err := os.WriteFile(path, []byte(wide), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSubmission(path)
	if err != nil || !slices.Equal(got.IDs, []int64{7}) || got.Votes[0] != spiral() {
		t.Errorf("got %v, %v", got, err)
	}
}

// A table of anybody's predictions is refused, or scores nothing against itself
// wherever its numbers can be squared, and reads as it was once it is written.
func FuzzSubmission(f *testing.F) {
	plain := table(f, []int64{100008, 100023}, "", "")
	for _, seed := range []string{
		plain, strings.ReplaceAll(plain, "0.25", "-1e3"), strings.ReplaceAll(plain, "0.25", "1e308"), strings.ReplaceAll(plain, "0.25", "Inf"),
		strings.ReplaceAll(plain, "\n", ",x\n"), strings.ReplaceAll(plain, "\n", "\r\n"), plain[:len(plain)-9], strings.ReplaceAll(plain, "100023", "0100023"), "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		l, err := ParseSubmission(bytes.NewReader(content), "f.csv")
		if err != nil {
			if _, ok := errors.AsType[*DataError](err); !ok {
				t.Fatalf("%v is no *DataError", err)
			}
			return
		}
		if len(l.IDs) == 0 {
			return
		}
		if c, err := Compare(l, l); err == nil && (c.RMSE != 0 || c.Unlabelled != 0 || c.Unpredicted != 0) {
			t.Fatalf("against itself: %+v", c)
		}
		var b bytes.Buffer
		if err := l.Write(&b); err != nil {
			t.Fatal(err)
		}
		if again, err := ParseSubmission(&b, "again"); err != nil || len(again.IDs) != len(l.IDs) {
			t.Fatalf("read again: %v", err)
		}
	})
}
