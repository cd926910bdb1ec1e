package run

import (
	"fmt"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// State is state.json in a checkpoint: where in the run the weights beside it
// were, and what a resume has to agree with. All random choices of training
// follow from the seed, the epoch and the batch, so that no generator is kept.
type State struct {
	Step  int64 `json:"step"`  // steps taken
	Epoch int   `json:"epoch"` // epochs completed
	Batch int   `json:"batch"` // batches done in the running epoch

	// The running epoch's loss so far: the sum over images, and how many.
	LossSum    float64 `json:"loss_sum"`
	LossImages int64   `json:"loss_images"`

	LearningRate    float64    `json:"learning_rate"`     // of the last step
	Best            *BestEpoch `json:"best,omitempty"`    // nil before the first epoch ends
	EpochsSinceBest int        `json:"epochs_since_best"` // what patience counts
	Seconds         float64    `json:"seconds"`           // training clock

	Network       string  `json:"network"`
	NetworkDigest string  `json:"network_digest"` // of its layers and their settings
	Data          string  `json:"data"`           // fingerprint of the catalogue
	Seed          uint64  `json:"seed"`
	SplitSeed     uint64  `json:"split_seed"`
	Validation    float64 `json:"validation"` // share of the rows held back

	// Settings are those that no resume may change; runs of earlier versions have none.
	Settings map[string]string `json:"settings,omitempty"`
}

// ReadState reads state.json of the checkpoint in a folder. Errors about its
// content are *galaxyzoo.DataError.
func ReadState(dir string) (*State, error) {
	path := filepath.Join(dir, StateFile)
	s := &State{}
	if err := readJSON(path, s, true); err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, &galaxyzoo.DataError{File: path, Err: err}
	}
	return s, nil
}

// Write writes state.json into a folder.
func (s *State) Write(dir string) error {
	path := filepath.Join(dir, StateFile)
	if err := s.Check(); err != nil {
		return fmt.Errorf("failed to write %s: %w", path, err)
	}
	return writeJSON(path, s)
}

// Check returns an error that names the first value that no run can have.
func (s *State) Check() error {
	counts := []struct {
		name  string
		value int64
	}{
		{"step", s.Step},
		{"epoch", int64(s.Epoch)},
		{"batch", int64(s.Batch)},
		{"loss_images", s.LossImages},
		{"epochs_since_best", int64(s.EpochsSinceBest)},
	}
	for _, c := range counts {
		if c.value < 0 {
			return fmt.Errorf("%s = %d, want at least 0", c.name, c.value)
		}
	}
	if int64(s.Batch) > s.Step {
		return fmt.Errorf("batch = %d, want at most step = %d", s.Batch, s.Step)
	}
	if err := finite("loss_sum", s.LossSum); err != nil {
		return err
	}
	if err := notNegative("learning_rate", s.LearningRate); err != nil {
		return err
	}
	if err := notNegative("seconds", s.Seconds); err != nil {
		return err
	}
	if !(s.Validation >= 0 && s.Validation < 1) {
		return fmt.Errorf("validation = %v, want a share from 0 to below 1", s.Validation)
	}
	if s.Network == "" || s.NetworkDigest == "" {
		return fmt.Errorf("network and network_digest must not be empty")
	}
	if s.Best != nil && s.Best.Epoch > s.Epoch {
		return fmt.Errorf("best epoch = %d, want at most epoch = %d", s.Best.Epoch, s.Epoch)
	}
	return s.Best.check()
}
