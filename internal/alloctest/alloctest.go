// Package alloctest bounds the memory and the time of a test's work, and its size.
package alloctest

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// Bounded runs work, which may allocate that many bytes all told, freed ones
// included, and take that long. The time is a hundred times what it should be: it
// tells work without an end from work on a busy machine.
func Bounded(t testing.TB, bytes uint64, long time.Duration, work func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	work()
	took := time.Since(begin)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > bytes {
		t.Errorf("%d bytes were allocated, want at most %d", n, bytes)
	}
	if took > long {
		t.Errorf("took %v, want at most %v", took, long)
	}
}

// Held returns how many bytes of memory are in use.
func Held() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Scale returns a number of things for ordinary runs of the tests, and the large one
// where TFGALAXY_LONG is set.
func Scale(t testing.TB, ordinary, large int) int {
	t.Helper()
	if os.Getenv("TFGALAXY_LONG") == "" {
		t.Logf("%d instead of %d: TFGALAXY_LONG is not set", ordinary, large)
		return ordinary
	}
	return large
}
