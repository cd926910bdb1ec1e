package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// save writes the last checkpoint and, where it is also the best, that one
// before it: a run that is killed between the two comes back to the epoch
// before, and finds the same best one again.
func (l *loop) save(best bool) error {
	last := l.run.Checkpoint(run.Last)
	temporary, err := run.NewDir(last)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) // gone by then, unless something fails
	if err := l.trainer.Save(temporary); err != nil {
		return err
	}
	if err := l.state.Write(temporary); err != nil {
		return err
	}
	if best {
		if err := l.saveBest(temporary); err != nil {
			return err
		}
	}
	if err := run.ReplaceDir(temporary, last); err != nil {
		return err
	}
	l.options.Observe(CheckpointSaved{Event: "checkpoint", Name: run.Last, Step: l.state.Step, Dir: last})
	return nil
}

// saveBest makes the best checkpoint of a finished one: the same files under a
// second name, as no checkpoint's file is ever written to again.
func (l *loop) saveBest(finished string) error {
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
	if err := run.ReplaceDir(temporary, best); err != nil {
		return err
	}
	l.options.Observe(CheckpointSaved{Event: "checkpoint", Name: run.Best, Step: l.state.Step, Dir: best})
	return nil
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

// finish writes what a run leaves for use from its best checkpoint: the model
// and samples of what it learned.
func (l *loop) finish() error {
	weights, err := graph.ReadWeights(l.plan.Network, l.run.Checkpoint(run.Best))
	if err != nil {
		return err
	}
	if err := placeModel(l.run.SavedModel(), l.plan.Network, weights, l.config); err != nil {
		return err
	}
	l.last.SavedModel = l.run.SavedModel()
	return l.sampleLearned(weights)
}

// placeModel writes a SavedModel beside dir and moves it there.
func placeModel(dir string, network *graph.Network, weights graph.Weights, c *run.Config) error {
	cut := Preprocessing(c)
	preprocessing, err := json.MarshalIndent(cut, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := run.NewDir(dir)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) // gone by then, unless something fails
	if _, err := graph.WriteSavedModel(temporary, network, weights, graph.Export{
		Preprocessing: append(preprocessing, '\n'), CentreCrop: cut.Width,
	}); err != nil {
		return err
	}
	return run.ReplaceDir(temporary, dir)
}

// Export writes a SavedModel of a run's checkpoint, run.Best or run.Last, to the
// folder dir, which must not exist yet. An export that fails leaves nothing.
func Export(r *run.Run, checkpoint, dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		return &run.UsageError{Err: fmt.Errorf("%q exists already", dir), Hint: "name a new folder, or remove that one"}
	}
	config, err := r.Config()
	if err != nil {
		return err
	}
	network, err := Network(&config)
	if err != nil {
		return err
	}
	if _, err := run.ReadState(r.Checkpoint(checkpoint)); err != nil {
		return fmt.Errorf("failed to export %s: %w", r.Dir, err)
	}
	weights, err := graph.ReadWeights(network, r.Checkpoint(checkpoint))
	if err != nil {
		return err
	}
	return placeModel(dir, network, weights, &config)
}
