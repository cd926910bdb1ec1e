// Package scratch makes folders that get their name once they are whole, and
// removes what processes that were killed have left of folders and files.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// A Folder grows beside its place, under a name of its own, ".NAME-" and 20 digits. It
// is locked while its process lives.
type Folder struct {
	Path  string // of what is to be filled
	final string
	lock  *os.File
}

// Make makes an empty folder that is to become final, in the folder that final
// will be in. What killed processes have left of the same is removed.
func Make(final string) (*Folder, error) {
	final = filepath.Clean(final)
	removeAbandoned(final)
	for {
		path := filepath.Join(filepath.Dir(final), fmt.Sprintf("%s%020d", prefix(final), rand.Uint64()))
		if err := os.Mkdir(path, 0o777); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		f := &Folder{Path: path, final: final}
		var err error
		if f.lock, err = os.Open(path); errors.Is(err, fs.ErrNotExist) {
			continue // another took it for an abandoned one before it was locked
		} else if err != nil {
			return nil, errors.Join(err, os.Remove(path))
		}
		if err := lock(f.lock); errors.Is(err, unix.EWOULDBLOCK) {
			f.lock.Close()
			continue
		}
		if _, err := os.Lstat(path); err == nil {
			return f, nil
		}
		f.lock.Close()
	}
}

// Place gives the folder its name, at which nothing may be.
func (f *Folder) Place() error { return os.Rename(f.Path, f.final) }

// Remove ends the folder, unless it is in its place.
func (f *Folder) Remove() error { return errors.Join(os.RemoveAll(f.Path), f.lock.Close()) }

func prefix(final string) string { return "." + strings.TrimPrefix(filepath.Base(final), ".") + "-" }

// lock fails with EWOULDBLOCK where another process has the folder. Some file
// systems lock no folders; there nothing is removed that is abandoned.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

func removeAbandoned(final string) {
	for _, path := range numbered(filepath.Dir(final), prefix(final), folderDigits) {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		if info, err := f.Stat(); err == nil && info.IsDir() && lock(f) == nil {
			os.RemoveAll(path) //nolint:errcheck // as in RemoveFiles
		}
		f.Close()
	}
}

// RemoveFiles removes what processes that were killed have left of files in a
// folder, which package renameio was writing: ".NAME1234". Whoever calls it knows
// that nobody is writing them now.
func RemoveFiles(dir string, names ...string) {
	for _, name := range names {
		for _, path := range numbered(dir, "."+name, fileDigits) {
			if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
				os.Remove(path) //nolint:errcheck // it is nobody's, and in nobody's way
			}
		}
	}
}

// The numbers in names of folders, which nobody else gives, and of renameio's files.
var (
	folderDigits = regexp.MustCompile(`^[0-9]{20}$`)
	fileDigits   = regexp.MustCompile(`^[0-9]+$`)
)

// numbered lists the names in a folder that are a prefix and such a number.
func numbered(dir, prefix string, digits *regexp.Regexp) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // what is wrong with it shows in writing to it
	}
	var paths []string
	for _, e := range entries {
		if rest, is := strings.CutPrefix(e.Name(), prefix); is && digits.MatchString(rest) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}
