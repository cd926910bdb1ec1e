package plots

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/sbinet/npyio/npy"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// An Array holds the numbers of an array of any number of dimensions, the last
// index running fastest.
type Array struct {
	Shape  []int
	Values []float32
}

// maxArrayBytes is well above the largest array of a run: a fully connected
// layer's activations are kilobytes, a wide convolution's some megabytes.
const maxArrayBytes = 256 << 20

// ReadArray reads a .npy file of little-endian float32 in C order. Errors about
// its content are *galaxyzoo.DataError.
func ReadArray(path string) (*Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	a, err := decodeArray(f, info.Size())
	if err != nil {
		return nil, &galaxyzoo.DataError{File: path, Err: err}
	}
	return a, nil
}

// decodeArray reads an array from a file of the given size. The shape is held
// against the size before anything is set aside for it.
func decodeArray(r io.Reader, size int64) (a *Array, err error) {
	defer func() { // the library panics on some headers that are no header
		if fault := recover(); fault != nil {
			a, err = nil, fmt.Errorf("not a .npy file: %v", fault)
		}
	}()
	if size > maxArrayBytes {
		return nil, fmt.Errorf("%d bytes, want at most %d", size, maxArrayBytes)
	}
	// The header of version 1 is at most 64 KiB long; that of version 2 may say
	// that it has gigabytes, which the library would set aside.
	start := make([]byte, len("\x93NUMPY\x01"))
	if _, err := io.ReadFull(r, start); err != nil || string(start) != "\x93NUMPY\x01" {
		return nil, errors.New("not a .npy file of version 1")
	}
	reader, err := npy.NewReader(io.MultiReader(bytes.NewReader(start), r))
	if err != nil {
		return nil, fmt.Errorf("not a .npy file: %w", err)
	}
	h := reader.Header.Descr
	if h.Type != "<f4" || h.Fortran {
		return nil, fmt.Errorf("type %q, Fortran order %t; want \"<f4\" in C order", h.Type, h.Fortran)
	}
	count := int64(1)
	for _, d := range h.Shape {
		if d < 1 || int64(d) > size/4/count {
			return nil, fmt.Errorf("shape %v does not fit a file of %d bytes", h.Shape, size)
		}
		count *= int64(d)
	}
	a = &Array{Shape: h.Shape}
	if err := reader.Read(&a.Values); err != nil {
		return nil, err
	}
	return a, a.check()
}

// check refuses arrays whose shape and numbers disagree, and numbers that are
// none.
func (a *Array) check() error {
	count := 1
	for _, d := range a.Shape {
		count *= d
	}
	if len(a.Values) != count {
		return fmt.Errorf("%d values for shape %v", len(a.Values), a.Shape)
	}
	if count == 0 {
		return errors.New("no values")
	}
	for i, v := range a.Values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("value %d is %v, want a finite number", i, v)
		}
	}
	return nil
}
