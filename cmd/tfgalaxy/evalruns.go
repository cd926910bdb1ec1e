package main

import (
	"fmt"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// An evalRun is one that eval scores.
type evalRun struct {
	dir         string
	config      run.Config
	fingerprint string // of its data
	heldBack    []int  // in the catalogue; none where its data is other, or it held none back
}

func openEvalRun(dir string) (*evalRun, error) {
	r, err := run.Open(dir)
	if err != nil {
		return nil, err
	}
	config, err := r.Config()
	if err != nil {
		return nil, err
	}
	info, err := r.Info()
	if err != nil {
		return nil, err
	}
	return &evalRun{dir: r.Dir, config: config, fingerprint: info.Data.Fingerprint}, nil
}

// split names how the run's rows were held back.
func (r *evalRun) split() string {
	if r.config.Folds > 0 {
		return fmt.Sprintf("fold %d of %d, split-seed %d", r.config.Fold, r.config.Folds, r.config.SplitSeed)
	}
	return fmt.Sprintf("validation %g, split-seed %d", r.config.Validation, r.config.SplitSeed)
}

// ofRuns fills in what runs have to say: their models, the first one's data unless
// other data was named by a flag, and, where the data is their own, the rows that
// they held back.
func (t *evalTarget) ofRuns(dirs []string, rows string, otherData bool) error {
	var runs []*evalRun
	for _, dir := range dirs {
		r, err := openEvalRun(dir)
		if err != nil {
			return err
		}
		if slices.Contains(t.models, r.dir) {
			return &run.UsageError{Err: fmt.Errorf("--run %s is given twice", dir), Hint: "name each run once"}
		}
		runs = append(runs, r)
		t.models = append(t.models, r.dir)
	}
	data := runs[0].config.Data
	var err error
	if otherData { // a flag's, not the environment's, which says what to train on
		data = t.config.Data
		t.catalogue, err = train.OpenData(data)
	} else {
		t.catalogue, err = train.OpenRunData(runs[0].dir, &runs[0].config)
	}
	if err != nil {
		return err
	}
	t.positions = t.catalogue.All()
	fingerprint := t.catalogue.Fingerprint()
	held := 0 // runs with such rows
	for _, r := range runs {
		if r.fingerprint != fingerprint {
			continue
		}
		if _, r.heldBack, err = train.Rows(&r.config, t.catalogue.IDs()); err != nil {
			return err
		}
		if len(r.heldBack) > 0 {
			held++
		}
	}
	switch {
	case rows == rowsAll:
		return nil
	case held == 0 && rows == rowsValidation:
		return &run.UsageError{
			Err:  fmt.Errorf("--rows validation: %s held no rows of %s back", plural(len(runs), "the run", "the runs"), data),
			Hint: "--rows all scores every row",
		}
	case held == 0:
		return nil
	}
	t.rows = rowsValidation
	return t.ofHeldBack(runs, data)
}

// ofHeldBack chooses between an ensemble and a cross-validation.
func (t *evalTarget) ofHeldBack(runs []*evalRun, data string) error {
	first := runs[0]
	for _, r := range runs {
		if len(r.heldBack) == 0 {
			return &run.UsageError{
				Err:  fmt.Errorf("run %s held no rows of %s back, as another of these runs did", r.dir, data),
				Hint: "leave it out, or score an ensemble on every row by --rows all",
			}
		}
	}
	other := slices.IndexFunc(runs, func(r *evalRun) bool { return !slices.Equal(r.heldBack, first.heldBack) })
	if other < 0 {
		t.positions = first.heldBack
		return nil
	}
	t.of = first.config.Folds
	byFold := map[int]*evalRun{}
	for _, r := range runs {
		if r.config.Folds == 0 || r.config.Folds != t.of || r.config.SplitSeed != first.config.SplitSeed {
			if first.split() == r.split() { // then it is the first one that is no fold
				r = runs[other]
			}
			return &run.UsageError{
				Err:  fmt.Errorf("runs %s (%s) and %s (%s) held different rows back, and not as folds of one split", first.dir, first.split(), r.dir, r.split()),
				Hint: "name runs with the same rows, or the folds of one split",
			}
		}
		if before := byFold[r.config.Fold]; before != nil {
			return &run.UsageError{
				Err:  fmt.Errorf("runs %s and %s are both fold %d of %d, and another run is not", before.dir, r.dir, r.config.Fold, t.of),
				Hint: "name each fold once, or the runs of one fold alone",
			}
		}
		byFold[r.config.Fold] = r
		t.folds = append(t.folds, infer.Fold{Fold: r.config.Fold, Run: r.dir, Positions: r.heldBack})
	}
	slices.SortFunc(t.folds, func(a, b infer.Fold) int { return a.Fold - b.Fold })
	return nil
}
