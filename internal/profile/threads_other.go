//go:build !linux

package profile

// spareForeignThreads has nothing to do where Go has the one timer for all.
func spareForeignThreads() error { return nil }
