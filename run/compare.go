package run

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// A Comparison sets runs side by side.
type Comparison struct {
	Settings []string      `json:"settings"` // the keys of those in which the runs differ
	Runs     []ComparedRun `json:"runs"`     // the best first
	Repeated []Repeated    `json:"repeated"` // the best first
}

// A ComparedRun is a run in a Comparison.
type ComparedRun struct {
	Run             string            `json:"run"` // its folder
	Status          Status            `json:"status"`
	Settings        map[string]string `json:"settings"` // those in which the runs differ
	Epochs          int               `json:"epochs"`   // completed
	BestEpoch       int               `json:"best_epoch,omitempty"`
	RMSE            *float64          `json:"rmse,omitempty"`    // of the best epoch on the rows held back
	Seconds         float64           `json:"seconds"`           // spent training
	ImagesPerSecond float64           `json:"images_per_second"` // the median over the epochs
	// OtherRows are held back than most of these runs hold back, or of other data: the
	// score does not compare with theirs.
	OtherRows bool   `json:"other_rows,omitempty"`
	Fault     string `json:"fault,omitempty"` // why it cannot be read

	config *Config
	info   *Info
}

// Repeated are runs that differ in nothing but the seed, or where they were computed.
type Repeated struct {
	Settings map[string]string `json:"settings"` // in which they differ from other runs
	Runs     []string          `json:"runs"`
	RMSE     float64           `json:"rmse"`    // mean
	Spread   float64           `json:"rmse_sd"` // standard deviation of one run, with n-1
}

// Compare reads runs. One that cannot be read is there with its fault.
func Compare(runs []*Run) *Comparison {
	c := &Comparison{Runs: make([]ComparedRun, len(runs)), Settings: []string{}, Repeated: []Repeated{}}
	for i, r := range runs {
		c.Runs[i] = newComparedRun(r)
	}
	c.differ()
	c.markOtherRows()
	slices.SortStableFunc(c.Runs, func(a, b ComparedRun) int {
		return cmp.Or(rank(&a)-rank(&b), cmp.Compare(score(&a), score(&b)))
	})
	c.repeat()
	return c
}

func newComparedRun(r *Run) ComparedRun {
	c := ComparedRun{Run: r.Dir, Settings: map[string]string{}}
	fail := func(err error) ComparedRun {
		c.Status, c.Fault = StatusDamaged, err.Error()
		return c
	}
	status, info, err := r.Standing()
	if err != nil {
		return fail(err)
	}
	config, err := r.Config()
	if err != nil {
		return fail(err)
	}
	epochs, err := r.Epochs()
	if err != nil {
		return fail(err)
	}
	c.Status, c.config, c.info, c.Epochs, c.Seconds = status, &config, info, len(epochs), info.Seconds
	if best := info.Best; best != nil {
		c.BestEpoch, c.RMSE = best.Epoch, best.RMSE
	}
	if n := len(epochs); n > 0 {
		slices.SortFunc(epochs, func(a, b Epoch) int { return cmp.Compare(a.ImagesPerSecond, b.ImagesPerSecond) })
		c.ImagesPerSecond = (epochs[(n-1)/2].ImagesPerSecond + epochs[n/2].ImagesPerSecond) / 2
	}
	return c
}

// rank puts scores that compare first, then the others, then runs without one.
func rank(c *ComparedRun) int {
	switch {
	case c.RMSE == nil:
		return 2
	case c.OtherRows:
		return 1
	}
	return 0
}

func score(c *ComparedRun) float64 {
	if c.RMSE == nil {
		return math.Inf(1)
	}
	return *c.RMSE
}

// differ finds the settings in which the runs differ. Names of folders are none, but
// that of data which is not the same.
func (c *Comparison) differ() {
	for _, s := range Settings {
		switch s.Key {
		case cacheKey, runsKey, runDirKey:
			continue
		}
		values := map[string]bool{}
		for i := range c.Runs {
			if r := &c.Runs[i]; r.config != nil {
				value := s.Format(r.config)
				if s.Key == dataKey {
					value = r.info.Data.Fingerprint
				}
				values[value] = true
			}
		}
		if len(values) < 2 {
			continue
		}
		c.Settings = append(c.Settings, s.Key)
		for _, r := range c.Runs {
			if r.config != nil {
				r.Settings[s.Key] = s.Format(r.config)
			}
		}
	}
}

// markOtherRows marks the runs that were scored on other rows than most.
func (c *Comparison) markOtherRows() {
	on := func(r *ComparedRun) string {
		rows := fmt.Sprintf("validation %g", r.config.Validation)
		if r.config.Folds > 0 {
			rows = fmt.Sprintf("fold %d of %d", r.config.Fold, r.config.Folds)
		}
		return fmt.Sprintf("%s, split-seed %d, %s", rows, r.config.SplitSeed, r.info.Data.Fingerprint)
	}
	counts, most := map[string]int{}, ""
	for i := range c.Runs {
		if r := &c.Runs[i]; r.RMSE != nil {
			rows := on(r)
			if counts[rows]++; counts[rows] > counts[most] {
				most = rows
			}
		}
	}
	for i := range c.Runs {
		r := &c.Runs[i]
		r.OtherRows = r.RMSE != nil && on(r) != most
	}
}

// repeat finds the runs that are repeated with other seeds.
func (c *Comparison) repeat() {
	alike := map[string][]*ComparedRun{}
	for i := range c.Runs {
		r := &c.Runs[i]
		if r.RMSE == nil || r.Status != StatusDone {
			continue
		}
		key := r.info.Data.Fingerprint
		for _, s := range Settings {
			if !varies(s) {
				key += "\n" + s.Format(r.config)
			}
		}
		alike[key] = append(alike[key], r)
	}
	for _, runs := range alike {
		if len(runs) < 2 {
			continue
		}
		of := Repeated{Settings: map[string]string{}}
		for _, key := range c.Settings {
			if s, _ := Lookup(key); key == dataKey || !varies(s) {
				of.Settings[key] = s.Format(runs[0].config)
			}
		}
		for _, r := range runs {
			of.Runs = append(of.Runs, r.Run)
			of.RMSE += *r.RMSE / float64(len(runs))
		}
		squares := 0.0
		for _, r := range runs {
			squares += (*r.RMSE - of.RMSE) * (*r.RMSE - of.RMSE)
		}
		of.Spread = math.Sqrt(squares / float64(len(runs)-1))
		c.Repeated = append(c.Repeated, of)
	}
	slices.SortFunc(c.Repeated, func(a, b Repeated) int {
		return cmp.Or(cmp.Compare(a.RMSE, b.RMSE), cmp.Compare(a.Runs[0], b.Runs[0]))
	})
}

// varies reports whether repetitions of a run may differ in a setting; of data the
// fingerprint counts.
func varies(s Setting) bool {
	return s.Key == seedKey || s.Key == dataKey || s.Category == CategoryFolders
}
