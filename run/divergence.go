package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Divergence is diverged.json: what is known of the step at which a run's numbers
// were no longer numbers. A resumed run removes it.
type Divergence struct {
	What         string   `json:"what"`           // "the loss is NaN"
	Step         int64    `json:"step"`           // from 1
	Epoch        int      `json:"epoch"`          // from 1
	LearningRate float64  `json:"learning_rate"`  // of the step
	Loss         *float64 `json:"loss,omitempty"` // of the step, where it is finite
	// Variables are those whose values, gradients or batch statistics are not finite.
	Variables []string `json:"variables,omitempty"`
	// Galaxies are the ids of the step's images or, where the votes on rows held back
	// are not finite, of those.
	Galaxies []int64 `json:"galaxies,omitempty"`
}

// WriteDivergence writes diverged.json.
func (r *Run) WriteDivergence(d *Divergence) error { return writeJSON(r.Path(DivergedFile), d) }

// Divergence reads diverged.json. One that is not there gives fs.ErrNotExist; errors
// about its content are *galaxyzoo.DataError.
func (r *Run) Divergence() (*Divergence, error) {
	d := &Divergence{}
	if err := readJSON(r.Path(DivergedFile), d, false); err != nil {
		return nil, err
	}
	return d, r.Unchanged(r.Path(DivergedFile))
}

// RemoveDivergence removes diverged.json, if it is there.
func (r *Run) RemoveDivergence() error {
	if err := os.Remove(r.Path(DivergedFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("failed to remove %s: %w", r.Path(DivergedFile), galaxyzoo.Reason(err))
	}
	return nil
}
