package profile

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// spareForeignThreads ends the sampling of threads that are not Go's. Go samples
// its own by a timer each, and all others by one of the process, whose signals
// hit those threads in the middle of TensorFlow's kernels: they have no stack for
// signals, and what the handler puts on theirs overwrites what the kernels keep
// there (seen with TensorFlow 2.18 as a corrupted heap, in Python as well).
func spareForeignThreads() error {
	if _, err := unix.Setitimer(unix.ITIMER_PROF, unix.Itimerval{}); err != nil {
		return fmt.Errorf("failed to stop the profile's timer: %w", err)
	}
	return nil
}
