package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// An Epoch is one row of metrics.csv.
type Epoch struct {
	Epoch int     `json:"epoch"` // from 1
	Step  int64   `json:"step"`  // steps taken at its end
	Loss  float64 `json:"loss"`  // mean over its training images
	// ValidationLoss and RMSE are over the rows held back, nil where there are
	// none.
	ValidationLoss  *float64 `json:"validation_loss,omitempty"`
	RMSE            *float64 `json:"rmse,omitempty"`
	LearningRate    float64  `json:"learning_rate"`     // of its last step
	ImagesPerSecond float64  `json:"images_per_second"` // training steps with their input, without validation
	DataWait        float64  `json:"data_wait"`         // share of the time spent waiting for images, 0 to 1
	Seconds         float64  `json:"seconds"`           // training clock of the run at its end
}

// A Step is one line of metrics.jsonl, which has those that are Kept.
type Step struct {
	Step         int64   `json:"step"`  // from 1
	Epoch        int     `json:"epoch"` // the running epoch, from 1
	Loss         float64 `json:"loss"`  // mean over the batch
	LearningRate float64 `json:"learning_rate"`
}

// Kept reports whether a step has a line in metrics.jsonl: each of the first 100,000,
// then every 10th, and from 1,000,000 on every 100th, so that the longest runs leave
// some 20 MB. It depends on the step alone, and so a resumed run has the same lines.
func Kept(step int64) bool {
	switch {
	case step <= 100_000:
		return true
	case step <= 1_000_000:
		return step%10 == 0
	}
	return step%100 == 0
}

// Metrics appends to the two files of a run's metrics. It serves one goroutine.
type Metrics struct {
	epochs, steps rows
	lastEpoch     int
	lastStep      int64
}

// OpenMetrics opens the metrics to be continued after a step: 0 in a new run,
// or that of the checkpoint from which a run resumes. Rows past that step, and a
// last line that was cut off, are dropped. Faults in the rows that are there
// are *galaxyzoo.DataError.
func (r *Run) OpenMetrics(afterStep int64) (*Metrics, error) {
	epochs, err := r.Epochs()
	if err != nil {
		return nil, err
	}
	steps, err := r.Steps()
	if err != nil {
		return nil, err
	}

	m := &Metrics{}
	csv := []byte(csvHeader())
	for _, e := range epochs {
		if e.Step <= afterStep {
			csv = e.appendCSV(csv)
			m.lastEpoch = e.Epoch
		}
	}
	var jsonl []byte
	for _, s := range steps {
		if s.Step <= afterStep {
			jsonl = s.appendJSON(jsonl)
			m.lastStep = s.Step
		}
	}
	if m.epochs, err = openRows(r.Path(MetricsCSV), csv); err != nil {
		return nil, err
	}
	if m.steps, err = openRows(r.Path(MetricsJSONL), jsonl); err != nil {
		return nil, errors.Join(err, m.epochs.file.Close())
	}
	return m, nil
}

// WriteEpoch appends a row to metrics.csv and waits until it is on the disk.
func (m *Metrics) WriteEpoch(e Epoch) error {
	if err := e.check(m.lastEpoch); err != nil {
		return fmt.Errorf("failed to write %s: %w", m.epochs.file.Name(), err)
	}
	if err := m.epochs.add(e.appendCSV(nil)); err != nil {
		return err
	}
	m.lastEpoch = e.Epoch
	return m.Sync()
}

// Sync waits until every row is on the disk, as a checkpoint does whose steps have to
// be there when it is resumed.
func (m *Metrics) Sync() error {
	return errors.Join(m.epochs.sync(), m.steps.sync())
}

// WriteStep appends a line to metrics.jsonl, where others can read it at once.
func (m *Metrics) WriteStep(s Step) error {
	if err := s.check(m.lastStep); err != nil {
		return fmt.Errorf("failed to write %s: %w", m.steps.file.Name(), err)
	}
	if err := m.steps.add(s.appendJSON(nil)); err != nil {
		return err
	}
	m.lastStep = s.Step
	return nil
}

// Close closes both files.
func (m *Metrics) Close() error {
	return errors.Join(m.epochs.file.Close(), m.steps.file.Close())
}

// rows is a file that grows by whole lines.
type rows struct {
	file *os.File
	size int64 // bytes of whole lines
}

// openRows replaces a file's content and opens it for more.
func openRows(path string, content []byte) (rows, error) {
	err := renameio.WriteFile(path, content, 0o644, renameio.WithTempDir(filepath.Dir(path)))
	if err != nil {
		return rows{}, fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return rows{}, fmt.Errorf("failed to open %s: %w", path, galaxyzoo.Reason(err))
	}
	return rows{f, int64(len(content))}, nil
}

// add writes a line in one piece. Where the disk takes only a part of it, that
// part is taken back.
func (r *rows) add(line []byte) error {
	if _, err := r.file.Write(line); err != nil {
		if back := r.file.Truncate(r.size); back != nil && !errors.Is(back, fs.ErrClosed) {
			err = errors.Join(err, back)
		}
		return fmt.Errorf("failed to write %s: %w", r.file.Name(), galaxyzoo.Reason(err))
	}
	r.size += int64(len(line))
	return nil
}

func (r *rows) sync() error {
	if err := r.file.Sync(); err != nil {
		return fmt.Errorf("failed to write %s: %w", r.file.Name(), galaxyzoo.Reason(err))
	}
	return nil
}
