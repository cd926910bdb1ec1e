package galaxyzoo

import (
	"math"
	"slices"
	"testing"
)

func consecutive(from, n int64) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = from + int64(i)
	}
	return ids
}

func TestSplit(t *testing.T) {
	ids := consecutive(100000, 10000)
	for _, share := range []float64{0, 0.01, 0.1, 0.2, 0.5, 1} {
		for seed := range uint64(5) {
			training, validation := Split(ids, share, seed)
			// Five standard deviations of a binomial draw, none at 0 and 1.
			slack := 5 * math.Sqrt(share*(1-share)/float64(len(ids)))
			if got := float64(len(validation)) / float64(len(ids)); math.Abs(got-share) > slack {
				t.Errorf("seed %d holds back %v of the rows, want %v +- %v", seed, got, share, slack)
			}
			all := slices.Sorted(slices.Values(slices.Concat(training, validation)))
			if !slices.IsSorted(training) || !slices.IsSorted(validation) || len(all) != len(ids) || all[0] != 0 || all[len(all)-1] != len(ids)-1 {
				t.Errorf("seed %d, share %v: the two sides are no partition in order", seed, share)
			}
		}
	}
}

func TestSplitDependsOnTheSeed(t *testing.T) {
	ids := consecutive(1, 1000)
	_, a := Split(ids, 0.2, 1)
	_, again := Split(ids, 0.2, 1)
	_, b := Split(ids, 0.2, 2)
	if !slices.Equal(a, again) {
		t.Error("the same seed splits differently")
	}
	common := 0
	for _, i := range a {
		if slices.Contains(b, i) {
			common++
		}
	}
	// Independent draws share 0.2 x 0.2 x 1000 = 40 rows, give or take 6.
	if common < 10 || common > 70 {
		t.Errorf("seeds 1 and 2 hold back %d rows in common, want about 40", common)
	}
}

// A galaxy stays on its side when rows are added, taken away or reordered, and
// a row held back at a share stays held back at a larger one.
func TestSplitIsStable(t *testing.T) {
	side := func(ids []int64, share float64) map[int64]bool {
		held := map[int64]bool{}
		_, validation := Split(ids, share, 7)
		for _, i := range validation {
			held[ids[i]] = true
		}
		return held
	}
	few, many := consecutive(500, 500), consecutive(1, 2000)
	slices.Reverse(many)
	small, large, wide := side(few, 0.3), side(many, 0.3), side(many, 0.6)
	for _, id := range few {
		if small[id] != large[id] {
			t.Errorf("galaxy %d changed sides", id)
		}
		if large[id] && !wide[id] {
			t.Errorf("galaxy %d went back to training at a larger share", id)
		}
	}
}
