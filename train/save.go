package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/internal/scratch"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A saving is a checkpoint that is being written while training goes on.
type saving struct {
	state run.State
	best  bool
	asked bool
	done  chan error // has room for the one that comes
}

// save begins to write a checkpoint, which somebody may have asked for, and of which
// settle takes note, once that before it is written.
func (l *loop) save(best, asked bool) error {
	if err := l.settle(); err != nil {
		return err
	}
	if err := l.metrics.Sync(); err != nil { // a resume wants the steps before it
		return err
	}
	defer l.track.Start("snapshot").End()
	snapshot, err := l.trainer.Snapshot()
	if err != nil {
		return err
	}
	s := &saving{l.state, best, asked, make(chan error, 1)}
	l.saving = s
	go func() { s.done <- l.write(snapshot, s) }()
	return nil
}

// settle waits for the checkpoint that is being written, if one is, and tells of it.
func (l *loop) settle() error {
	s := l.saving
	if s == nil {
		return nil
	}
	l.saving = nil
	waiting := l.track.Start("wait for checkpoint")
	err := <-s.done
	waiting.End()
	var bad *graph.NotFiniteError
	switch {
	case errors.As(err, &bad):
		return l.divergedAfter(&s.state, run.Divergence{What: bad.Error(), Variables: bad.Variables})
	case err != nil:
		return err
	}
	l.info.Best, l.info.Seconds = s.state.Best, s.state.Seconds
	if err := l.run.WriteInfo(l.info); err != nil {
		return err
	}
	names := []string{run.Last}
	if s.best {
		names = []string{run.Best, run.Last}
	}
	for _, name := range names {
		l.options.Observe(CheckpointSaved{
			Event: "checkpoint", Name: name, Step: s.state.Step, Dir: l.run.Checkpoint(name), Asked: s.asked && name == run.Last,
		})
	}
	return nil
}

// settleIfDone is settle that does not wait.
func (l *loop) settleIfDone() error {
	if l.saving == nil || len(l.saving.done) == 0 {
		return nil
	}
	return l.settle()
}

// write writes the last checkpoint and, where it is also the best, that one
// before it: a run that is killed between the two comes back to the epoch
// before, and finds the same best one again.
func (l *loop) write(snapshot *graph.Snapshot, s *saving) error {
	defer l.options.Timeline.Track("checkpoints").Start("checkpoint").End()
	last := l.run.Checkpoint(run.Last)
	temporary, err := run.NewDir(last)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) // gone by then, unless something fails
	if err := snapshot.Save(temporary); err != nil {
		return err
	}
	if err := s.state.Write(temporary); err != nil {
		return err
	}
	if err := run.WriteSums(temporary); err != nil {
		return err
	}
	if s.best {
		if err := l.writeBest(temporary); err != nil {
			return err
		}
	}
	return run.ReplaceDir(temporary, last)
}

// writeBest makes the best checkpoint of a finished one: the same files under a
// second name, as no checkpoint's file is ever written to again.
func (l *loop) writeBest(finished string) error {
	best := l.run.Checkpoint(run.Best)
	temporary, err := run.NewDir(best)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	files, err := os.ReadDir(finished)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := linkOrCopy(filepath.Join(finished, f.Name()), filepath.Join(temporary, f.Name())); err != nil {
			return fmt.Errorf("failed to write checkpoint %q: %w", best, err)
		}
	}
	return run.ReplaceDir(temporary, best)
}

// linkOrCopy gives a file a second name, or copies it on a file system that
// knows none.
func linkOrCopy(from, to string) error {
	if err := os.Link(from, to); err == nil {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o666)
}

// goesOn adds what is left of the run to an error of which the machine is the cause: a
// disk that fails or is full, a file that was damaged.
func (l *loop) goesOn(err error) error {
	if _, is := errors.AsType[syscall.Errno](err); !is && !errors.Is(err, imageproc.ErrCropsChanged) {
		return err
	}
	state, stateErr := l.run.VerifiedState(run.Last)
	if stateErr != nil {
		return err
	}
	return errors.Join(err, fmt.Errorf("once that is mended, train --resume %s goes on from epoch %d, step %d", l.run.Dir, state.Epoch, state.Step))
}

// finish writes what a run leaves for use from its best checkpoint: the model
// and samples of what it learned.
func (l *loop) finish() error {
	defer l.track.Start("export").End()
	l.closeTrainer()
	c, err := readCheckpoint(l.run, run.Best, l.plan.Network, l.config, l.info)
	if err != nil {
		return err
	}
	temporary, err := run.NewDir(l.run.SavedModel())
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) // gone by then, unless something fails
	if _, err := c.write(temporary, false); err != nil {
		return err
	}
	if err := run.ReplaceDir(temporary, l.run.SavedModel()); err != nil {
		return err
	}
	l.last.SavedModel = l.run.SavedModel()
	return l.sampleLearned(c.weights)
}

// Export writes a SavedModel of a run's checkpoint, run.Best or run.Last, to the
// folder dir, which must not exist yet, and returns its signatures. A frozen one
// has no variables. An export that fails leaves nothing.
func Export(r *run.Run, name, dir string, frozen bool) ([]graph.Signature, error) {
	taken := &run.UsageError{Err: fmt.Errorf("%q exists already", dir), Hint: "name a new folder, or remove that one"}
	if _, err := os.Lstat(dir); err == nil {
		return nil, taken
	}
	config, err := r.Config()
	if err != nil {
		return nil, err
	}
	info, err := r.Info()
	if err != nil {
		return nil, err
	}
	network, err := Network(&config)
	if err != nil {
		return nil, err
	}
	c, err := readCheckpoint(r, name, network, &config, info)
	if err != nil {
		return nil, fmt.Errorf("failed to export %s: %w", r.Dir, err)
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(dir)), 0o777); err != nil {
		return nil, fmt.Errorf("failed to write %s: %w", dir, galaxyzoo.Reason(err))
	}
	made, err := scratch.Make(dir)
	if err != nil {
		return nil, fmt.Errorf("failed to write %s: %w", dir, galaxyzoo.Reason(err))
	}
	defer made.Remove() // gone by then, unless something fails
	signatures, err := c.write(made.Path, frozen)
	if err != nil {
		return nil, err
	}
	err = run.PlaceDir(made.Path, filepath.Clean(dir))
	if errors.Is(err, fs.ErrExist) { // another was faster
		return nil, taken
	}
	return signatures, err
}

// A checkpoint is one of a run's with all that is told of it.
type checkpoint struct {
	Name    string // run.Best or run.Last
	Network *graph.Network
	Config  *run.Config
	Info    *run.Info
	State   *run.State

	weights graph.Weights
}

func readCheckpoint(r *run.Run, name string, network *graph.Network, config *run.Config, info *run.Info) (*checkpoint, error) {
	c := &checkpoint{Name: name, Network: network, Config: config, Info: info}
	return c, run.Unreplaced(r.Checkpoint(name), func() (err error) {
		if c.State, err = r.VerifiedState(name); err != nil {
			return err
		}
		c.weights, err = graph.ReadWeights(network, r.Checkpoint(name))
		return err
	})
}

// write writes a SavedModel with its model card into an empty folder.
func (c *checkpoint) write(dir string, frozen bool) ([]graph.Signature, error) {
	cut := Preprocessing(c.Config)
	preprocessing, err := json.MarshalIndent(cut, "", "  ")
	if err != nil {
		return nil, err
	}
	signatures, err := graph.WriteSavedModel(dir, c.Network, c.weights, graph.Export{
		Preprocessing: append(preprocessing, '\n'), CentreCrop: cut.Width, CropSide: cut.CropSize(), Frozen: frozen,
	})
	if err != nil {
		return nil, err
	}
	text, err := card{c, frozen, signatures}.render()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, cardFile), text, 0o666); err != nil {
		return nil, fmt.Errorf("failed to write the model card: %w", err)
	}
	return signatures, run.WriteSums(dir, cardFile)
}
