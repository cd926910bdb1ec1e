package run

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A comparedCase is a run as it lies in a folder.
type comparedCase struct {
	name   string
	status Status
	rmse   float64 // 0 for none
	data   string
	flags  []Assignment
}

func makeCompared(t *testing.T, cases []comparedCase) []*Run {
	t.Helper()
	dir := t.TempDir()
	var runs []*Run
	for _, c := range cases {
		r, err := CreateAt(filepath.Join(dir, c.name))
		if err != nil {
			t.Fatal(err)
		}
		v, err := Resolver{Flags: append([]Assignment{{"data", c.name}, {"cache", c.name}}, c.flags...)}.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		info := &Info{Status: c.status, Seconds: 12, Data: DataInfo{Fingerprint: c.data}}
		if c.rmse > 0 {
			info.Best = &BestEpoch{Epoch: 2, Step: 20, RMSE: &c.rmse}
		}
		m, err := r.OpenMetrics(0)
		if err != nil {
			t.Fatal(err)
		}
		for i, speed := range []float64{10, 300, 200} {
			if err := m.WriteEpoch(Epoch{Epoch: i + 1, Step: int64(10 * (i + 1)), ImagesPerSecond: speed}); err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range []error{m.Close(), r.WriteConfig(v), r.WriteInfo(info)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		runs = append(runs, r)
	}
	return runs
}

func TestCompare(t *testing.T) {
	runs := makeCompared(t, []comparedCase{
		{"waits", StatusRunning, 0, "a", []Assignment{{"seed", "4"}}},
		{"other-rows", StatusDone, 0.05, "a", []Assignment{{"validation", "0.2"}}},
		{"other-data", StatusDone, 0.04, "b", nil},
		{"fast-2", StatusDone, 0.11, "a", []Assignment{{"learning-rate", "0.1"}, {"seed", "2"}, {"threads", "3"}}},
		{"slow-1", StatusDone, 0.14, "a", nil},
		{"fast-1", StatusDone, 0.13, "a", []Assignment{{"learning-rate", "0.1"}}},
		{"stopped", StatusInterrupted, 0.12, "a", []Assignment{{"learning-rate", "0.1"}, {"seed", "3"}}},
	})
	c := Compare(append(runs, &Run{Dir: filepath.Join(t.TempDir(), "gone")}))
	var order, others []string
	for _, r := range c.Runs {
		order = append(order, filepath.Base(r.Run))
		if r.OtherRows {
			others = append(others, filepath.Base(r.Run))
		}
	}
	if want := []string{"fast-2", "stopped", "fast-1", "slow-1", "other-data", "other-rows", "waits", "gone"}; !slices.Equal(order, want) {
		t.Errorf("the order is %q, want %q", order, want)
	}
	if want := []string{"other-data", "other-rows"}; !slices.Equal(others, want) {
		t.Errorf("scored on other rows are %q, want %q", others, want)
	}
	if want := []string{"data", "validation", "seed", "learning-rate", "threads"}; !slices.Equal(c.Settings, want) {
		t.Errorf("they differ in %q, want %q", c.Settings, want)
	}
	best := c.Runs[0]
	if best.Epochs != 3 || best.BestEpoch != 2 || best.ImagesPerSecond != 200 || best.Seconds != 12 || best.Settings["seed"] != "2" {
		t.Errorf("the best is %+v", best)
	}
	if killed, gone := c.Runs[6], c.Runs[7]; killed.Status != StatusKilled || gone.Status != StatusDamaged || !strings.Contains(gone.Fault, InfoFile) {
		t.Errorf("the last are %+v and %+v", killed, gone)
	}
	// Those with the same learning rate that are done, with the deviation of a sample.
	if len(c.Repeated) != 1 {
		t.Fatalf("repeated are %+v", c.Repeated)
	}
	of := c.Repeated[0]
	if len(of.Runs) != 2 || math.Abs(of.RMSE-0.12) > 1e-12 || math.Abs(of.Spread-0.02/math.Sqrt2) > 1e-12 ||
		of.Settings["learning-rate"] != "0.1" || of.Settings["seed"] != "" {
		t.Errorf("repeated are %+v", of)
	}
}

// The same data under two names is no difference.
func TestCompareDataByContent(t *testing.T) {
	runs := makeCompared(t, []comparedCase{{"here", StatusDone, 0.2, "a", nil}, {"there", StatusDone, 0.1, "a", nil}})
	if c := Compare(runs); len(c.Settings) != 0 || c.Runs[0].OtherRows || c.Runs[1].OtherRows || len(c.Repeated) != 1 {
		t.Errorf("they differ in %q: %+v", c.Settings, c.Runs)
	}
}
