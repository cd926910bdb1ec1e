package imageproc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockPoll is how often a process looks whether another has finished building.
const lockPoll = 50 * time.Millisecond

// errLocked is returned where another process holds the lock.
var errLocked = errors.New("in use by another process")

// lockFile opens the file at path, creating it where it is missing, and locks
// it for as long as it is open. The lock of a process that is killed ends with
// it, so whoever holds the lock owns the file, and what it finds in it is
// rubbish.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := tryLock(path, os.O_CREATE)
		if !errors.Is(err, errLocked) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lockPoll):
		}
	}
}

// tryLock is lockFile without waiting.
func tryLock(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|flags, 0o666)
	if err != nil {
		return nil, fmt.Errorf("failed to open temporary file: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK), errors.Is(err, unix.EINTR):
		f.Close()
		return nil, errLocked
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("failed to lock %s (does its file system support locks?): %w", path, err)
	}
	// Between opening and locking, the previous owner may have renamed or
	// removed the file: the lock would be on what is no longer at path.
	held, err := f.Stat()
	if err == nil {
		var there os.FileInfo
		if there, err = os.Stat(path); err == nil && os.SameFile(held, there) {
			return f, nil
		}
	}
	f.Close()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("failed to lock %s: %w", path, err)
	}
	return nil, errLocked
}

// removeStale removes the temporary files that killed processes have left in
// dir. Those of live ones are locked.
func removeStale(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // what is wrong with dir shows in opening a file in it
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, cachePrefix) || !strings.HasSuffix(name, temporarySuffix) {
			continue
		}
		path := filepath.Join(dir, name)
		if f, err := tryLock(path, 0); err == nil {
			os.Remove(path)
			f.Close()
		}
	}
}
