package train

import (
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// Rows divides galaxies, named by their ids, into the rows that a run trains on
// and those that it holds back, as positions in ids: by galaxyzoo.Fold where the
// run is one of the folds of a cross-validation, else by galaxyzoo.Split. Errors
// are *run.UsageError.
func Rows(c *run.Config, ids []int64) (training, heldBack []int, err error) {
	if err := checkFolds(c); err != nil {
		return nil, nil, err
	}
	if c.Folds > len(ids) {
		return nil, nil, &run.UsageError{
			Err:  fmt.Errorf("--folds %d of %d galaxies", c.Folds, len(ids)),
			Hint: fmt.Sprintf("--folds %d holds one galaxy back at a time", len(ids)),
		}
	}
	if c.Folds > 0 {
		training, heldBack = galaxyzoo.Fold(ids, c.Folds, c.Fold, c.SplitSeed)
	} else {
		training, heldBack = galaxyzoo.Split(ids, c.Validation, c.SplitSeed)
	}
	return training, heldBack, nil
}

// HeldBackShare is the share of the rows that a run holds back, 0 to below 1: what
// was asked for, from which Rows may be off by chance or by what is left over.
func HeldBackShare(c *run.Config) float64 {
	if c.Folds > 0 {
		return 1 / float64(c.Folds)
	}
	return c.Validation
}

// checkFolds is the part of Rows that wants no data.
func checkFolds(c *run.Config) error {
	switch {
	case c.Folds == 1:
		return &run.UsageError{
			Err:  fmt.Errorf("--folds 1 holds all rows back and trains on none"),
			Hint: "want 2 folds or more, or 0 and a share by --validation",
		}
	case c.Folds > 0 && c.Fold > c.Folds:
		return &run.UsageError{
			Err:  fmt.Errorf("--fold %d of --folds %d", c.Fold, c.Folds),
			Hint: fmt.Sprintf("--fold counts from 1 to %d", c.Folds),
		}
	}
	return nil
}
