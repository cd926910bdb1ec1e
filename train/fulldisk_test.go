package train

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// onFullDisk calls f while no file can grow.
func onFullDisk(t *testing.T, f func()) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	defer signal.Reset(unix.SIGXFSZ)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	full := unix.Rlimit{Cur: 0, Max: limit.Max}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}

// A new run that cannot be locked leaves no folder, which would be in the way.
func TestNoRoomToLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "above", "run")
	l := &loop{plan: &Plan{}, config: &run.Config{RunDir: dir}}
	var err error
	onFullDisk(t, func() { _, err = l.claim() })
	if !errors.Is(err, unix.EFBIG) {
		t.Errorf("error %v, want that of the disk", err)
	}
	if _, err := os.Lstat(filepath.Dir(dir)); !os.IsNotExist(err) {
		t.Errorf("it left a folder: %v", err)
	}
}
