package imageproc

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// mapFlags has the pages mapped at once: the program's resident size then does
// not creep up while the first epoch touches them one by one.
const mapFlags = unix.MAP_SHARED | unix.MAP_POPULATE

// reserve makes sure that the disk has room for size bytes of f, so that a full
// disk is told of before the work and not after it.
func reserve(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
			return f.Truncate(size) // a file system that cannot: writing will tell
		}
		return err
	}
}
