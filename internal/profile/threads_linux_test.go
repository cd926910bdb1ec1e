package profile

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// No timer sends signals to threads that are not Go's, and Go's own are sampled
// all the same.
func TestForeignThreadsAreSpared(t *testing.T) {
	dir := t.TempDir()
	p, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	timer, err := unix.Getitimer(unix.ITIMER_PROF)
	if err != nil {
		t.Fatal(err)
	}
	if timer != (unix.Itimerval{}) {
		t.Errorf("the process has a timer: %+v", timer)
	}
	busy(t)
	if _, err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, cpuFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	// The names of functions that were met stand in it as they are.
	if content, err := io.ReadAll(unpacked); err != nil || !bytes.Contains(content, []byte("profile.busy")) {
		t.Errorf("%s does not know what was done: %v", cpuFile, err)
	}
}
