package infer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
)

// The nearest are those that a plain sort finds.
func TestNearest(t *testing.T) {
	const n, size = 500, 16
	f := handmadeFeatures(t, n, size)
	query := f.Row(17)
	similarity := func(row int) float64 {
		var ab, aa, bb float64
		for k, b := range f.Row(row) {
			a := float64(query[k])
			ab += a * float64(b)
			aa += a * a
			bb += float64(b) * float64(b)
		}
		return ab / math.Sqrt(aa*bb)
	}
	var rows []int
	for row := range n {
		if row != 17 {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b int) int { return cmp.Compare(similarity(b), similarity(a)) })
	for _, count := range []int{0, 1, 12, n - 1, n + 10} {
		got := f.Nearest(query, count, f.IDs[17])
		if len(got) != min(count, n-1) {
			t.Fatalf("%d neighbours, want %d", len(got), min(count, n-1))
		}
		for i, neighbour := range got {
			want := rows[i]
			// The sums differ in the order of their terms.
			if neighbour.ID != f.IDs[want] || neighbour.File != f.Files[want] || math.Abs(neighbour.Similarity-similarity(want)) > 1e-12 {
				t.Fatalf("neighbour %d of %d is %+v, want %s at %v", i, count, neighbour, f.IDs[want], similarity(want))
			}
		}
	}
}

// Equals come in the order of the rows, the query itself has similarity 1 unless
// it is left out, the opposite −1, and a vector of zeros 0.
func TestNearestTies(t *testing.T) {
	f := NewFeatures(2)
	for i, v := range [][]float32{{0, 0}, {-3, 0}, {2, 0}, {0, 1}, {7, 0}, {0, 2}, {1, 0}} {
		if err := f.Add(fmt.Sprint(i), "", v); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		query []float32
		count int
		skip  string
		want  string
	}{
		{[]float32{5, 0}, 7, "", "[2=1 4=1 6=1 0=0 3=0 5=0 1=-1]"},
		{[]float32{5, 0}, 4, "", "[2=1 4=1 6=1 0=0]"},
		{[]float32{5, 0}, 3, "4", "[2=1 6=1 0=0]"},
		{[]float32{0, 0}, 2, "0", "[1=0 2=0]"},
	} {
		var got []string
		for _, n := range f.Nearest(test.query, test.count, test.skip) {
			got = append(got, fmt.Sprintf("%s=%g", n.ID, n.Similarity))
		}
		if fmt.Sprint(got) != test.want {
			t.Errorf("nearest to %v without %q: %v, want %s", test.query, test.skip, got, test.want)
		}
	}
}

// BenchmarkNearest is a search among as many galaxies as the challenge has, in
// features of the size that seed3 has.
func BenchmarkNearest(b *testing.B) {
	f := handmadeFeatures(b, 60_000, 1024)
	b.SetBytes(int64(4 * len(f.Values)))
	for b.Loop() {
		f.Nearest(f.Row(3), 12, f.IDs[3])
	}
}
