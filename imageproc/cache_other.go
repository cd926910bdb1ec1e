//go:build !linux

package imageproc

import (
	"os"

	"golang.org/x/sys/unix"
)

const mapFlags = unix.MAP_SHARED

// reserve sets the length of f. Only Linux can set the room aside as well.
func reserve(f *os.File, size int64) error { return f.Truncate(size) }
