package imageproc

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCacheOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, 0) })

	// 90 crops of 768 bytes are 69 kB.
	c := writeCatalogue(t, 90)
	_, err := OpenCache(context.Background(), dir, &DefaultDecoder, c, roi16, func(int, int) {
		t.Error("images were decoded for a disk that has no room")
	})
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("error is %v, want no space left", err)
	}
	if err != nil && !strings.Contains(err.Error(), "failed to reserve 0.1 MB for crops in "+dir) {
		t.Errorf("error is %v", err)
	}
	if names := listing(t, dir); len(names) != 0 {
		t.Errorf("the failed build left %q", names)
	}
}
