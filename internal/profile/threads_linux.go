package profile

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// spareForeignThreads ends the sampling of threads that are not Go's. Go samples
// its own by a timer each, and all others by one of the process, whose signals
// hit those threads in the middle of TensorFlow's kernels. With TensorFlow 2.18 on a
// processor with AVX2 that ends in a corrupted heap, in Python as well: those threads
// have no stack for signals, and the handler probably overwrites what the kernels
// keep on theirs.
func spareForeignThreads() error {
	if _, err := unix.Setitimer(unix.ITIMER_PROF, unix.Itimerval{}); err != nil {
		return fmt.Errorf("failed to stop the profile's timer: %w", err)
	}
	return nil
}
