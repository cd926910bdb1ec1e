package run

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func testPredictions() *galaxyzoo.Labels {
	l := &galaxyzoo.Labels{IDs: []int64{100008, 100023}, Votes: make([]galaxyzoo.Votes, 2)}
	for c := range l.Votes[0] {
		l.Votes[0][c], l.Votes[1][c] = float64(c)/64, 1
	}
	return l
}

func TestPredictionsRoundTrip(t *testing.T) {
	r := create(t)
	want := testPredictions()
	for range 2 { // the second replaces the first
		if err := r.WritePredictions(want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := r.ReadPredictions()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.IDs, want.IDs) {
		t.Errorf("ids %v, want %v", got.IDs, want.IDs)
	}
	for i := range want.Votes {
		for c := range want.Votes[i] {
			// Votes are written with six decimals.
			if d := math.Abs(got.Votes[i][c] - want.Votes[i][c]); d > 5e-7 {
				t.Errorf("row %d, column %d: off by %g", i, c, d)
			}
		}
	}
	if left := names(t, r.Path("predictions")); len(left) != 1 {
		t.Errorf("left %q", left)
	}
	info, err := os.Stat(r.Predictions())
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode&0o400 == 0 || mode&0o111 != 0 {
		t.Errorf("mode %v", mode)
	}
}

func TestPredictionsErrors(t *testing.T) {
	r := create(t)
	if _, err := r.ReadPredictions(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), r.Predictions()) {
		t.Errorf("error of a missing file = %v", err)
	}
	prefix := "failed to write " + r.Predictions() + ": "
	tests := []struct {
		spoil func(l *galaxyzoo.Labels)
		want  string
	}{
		{func(l *galaxyzoo.Labels) { l.IDs = l.IDs[:1] }, "1 ids and 2 rows of votes"},
		{func(l *galaxyzoo.Labels) { l.Votes[1][1] = 1.2 }, "galaxy 100023: Class1.2 = 1.2, want 0 to 1"},
		{func(l *galaxyzoo.Labels) { l.Votes[0][36] = math.NaN() }, "galaxy 100008: Class11.6 = NaN, want 0 to 1"},
	}
	for _, tt := range tests {
		l := testPredictions()
		tt.spoil(l)
		if err := r.WritePredictions(l); err == nil || err.Error() != prefix+tt.want {
			t.Errorf("error = %v\n want = %s", err, prefix+tt.want)
		}
	}
	if left := names(t, r.Dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
	touch(t, r.Path("predictions")) // a file where the folder goes
	if err := r.WritePredictions(testPredictions()); err == nil || !strings.HasPrefix(err.Error(), prefix) {
		t.Errorf("error = %v, want one that names the file", err)
	}
	if err := os.Remove(r.Path("predictions")); err != nil {
		t.Fatal(err)
	}
	touch(t, r.Predictions())
	var fault *galaxyzoo.DataError
	if _, err := r.ReadPredictions(); !errors.As(err, &fault) {
		t.Errorf("error of an empty file = %v, want a *DataError", err)
	}
}
