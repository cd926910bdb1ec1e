package run

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// WritePredictions replaces predictions/validation.csv: the best weights' votes
// on the rows held back, each from 0 to 1.
func (r *Run) WritePredictions(l *galaxyzoo.Labels) error {
	path := r.Predictions()
	if err := checkPredictions(l); err != nil {
		return fmt.Errorf("failed to write %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	if err := writeLabels(path, l); err != nil {
		return fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	return nil
}

func writeLabels(path string, l *galaxyzoo.Labels) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup() //nolint:errcheck // does nothing once the file is in place
	w := bufio.NewWriter(f)
	if err := l.Write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

func checkPredictions(l *galaxyzoo.Labels) error {
	if len(l.IDs) != len(l.Votes) {
		return fmt.Errorf("%d ids and %d rows of votes", len(l.IDs), len(l.Votes))
	}
	for i := range l.Votes {
		for c, x := range l.Votes[i] {
			if !(x >= 0 && x <= 1) {
				return fmt.Errorf("galaxy %d: %s = %v, want 0 to 1", l.IDs[i], galaxyzoo.Answers[c].Class(), x)
			}
		}
	}
	return nil
}

// ReadPredictions reads predictions/validation.csv. Errors about its content
// are *galaxyzoo.DataError.
func (r *Run) ReadPredictions() (*galaxyzoo.Labels, error) {
	if err := r.Unchanged(r.Predictions()); err != nil {
		return nil, err
	}
	f, err := os.Open(r.Predictions())
	if err != nil {
		return nil, fmt.Errorf("failed to read %s: %w", r.Predictions(), galaxyzoo.Reason(err))
	}
	defer f.Close()
	return galaxyzoo.ParsePredictions(f, r.Predictions())
}
