package train

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph/tensorboard"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A board is a run's metrics that TensorBoard shows too: what goes to their
// files goes to an event file after them.
type board struct {
	metrics
	events *tensorboard.Writer
}

// openBoard lets the run's metrics go to an event file of this process too. It
// begins with the configuration and, of a new run, the picture of the first
// batch; that of a resumed run says first from which step on older files do not
// count.
func (l *loop) openBoard() error {
	name := tensorboard.FileName(l.info.Started, len(l.info.Resumes))
	events, err := tensorboard.Create(l.run.Path(name))
	if err != nil {
		return err
	}
	l.metrics = board{l.metrics, events}
	if l.plan.run != nil {
		if err := events.Resumed(l.state.Step + 1); err != nil {
			return err
		}
	}
	var settings bytes.Buffer
	if err := l.plan.Values.WriteYAML(&settings); err != nil {
		return err
	}
	if err := events.Text(l.state.Step, "configuration", verbatim(settings.Bytes())); err != nil {
		return err
	}
	if l.plan.run != nil {
		return nil
	}
	path := filepath.Join(l.run.Samples(), run.AugmentedSample)
	picture, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("failed to read %s: %w", path, galaxyzoo.Reason(err))
	}
	return events.Picture(0, "augmented", picture)
}

// verbatim is Markdown for a text as it is.
func verbatim(text []byte) string {
	var indented bytes.Buffer
	for line := range bytes.Lines(text) {
		indented.WriteString("    ")
		indented.Write(line)
	}
	return indented.String()
}

func (b board) WriteStep(s run.Step) error {
	if err := b.metrics.WriteStep(s); err != nil {
		return err
	}
	return b.events.Scalars(s.Step,
		tensorboard.Scalar{Tag: "loss", Value: s.Loss},
		tensorboard.Scalar{Tag: "learning_rate", Value: s.LearningRate})
}

func (b board) WriteEpoch(e run.Epoch) error {
	if err := b.metrics.WriteEpoch(e); err != nil {
		return err
	}
	scalars := []tensorboard.Scalar{{Tag: "train/loss", Value: e.Loss}}
	if e.RMSE != nil {
		scalars = append(scalars,
			tensorboard.Scalar{Tag: "validation/loss", Value: *e.ValidationLoss},
			tensorboard.Scalar{Tag: "validation/rmse", Value: *e.RMSE})
	}
	scalars = append(scalars,
		tensorboard.Scalar{Tag: "images_per_second", Value: e.ImagesPerSecond},
		tensorboard.Scalar{Tag: "data_wait", Value: e.DataWait})
	if err := b.events.Scalars(e.Step, scalars...); err != nil {
		return err
	}
	return b.events.Sync()
}

func (b board) Close() error { return errors.Join(b.metrics.Close(), b.events.Close()) }
