package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A once keeps what attacks share and the first to ask has made.
type once[T any] struct {
	mu   sync.Mutex
	made map[string]T
}

// get returns what has that name, and makes it where it is not there yet.
func (o *once[T]) get(name string, make func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if v, known := o.made[name]; known {
		return v, nil
	}
	v, err := make()
	if err != nil {
		return v, fmt.Errorf("failed to prepare: %w", err)
	}
	if o.made == nil {
		o.made = map[string]T{}
	}
	o.made[name] = v
	return v, nil
}

// place is where an undisturbed thing of that name is made; what a try that failed has
// left there goes.
func (f *fixtures) place(name string) (string, error) {
	path := filepath.Join(filepath.Dir(f.home), name)
	return path, os.RemoveAll(path)
}

// An output is what a command left, and how long it took.
type output struct {
	path string
	took time.Duration
}

// done does a command undisturbed, once for all attacks, whose last flag wants the
// name of what it makes. It returns where that lies, and how long it took, with some
// room for a machine that is slower now.
func (t *trial) done(name string, args ...string) (string, time.Duration, error) {
	o, err := t.outputs.get(name, func() (output, error) {
		path, err := t.place(name)
		if err != nil {
			return output{}, err
		}
		begin := time.Now()
		err = t.run(t, append(args, path)...).want(0, "")
		return output{path, time.Since(begin)}, err
	})
	return o.path, o.took * 5 / 4, err
}
