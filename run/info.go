package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Status says how far a run came.
type Status string

const (
	StatusRunning     Status = "running"
	StatusDone        Status = "done"
	StatusInterrupted Status = "interrupted"
	StatusFailed      Status = "failed"
)

// Info is run.json: what was run, by which versions, on what, and how it ended.
type Info struct {
	Command  []string `json:"command"` // as of PortableCommand
	Versions Versions `json:"versions"`
	Device   string   `json:"device"`
	Seed     uint64   `json:"seed"`
	Data     DataInfo `json:"data"`
	Network  string   `json:"network"`
	Weights  int64    `json:"weights"` // trainable numbers in the network

	InitFrom *InitSource `json:"init_from,omitempty"` // nil where all weights were drawn

	Status   Status    `json:"status"`
	ExitCode *int      `json:"exit_code,omitempty"` // nil while it is running
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"`
	Seconds  float64   `json:"seconds"` // spent training, over all resumes

	Best    *BestEpoch `json:"best,omitempty"` // nil before the first epoch ends
	Resumes []Resume   `json:"resumes,omitempty"`
}

// Versions are those of what a run was made with.
type Versions struct {
	TFGalaxy   string `json:"tfgalaxy"`
	Go         string `json:"go"`
	TensorFlow string `json:"tensorflow"`
}

// DataInfo is which data a run was trained on.
type DataInfo struct {
	Name        string `json:"name"`        // the folder, as of PortablePath, or "synthetic:N"
	Fingerprint string `json:"fingerprint"` // of galaxyzoo.Catalogue
	Training    int    `json:"training"`    // rows trained on
	Validation  int    `json:"validation"`  // rows held back
}

// InitSource is the run or model that a run's first weights came from.
type InitSource struct {
	Path   string `json:"path"`   // as of PortablePath
	Layers string `json:"layers"` // InitAll or InitBody
	Digest string `json:"digest"` // SHA-256 of the file that has the weights, or their checksums
	// Of the run that the weights are part of; empty where they are of none.
	Run     string `json:"run,omitempty"`
	Network string `json:"network,omitempty"`
	Data    string `json:"data,omitempty"` // fingerprint of what it was trained on
}

// BestEpoch is the epoch with the best score: the lowest RMSE on the rows held
// back or, where there are none, on rows that were trained on.
type BestEpoch struct {
	Epoch int      `json:"epoch"` // from 1
	Step  int64    `json:"step"`
	Loss  float64  `json:"loss"` // mean training loss of that epoch
	RMSE  *float64 `json:"rmse,omitempty"`
	// Questions is the RMSE over the answers of each question, and MeanVote that
	// of predicting these rows' mean vote for every one of them. Runs of earlier
	// versions have neither.
	Questions []float64 `json:"questions,omitempty"`
	MeanVote  *float64  `json:"mean_vote_rmse,omitempty"`
	// TrainingRMSE is that of the finished epoch's weights, in inference mode,
	// where no rows are held back.
	TrainingRMSE *float64 `json:"training_rmse,omitempty"`
}

// A Resume is one continuation of a run.
type Resume struct {
	At        time.Time `json:"at"`
	FromEpoch int       `json:"from_epoch"` // epochs completed before
	FromStep  int64     `json:"from_step"`
	Command   []string  `json:"command"`
}

// Info reads run.json. Errors about its content are *galaxyzoo.DataError.
func (r *Run) Info() (*Info, error) {
	info := &Info{}
	if err := r.Unchanged(r.Path(InfoFile)); err != nil {
		return nil, err
	}
	if err := readJSON(r.Path(InfoFile), info, false); err != nil {
		return nil, err
	}
	if err := info.check(); err != nil {
		return nil, &galaxyzoo.DataError{File: r.Path(InfoFile), Err: err}
	}
	return info, nil
}

// WriteInfo replaces run.json.
func (r *Run) WriteInfo(info *Info) error {
	if err := info.check(); err != nil {
		return fmt.Errorf("failed to write %s: %w", r.Path(InfoFile), err)
	}
	return writeJSON(r.Path(InfoFile), info)
}

func (i *Info) check() error {
	known := []Status{StatusRunning, StatusDone, StatusInterrupted, StatusFailed}
	if !slices.Contains(known, i.Status) {
		return fmt.Errorf("status = %q, want one of %q", i.Status, known)
	}
	if err := notNegative("seconds", i.Seconds); err != nil {
		return err
	}
	return i.Best.check()
}

func (b *BestEpoch) check() error {
	switch {
	case b == nil:
		return nil
	case b.Epoch < 1:
		return fmt.Errorf("best epoch = %d, want at least 1", b.Epoch)
	case b.Step < 0:
		return fmt.Errorf("best step = %d, want at least 0", b.Step)
	case len(b.Questions) != 0 && len(b.Questions) != galaxyzoo.NumQuestions:
		return fmt.Errorf("best questions: %d values, want %d", len(b.Questions), galaxyzoo.NumQuestions)
	}
	scores := []struct {
		name string
		rmse *float64
	}{{"best rmse", b.RMSE}, {"best mean_vote_rmse", b.MeanVote}, {"best training_rmse", b.TrainingRMSE}}
	for _, s := range scores {
		if s.rmse == nil {
			continue
		}
		if err := notNegative(s.name, *s.rmse); err != nil {
			return err
		}
	}
	for i, rmse := range b.Questions {
		if err := notNegative(fmt.Sprintf("best questions[%d]", i), rmse); err != nil {
			return err
		}
	}
	return finite("best loss", b.Loss)
}

func finite(name string, x float64) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Errorf("%s = %v, want a finite number", name, x)
	}
	return nil
}

func notNegative(name string, x float64) error {
	if x < 0 {
		return fmt.Errorf("%s = %v, want at least 0", name, x)
	}
	return finite(name, x)
}

// readJSON reads a file that holds one value. Where strict it refuses fields
// that it does not know.
func readJSON(path string, value any, strict bool) error {
	data, err := galaxyzoo.ReadText(path)
	if errors.Is(err, galaxyzoo.ErrTooLarge) {
		return &galaxyzoo.DataError{File: path, Err: err}
	}
	if err != nil {
		return fmt.Errorf("failed to read %s: %w", path, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if strict {
		decoder.DisallowUnknownFields()
	}
	err = decoder.Decode(value)
	if err == nil && len(bytes.TrimSpace(data[decoder.InputOffset():])) > 0 {
		err = fmt.Errorf("something follows the value")
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = fmt.Errorf("the file ends early")
	}
	if err != nil {
		return &galaxyzoo.DataError{File: path, Err: err}
	}
	return nil
}

// writeJSON replaces a file by one that holds the value.
func writeJSON(path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err == nil {
		err = renameio.WriteFile(path, append(data, '\n'), 0o644, renameio.WithTempDir(filepath.Dir(path)))
	}
	if err != nil {
		return fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	return nil
}
