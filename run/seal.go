package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// sealed are the files of a run, besides its samples, that Seal lists.
var sealed = []string{ConfigFile, InfoFile, MetricsCSV, MetricsJSONL, DivergedFile, "predictions/validation.csv"}

// Seal writes SumsFile into the folder of a run that has ended: of its own files, and
// not of its checkpoints and its model, which have lists of theirs. From then on their
// readers notice what was damaged, until Unseal.
func (r *Run) Seal() error {
	var names []string
	for _, name := range sealed {
		if _, err := os.Stat(r.Path(filepath.FromSlash(name))); err == nil {
			names = append(names, name)
		}
	}
	err := filepath.WalkDir(r.Samples(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(r.Dir, path)
		names = append(names, name)
		return err
	})
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = writeSums(r.Path(SumsFile), names)
	}
	if err != nil {
		return fmt.Errorf("failed to write the checksums of %s: %w", r.Dir, galaxyzoo.Reason(err))
	}
	return nil
}

// Unseal lets a run be changed that is resumed. Files that were damaged since it ended
// are a *galaxyzoo.DataError; one that is missing is none, and neither are samples,
// which nothing is made from, and the configuration, which the checkpoint vouches for.
// Only the holder of the run's lock may call it.
func (r *Run) Unseal() error {
	if err := r.unchanged(func(name string) bool { return name != ConfigFile && slices.Contains(sealed, name) }); err != nil {
		return err
	}
	if err := os.Remove(r.Path(SumsFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("failed to resume run %s: %w", r.Dir, galaxyzoo.Reason(err))
	}
	return nil
}

// Unchanged returns a *galaxyzoo.DataError where one of the run's own files, by its
// path, is not what it was when the run ended. Of a run that is going nothing is known.
func (r *Run) Unchanged(path string) error {
	wanted, err := filepath.Rel(r.Dir, path)
	if err != nil {
		return err
	}
	wanted = filepath.ToSlash(wanted)
	err = r.unchanged(func(name string) bool { return name == wanted })
	if _, gone := os.Lstat(r.Path(SumsFile)); err != nil && errors.Is(gone, fs.ErrNotExist) {
		return nil // it was resumed meanwhile
	}
	return err
}

// samplesUnchanged looks at all that is listed besides the sealed files.
func (r *Run) samplesUnchanged() error {
	sums, err := r.seal()
	if err != nil {
		return err
	}
	return verifySums(r.Path(SumsFile), slices.DeleteFunc(sums, func(s Sum) bool { return slices.Contains(sealed, s.Name) }))
}

// seal is the list of the run's own files, empty where there is none.
func (r *Run) seal() ([]Sum, error) {
	sums, err := readSums(r.Path(SumsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w; remove the list, and the files are read without it", err)
	}
	return sums, nil
}

func (r *Run) unchanged(looked func(name string) bool) error {
	sums, err := r.seal()
	if err != nil {
		return err
	}
	sums = slices.DeleteFunc(sums, func(s Sum) bool {
		_, missing := os.Lstat(r.Path(filepath.FromSlash(s.Name)))
		return !looked(s.Name) || errors.Is(missing, fs.ErrNotExist)
	})
	if err := verifySums(r.Path(SumsFile), sums); err != nil {
		return fmt.Errorf("%w; to go on without it, remove it", err)
	}
	return nil
}
