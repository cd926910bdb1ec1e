package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph/tensorboard"
	"github.com/tfgalaxy/tfgalaxy/graph/tensorboard/boardtest"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A point is a number that TensorBoard shows.
type point struct {
	tag   string
	step  int64
	value float32
}

// A shown run is what TensorBoard makes of a run's event files: it reads them in
// the order of their names and, where one begins with the start of a session,
// forgets what it has of that step and of later ones.
type shown struct {
	files          int
	points         []point
	starts         []int64
	configurations []string
	pictures       [][]byte
}

func readBoard(t *testing.T, dir string) shown {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*tfevents*"))
	if err != nil {
		t.Fatal(err)
	}
	s := shown{files: len(files)}
	for _, file := range files {
		for _, e := range boardtest.Read(t, file) {
			if e.GetSessionLog() != nil {
				s.starts = append(s.starts, e.Step)
				s.points = slices.DeleteFunc(s.points, func(p point) bool { return p.step >= e.Step })
			}
			for _, v := range e.GetSummary().GetValue() {
				switch {
				case v.GetImage() != nil:
					s.pictures = append(s.pictures, v.GetImage().EncodedImageString)
				case v.GetTensor() != nil:
					s.configurations = append(s.configurations, string(v.GetTensor().StringVal[0]))
				default:
					s.points = append(s.points, point{v.Tag, e.Step, v.GetSimpleValue()})
				}
			}
		}
	}
	return s
}

// pointsOf are the numbers of a run's metrics in the order of their writing.
func pointsOf(t *testing.T, dir string) []point {
	t.Helper()
	r := &run.Run{Dir: dir}
	steps, err1 := r.Steps()
	epochs, err2 := r.Epochs()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	var points []point
	for _, s := range steps {
		points = append(points, point{"loss", s.Step, float32(s.Loss)}, point{"learning_rate", s.Step, float32(s.LearningRate)})
		if len(epochs) == 0 || epochs[0].Step != s.Step {
			continue
		}
		e := epochs[0]
		epochs = epochs[1:]
		points = append(points, point{"train/loss", e.Step, float32(e.Loss)})
		if e.RMSE != nil {
			points = append(points, point{"validation/loss", e.Step, float32(*e.ValidationLoss)}, point{"validation/rmse", e.Step, float32(*e.RMSE)})
		}
		points = append(points, point{"images_per_second", e.Step, float32(e.ImagesPerSecond)}, point{"data_wait", e.Step, float32(e.DataWait)})
	}
	return points
}

// What TensorBoard shows is what the metrics hold, of a run that was stopped
// within an epoch, whose process went on past its checkpoint, and that was
// resumed.
func TestTensorBoard(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stopped, err := trainNew(t, ctx, func(e Event) {
		if s, ok := e.(Stepped); ok && s.Step.Step == 4 {
			stop()
		}
	}, "epochs", "3", "tensorboard", "true")
	if !errors.Is(err, ErrInterrupted) {
		t.Fatalf("%v, want an interruption after step 4", err)
	}
	first := readBoard(t, stopped.Run)
	if want := pointsOf(t, stopped.Run); first.files != 1 || len(first.starts) != 0 || !slices.Equal(first.points, want) {
		t.Errorf("stopped: shown %+v\nwant one file with %v", first, want)
	}
	picture, err := os.ReadFile(filepath.Join(stopped.Run, "samples", "augmented.png"))
	if err != nil {
		t.Fatal(err)
	}
	if len(first.pictures) != 1 || !bytes.Equal(first.pictures[0], picture) {
		t.Errorf("%d pictures, want one: samples/augmented.png", len(first.pictures))
	}
	config, err := os.ReadFile(filepath.Join(stopped.Run, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(first.configurations) != 1 || strings.ReplaceAll("\n"+first.configurations[0], "\n    ", "\n") != "\n"+string(config) {
		t.Errorf("configurations %q, want one, of the lines of config.yaml", first.configurations)
	}

	// What a process leaves that goes on past its checkpoint and is killed.
	files, err := filepath.Glob(filepath.Join(stopped.Run, "*tfevents*"))
	if err != nil {
		t.Fatal(err)
	}
	killed, err := tensorboard.Create(files[0] + ".killed")
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		killed.Scalars(5, tensorboard.Scalar{Tag: "loss", Value: 9}),
		killed.Scalars(6, tensorboard.Scalar{Tag: "train/loss", Value: 9}))
	if err := errors.Join(err, killed.Close()); err != nil {
		t.Fatal(err)
	}

	if _, err := resume(t, stopped.Run); err != nil {
		t.Fatal(err)
	}
	whole := readBoard(t, stopped.Run)
	if want := pointsOf(t, stopped.Run); whole.files != 3 || !slices.Equal(whole.points, want) {
		t.Errorf("resumed: shown %+v\nwant three files with %v", whole, want)
	}
	if !slices.Equal(whole.starts, []int64{5}) || len(whole.pictures) != 1 || len(whole.configurations) != 2 {
		t.Errorf("resumed: sessions start at %v, %d pictures, %d configurations; want 5, 1 and 2", whole.starts, len(whole.pictures), len(whole.configurations))
	}
}

// A run that was begun without an event file may be resumed with one, which has
// no numbers from before it. One that is not asked for is not written.
func TestTensorBoardFromResume(t *testing.T) {
	ended, err := trainNew(t, t.Context(), nil, "epochs", "1", "validation", "0")
	if err != nil {
		t.Fatal(err)
	}
	if s := readBoard(t, ended.Run); s.files != 0 {
		t.Errorf("%d event files, want none", s.files)
	}
	before := len(pointsOf(t, ended.Run))
	if _, err := resume(t, ended.Run, run.Assignment{Key: "epochs", Value: "2"}, run.Assignment{Key: "tensorboard", Value: "true"}); err != nil {
		t.Fatal(err)
	}
	s := readBoard(t, ended.Run)
	if want := pointsOf(t, ended.Run)[before:]; s.files != 1 || len(want) == 0 || !slices.Equal(s.points, want) {
		t.Errorf("shown %+v\nwant one file with %v", s, want)
	}
}

// A fault in writing events ends the run as one in writing metrics does, and the
// row is in the metrics all the same.
func TestTensorBoardErrors(t *testing.T) {
	r, err := run.CreateAt(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.OpenMetrics(0)
	if err != nil {
		t.Fatal(err)
	}
	path := r.Path("events")
	events, err := tensorboard.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b := board{m, events}
	if err := events.Close(); err != nil {
		t.Fatal(err)
	}
	want := "failed to write " + path + ": file already closed"
	if err := b.WriteStep(run.Step{Step: 1, Epoch: 1, Loss: 1}); err == nil || err.Error() != want {
		t.Errorf("step: error = %v, want %s", err, want)
	}
	if err := b.WriteEpoch(run.Epoch{Epoch: 1, Step: 1, Loss: 1}); err == nil || err.Error() != want {
		t.Errorf("epoch: error = %v, want %s", err, want)
	}
	if points := pointsOf(t, r.Dir); len(points) != 5 {
		t.Errorf("metrics hold %v, want those of a step and an epoch", points)
	}
	if err := b.Close(); err == nil || err.Error() != want {
		t.Errorf("close: error = %v, want %s", err, want)
	}
	if err := m.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the metrics were left open: %v", err)
	}
}
