// Package libtensorflow loads TensorFlow's library when it is first needed, which
// takes a fifth of a second that a program's help need not wait for, and gives an
// error that can be handled where the library is missing.
//
// On Linux on x86-64 it defines the functions of TensorFlow's C API that graft
// calls, so that nothing is left to be looked for in the library when the program
// is linked or started. Each loads the library when it is first called, and is
// a single jump from then on. On other systems the library is loaded when the
// program starts.
package libtensorflow

import (
	"os"
	"sync"
)

// defaults are variables that TensorFlow reads while it is being loaded, or before
// its first step.
var defaults = map[string]string{
	// The same seed gives the same numbers on a device whose fast kernels do not.
	"TF_DETERMINISTIC_OPS": "1",
	// By default TensorFlow uses oneDNN on processors with AVX-512 alone; those
	// with AVX2 are half as fast again with it.
	"TF_ENABLE_ONEDNN_OPTS": "1",
	// Lets XLA compile for the CPU too, where a session asks for XLA.
	"TF_XLA_FLAGS": "--tf_xla_cpu_global_jit",
}

// Load loads the library, once, with the settings that its users have not made
// themselves in the environment.
func Load() error { return loaded() }

var loaded = sync.OnceValue(func() error {
	for name, value := range defaults {
		if _, set := os.LookupEnv(name); !set {
			os.Setenv(name, value)
		}
	}
	return load()
})
