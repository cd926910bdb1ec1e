package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/scratch"
)

// A Holder is the process that has a run locked.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// A LockedError reports that another process is working on a run.
type LockedError struct {
	Dir    string
	Holder Holder // zero where it could not be read
}

func (e *LockedError) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("run %s is in use by another process", e.Dir)
	}
	return fmt.Sprintf("run %s is in use by process %d on %s since %s",
		e.Dir, e.Holder.PID, e.Holder.Host, e.Holder.Since.Format(time.DateTime))
}

// A Lock keeps others from working on a run. It ends with Release or with the
// process, however that ends.
type Lock struct{ file *os.File }

// Lock takes the run for the calling process and repairs what a killed one left
// half-replaced. It does not wait: a run that is taken gives a *LockedError.
func (r *Run) Lock() (*Lock, error) {
	l, err := r.lock()
	if err != nil {
		return nil, err
	}
	for _, dir := range r.replaceable() {
		if err := RecoverDir(dir); err != nil {
			return nil, errors.Join(err, l.Release())
		}
	}
	r.removeTemporary()
	return l, nil
}

// removeTemporary removes what a killed process was writing of single files.
func (r *Run) removeTemporary() {
	for _, name := range append([]string{SumsFile}, sealed...) {
		path := r.Path(filepath.FromSlash(name))
		scratch.RemoveFiles(filepath.Dir(path), filepath.Base(path))
	}
	scratch.RemoveFiles(r.Samples(), AugmentedSample, GalaxySample, KernelSample)
}

// replaceable are the folders that ReplaceDir replaces.
func (r *Run) replaceable() []string {
	return []string{r.Checkpoint(Last), r.Checkpoint(Best), r.SavedModel()}
}

// recoverAbandoned repairs, for one who only reads, a run that was killed in
// the middle of replacing a folder. One that is going repairs itself, and on
// a read-only disk there is nothing to be done.
func (r *Run) recoverAbandoned() {
	for _, dir := range r.replaceable() {
		_, missing := os.Lstat(dir)
		if _, err := os.Lstat(dir + replacedSuffix); err == nil && errors.Is(missing, fs.ErrNotExist) {
			if l, err := r.Lock(); err == nil {
				l.Release() //nolint:errcheck // nothing was written through it
			}
			return
		}
	}
}

func (r *Run) lock() (*Lock, error) {
	path := r.Path(LockFile)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("failed to lock run %s: %w", r.Dir, galaxyzoo.Reason(err))
		}
		if err := flock(f); err != nil {
			holder := readHolder(f)
			f.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, &LockedError{Dir: r.Dir, Holder: holder}
			}
			return nil, fmt.Errorf("failed to lock run %s: %w", r.Dir, err)
		}
		// Another may have released and removed the file since it was opened;
		// then the lock is on a file that nobody else will find.
		if !sameFile(f, path) {
			f.Close()
			continue
		}
		l := &Lock{f}
		if err := l.sign(); err != nil {
			return nil, errors.Join(fmt.Errorf("failed to lock run %s: %w", r.Dir, galaxyzoo.Reason(err)), l.Release())
		}
		return l, nil
	}
}

// flock tries for a moment, since Holder holds the lock while it looks.
func flock(f *os.File) error {
	const tries, pause = 5, 10 * time.Millisecond
	var err error
	for range tries {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			break
		}
		time.Sleep(pause)
	}
	return err
}

func (l *Lock) sign() error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	data, err := json.Marshal(Holder{os.Getpid(), host, time.Now().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(append(data, '\n'), 0)
	return err
}

// Release gives the run back.
func (l *Lock) Release() error {
	// Removed while it is held, so that no later holder's file is removed.
	err := os.Remove(l.file.Name())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // gone with its run
	}
	return errors.Join(err, l.file.Close())
}

// Holder reports which process is working on the run, if one is. A run whose
// status is running and that nobody holds was killed.
func (r *Run) Holder() (Holder, bool) {
	f, err := os.Open(r.Path(LockFile))
	if err != nil {
		return Holder{}, false
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return readHolder(f), true
	}
	return Holder{}, false
}

// readHolder returns a zero Holder where the file is not whole.
func readHolder(f *os.File) Holder {
	var h Holder
	if err := json.NewDecoder(f).Decode(&h); err != nil {
		return Holder{}
	}
	return h
}

func sameFile(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}
