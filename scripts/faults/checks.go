package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// equals checks that a run is the undisturbed one.
func (w *training) equals(dir string) error { return sameRun(dir, w.run) }

// sameRun checks that a run is done and is, but for the time it took, another to the
// last byte.
func sameRun(dir, undisturbed string) error {
	r, whole := &run.Run{Dir: dir}, &run.Run{Dir: undisturbed}
	info, err := r.Info()
	if err != nil {
		return err
	}
	if info.Status != run.StatusDone || info.ExitCode == nil || *info.ExitCode != 0 {
		return fmt.Errorf("run.json says %s, not done with exit code 0", info.Status)
	}
	if err := sameEpochs(dir, undisturbed); err != nil {
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

// speedColumns of metrics.csv differ from run to run.
var speedColumns = []string{"images_per_second", "data_wait", "seconds"}

// sameEpochs compares metrics.csv, but for its times and speeds.
func sameEpochs(dir, whole string) error {
	got, err1 := epochTable(dir)
	want, err2 := epochTable(whole)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		return fmt.Errorf("metrics.csv has the rows\n%v\nand undisturbed\n%v", got, want)
	}
	return nil
}

// epochTable reads metrics.csv without the columns of speed.
func epochTable(dir string) ([][]string, error) {
	f, err := os.Open(filepath.Join(dir, "metrics.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, errors.Join(errors.New("metrics.csv is empty"), err)
	}
	keep := make([]bool, len(rows[0]))
	for i, name := range rows[0] {
		keep[i] = !slices.Contains(speedColumns, name)
	}
	for i, row := range rows {
		var kept []string
		for c, cell := range row {
			if keep[c] {
				kept = append(kept, cell)
			}
		}
		rows[i] = kept
	}
	return rows, nil
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
