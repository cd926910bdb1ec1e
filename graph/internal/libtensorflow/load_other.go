//go:build !(linux && amd64)

package libtensorflow

func load() error { return nil }
