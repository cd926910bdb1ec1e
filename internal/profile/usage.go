package profile

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// usage is what the process has used since it began, all threads together:
// Go's and those of libraries.
type usage struct {
	user, system time.Duration
	resident     int64 // bytes, the most at any time
}

func used() (usage, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return usage{}, fmt.Errorf("failed to ask for the time used: %w", err)
	}
	unit := int64(1 << 10)
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return usage{
		user:     time.Duration(u.Utime.Nano()),
		system:   time.Duration(u.Stime.Nano()),
		resident: u.Maxrss * unit,
	}, nil
}
