package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// realFullDisk trains on a small disk that another program fills at a drawn moment, and
// goes on once that has taken its file away.
func realFullDisk(t *trial) error {
	small := filepath.Join(t.dir, "disk")
	if err := os.Mkdir(small, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=64m"); err != nil {
		return &skipError{fmt.Sprintf("a small disk cannot be mounted: %v", err)}
	}
	defer unix.Unmount(small, unix.MNT_DETACH) //nolint:errcheck // it goes with the machine
	inside := *t
	inside.dir = small
	fill := func(dir string) error {
		f, err := os.Create(filepath.Join(dir, "filler"))
		if err != nil {
			return err
		}
		defer f.Close()
		for block := bytes.Repeat([]byte{1}, 1<<12); err == nil; {
			_, err = f.Write(block)
		}
		return nil
	}
	return inside.meanwhile(fill, func(_ *trial, e *ended) error {
		if err := os.Remove(filepath.Join(small, "filler")); err != nil && !os.IsNotExist(err) {
			return err
		}
		if e.code == 0 {
			return inside.equalsReference()
		}
		if err := tellsOf(e, unix.ENOSPC, small); err != nil {
			return fmt.Errorf("%w: %w", err, e)
		}
		if err := inside.verifyIfThere(); err != nil {
			return err
		}
		if e := t.run(t, inside.trainAgain(small)...); e.code != 0 {
			return fmt.Errorf("it did not go on: %w", e)
		}
		return inside.equalsReference()
	})
}
