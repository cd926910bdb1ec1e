package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// whereRun tells how far a run says that it came.
func whereRun(dir string) (*run.Info, *run.State, error) {
	r := &run.Run{Dir: dir}
	info, err := r.Info()
	if err != nil {
		return nil, nil, err
	}
	state, err := run.ReadState(r.Checkpoint(run.Last))
	return info, state, err
}

// equals checks that a run is done and is, but for the time it took, the
// undisturbed one to the last byte.
func (w *training) equals(dir string) error {
	r, whole := &run.Run{Dir: dir}, &run.Run{Dir: w.run}
	info, err := r.Info()
	if err != nil {
		return err
	}
	if info.Status != run.StatusDone || info.ExitCode == nil || *info.ExitCode != 0 {
		return fmt.Errorf("run.json says %s, not done with exit code 0", info.Status)
	}
	if err := sameEpochs(r, whole); err != nil {
		return err
	}
	for _, name := range []string{
		run.MetricsJSONL, "predictions", "samples", // a line of metrics.jsonl has no time
		"checkpoints/best/variables.index", "checkpoints/best/variables.data-00000-of-00001",
		"checkpoints/last/variables.index", "checkpoints/last/variables.data-00000-of-00001",
	} {
		if err := sameTree(r.Path(name), whole.Path(name)); err != nil {
			return err
		}
	}
	for _, name := range []string{run.Last, run.Best} {
		if _, err := run.VerifySums(r.Checkpoint(name)); err != nil {
			return err
		}
	}
	return errors.Join(sameModel(r.SavedModel(), whole.SavedModel()), leftovers(dir))
}

// sameModel checks that a SavedModel is whole, and has the weights of another. Two
// files of one graph may differ: TensorFlow orders parts of it as it pleases.
func sameModel(got, want string) error {
	listed, err := run.VerifySums(got)
	if err == nil && !listed {
		err = fmt.Errorf("%s has no checksums", got)
	}
	if err != nil {
		return err
	}
	for _, name := range []string{"variables", "assets.extra"} {
		if err := sameTree(filepath.Join(got, name), filepath.Join(want, name)); err != nil {
			return err
		}
	}
	return nil
}

// sameEpochs compares metrics.csv, but for its times and speeds.
func sameEpochs(r, whole *run.Run) error {
	rows, err := r.Epochs()
	if err != nil {
		return err
	}
	want, err := whole.Epochs()
	if err != nil {
		return err
	}
	text := func(rows []run.Epoch) string {
		var b strings.Builder
		for _, e := range rows {
			fmt.Fprintln(&b, e.Epoch, e.Step, e.Loss, *e.ValidationLoss, *e.RMSE, e.LearningRate)
		}
		return b.String()
	}
	if got, want := text(rows), text(want); got != want {
		return fmt.Errorf("metrics.csv has the rows\n%sand undisturbed\n%s", got, want)
	}
	return nil
}

// sameTree compares two files, or folders with all that is in them.
func sameTree(got, want string) error {
	var names []string
	for _, root := range []string{got, want} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				names = append(names, strings.TrimPrefix(path, root))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, name := range names {
		a, errA := os.ReadFile(got + name)
		b, errB := os.ReadFile(want + name)
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%s differs from that of the undisturbed run", got+name)
		}
	}
	return nil
}

// temporary are the names of what should be there for a moment only.
var temporary = regexp.MustCompile(`^\.|^lock$|\.(new|old|tmp|partial)$`)

// leftovers names what attacks have left in a folder that should not be there.
func leftovers(dir string) error {
	var left []error
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && path != dir && temporary.MatchString(entry.Name()) {
			left = append(left, fmt.Errorf("%s is left behind", path))
		}
		return err
	})
	return errors.Join(append(left, err)...)
}

// A want is what a process must end with.
func (e *ended) want(code int, said string) error {
	if e.code != code || !strings.Contains(e.errors, said) {
		return fmt.Errorf("want exit code %d and %q: %w", code, said, e)
	}
	return nil
}
