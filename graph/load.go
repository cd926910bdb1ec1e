package graph

import (
	tf "github.com/wamuir/graft/tensorflow"

	"github.com/tfgalaxy/tfgalaxy/graph/internal/libtensorflow"
)

// A LoadError tells that TensorFlow's library is missing or broken. It is an
// ErrDevice too.
type LoadError struct{ Err error }

func (e *LoadError) Error() string { return "failed to load TensorFlow: " + e.Err.Error() }

// Unwrap returns what was in the way.
func (e *LoadError) Unwrap() error { return e.Err }

// Is has a LoadError count as an ErrDevice.
func (*LoadError) Is(target error) bool { return target == ErrDevice }

// Load loads TensorFlow's library, unless it is loaded, and returns a *LoadError
// where that fails. All that may be a program's first use of TensorFlow here calls
// it; what needs no more than the library can call it alone.
func Load() error {
	if err := libtensorflow.Load(); err != nil {
		return &LoadError{err}
	}
	return nil
}

// Version returns the version of the TensorFlow library in use, an empty one where
// there is none: see Load.
func Version() string {
	if Load() != nil {
		return ""
	}
	return tf.Version()
}
