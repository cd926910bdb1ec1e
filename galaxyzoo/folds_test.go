package galaxyzoo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Each galaxy is held back once, and no fold is larger than another by more than
// one, whatever the numbers.
func TestFoldsArePartitions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + random.IntN(300)
		folds := 2 + random.IntN(n-1)
		seed := random.Uint64()
		ids := consecutive(1+random.Int64N(1e6), int64(n))
		random.Shuffle(n, func(a, b int) { ids[a], ids[b] = ids[b], ids[a] })
		times := make([]int, n)
		for fold := 1; fold <= folds; fold++ {
			training, held := Fold(ids, folds, fold, seed)
			if size := len(held); size != n/folds && size != n/folds+1 {
				t.Fatalf("fold %d of %d has %d of %d galaxies", fold, folds, size, n)
			}
			all := slices.Sorted(slices.Values(slices.Concat(training, held)))
			if !slices.IsSorted(training) || !slices.IsSorted(held) || len(all) != n || len(slices.Compact(all)) != n {
				t.Fatalf("fold %d of %d: the two sides are no partition in order", fold, folds)
			}
			for _, i := range held {
				times[i]++
			}
		}
		if slices.ContainsFunc(times, func(k int) bool { return k != 1 }) {
			t.Fatalf("%d galaxies in %d folds are held back so many times each: %v", n, folds, times)
		}
	}
}

// heldIDs are the ids that a fold holds back, sorted.
func heldIDs(ids []int64, folds, fold int, seed uint64) []int64 {
	_, held := Fold(ids, folds, fold, seed)
	var of []int64
	for _, i := range held {
		of = append(of, ids[i])
	}
	slices.Sort(of)
	return of
}

func TestFoldsFollowFromIdsAndSeed(t *testing.T) {
	ids := consecutive(100008, 101)
	backwards := slices.Clone(ids)
	slices.Reverse(backwards)
	for fold := 1; fold <= 4; fold++ {
		a, b := heldIDs(ids, 4, fold, 7), heldIDs(backwards, 4, fold, 7)
		if !slices.Equal(a, b) {
			t.Errorf("fold %d depends on the order of the ids", fold)
		}
		if slices.Equal(a, heldIDs(ids, 4, fold, 8)) {
			t.Errorf("fold %d is the same for another seed", fold)
		}
		if a[len(a)-1]-a[0] < 50 { // a stretch of them would be 25 long
			t.Errorf("fold %d holds the stretch from %d to %d back", fold, a[0], a[len(a)-1])
		}
	}
}

// Three folds by hand: 0.1, 0.2 and 0.6 have the mean 0.3 and the squares 0.04,
// 0.01 and 0.09, 0.14 in all; half of it is the variance, a third of that is the
// squared error.
func TestStandardErrors(t *testing.T) {
	folds := make([]Score, 3)
	for i, x := range []float64{0.1, 0.2, 0.6} {
		folds[i].RMSE = x
		folds[i].Questions[3] = 2 * x
		folds[i].Answers[36] = 0.5
	}
	want := math.Sqrt(0.14 / 2 / 3)
	e := NewScoreErrors(folds)
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-15 } // rounding of a few sums
	if !near(e.RMSEError, want) || !near(e.QuestionsError[3], 2*want) || e.QuestionsError[2] != 0 || !near(e.AnswersError[36], 0) {
		t.Errorf("errors %v, question 4 %v, question 3 %v, last answer %v; want %v, %v, 0, 0",
			e.RMSEError, e.QuestionsError[3], e.QuestionsError[2], e.AnswersError[36], want, 2*want)
	}
}
