package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Suffixes of what lies beside a folder while it is being replaced.
const (
	unfinishedSuffix = ".new"
	replacedSuffix   = ".old"
)

// NewDir makes an empty folder beside final, to be filled and handed to
// ReplaceDir. One left by a run that was killed is removed first. Only the
// holder of the run's lock may call it.
func NewDir(final string) (string, error) {
	dir := final + unfinishedSuffix
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("failed to make folder %s: %w", dir, galaxyzoo.Reason(err))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("failed to make folder %s: %w", dir, galaxyzoo.Reason(err))
	}
	return dir, nil
}

// ReplaceDir moves a finished folder to its final name, in the place of the one
// that may be there. Whenever it is interrupted, a whole one lies under final
// or RecoverDir brings it back; once it returns, the new one is on the disk.
// Both have to be on one file system.
func ReplaceDir(temporary, final string) error {
	if err := replaceDir(temporary, final, exchange); err != nil {
		return fmt.Errorf("failed to replace %s: %w", final, galaxyzoo.Reason(err))
	}
	return nil
}

func replaceDir(temporary, final string, exchange func(a, b string) (bool, error)) error {
	// A rename may reach the disk before the content of what it names.
	if err := syncTree(temporary); err != nil {
		return err
	}
	if _, err := os.Lstat(final); errors.Is(err, fs.ErrNotExist) {
		return place(temporary, final)
	} else if err != nil {
		return err
	}

	exchanged, err := exchange(temporary, final)
	if err != nil {
		return err
	}
	old := temporary
	if !exchanged {
		if old, err = renameAside(temporary, final); err != nil {
			return err
		}
	}
	if err := syncParents(temporary, final); err != nil {
		return err
	}
	return os.RemoveAll(old)
}

// PlaceDir is ReplaceDir for a name at which nothing is: where another process has
// put something there meanwhile, it returns an error.
func PlaceDir(temporary, final string) error {
	err := syncTree(temporary)
	if err == nil {
		err = place(temporary, final)
	}
	if err != nil {
		return fmt.Errorf("failed to write %s: %w", final, galaxyzoo.Reason(err))
	}
	return nil
}

func place(temporary, final string) error {
	if err := os.Rename(temporary, final); err != nil {
		return err
	}
	return syncParents(temporary, final)
}

// renameAside replaces final in two renames, between which only old is whole.
func renameAside(temporary, final string) (old string, err error) {
	old = final + replacedSuffix
	if err := os.RemoveAll(old); err != nil {
		return "", err
	}
	if err := os.Rename(final, old); err != nil {
		return "", err
	}
	if err := os.Rename(temporary, final); err != nil {
		return "", errors.Join(err, os.Rename(old, final))
	}
	return old, nil
}

// RecoverDir brings a folder back that was being replaced when its run was
// killed, and removes what that left beside it. Only the holder of the run's
// lock may call it.
func RecoverDir(final string) error {
	old := final + replacedSuffix
	_, err := os.Lstat(final)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.Rename(old, final); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("failed to recover %s: %w", final, galaxyzoo.Reason(err))
		}
	case err != nil:
		return fmt.Errorf("failed to recover %s: %w", final, galaxyzoo.Reason(err))
	}
	for _, left := range []string{old, final + unfinishedSuffix} {
		if err := os.RemoveAll(left); err != nil {
			return fmt.Errorf("failed to remove %s: %w", left, galaxyzoo.Reason(err))
		}
	}
	return nil
}

// syncTree waits until a folder with all that it holds is on the disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !(d.IsDir() || d.Type().IsRegular()) {
			return err
		}
		return syncPath(path)
	})
}

// syncParents waits until the names of both are on the disk.
func syncParents(a, b string) error {
	a, b = filepath.Dir(a), filepath.Dir(b)
	if err := syncPath(b); err != nil || a == b {
		return err
	}
	return syncPath(a)
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
