package plots_test

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

func TestReadArray(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kernels.npy")
	want := handmadeKernels()
	writeArray(t, path, want)
	got, err := plots.ReadArray(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Shape, want.Shape) || !slices.Equal(got.Values, want.Values) {
		t.Errorf("shape %v, want %v; or other values", got.Shape, want.Shape)
	}
}

func TestReadArrayRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npy")
	if _, err := plots.ReadArray(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	good := &plots.Array{Shape: []int{2, 3}, Values: []float32{1, 2, 3, 4, 5, 6}}
	writeArray(t, path, good)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	swap := func(from, to string) []byte { return []byte(strings.Replace(string(data), from, to, 1)) }
	nan := math.Float32bits(float32(math.NaN()))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":         {nil, "not a .npy file"},
		"another file":  {[]byte("GalaxyID,Class1.1\n"), "not a .npy file"},
		"cut off":       {data[:len(data)-5], "EOF"},
		"another type":  {swap("<f4", "<i4"), "want \"<f4\""},
		"Fortran order": {swap("False, 'shape': (2, 3, ), }", "True, 'shape': (2, 3, ), } "), "C order"},
		"version 2":     {swap("NUMPY\x01", "NUMPY\x02"), "version 1"},
		"vast shape":    {swap("(2, 3, )", "(9,9999)"), "does not fit"},
		"negative":      {swap("(2, 3, )", "(-2,3, )"), ""},
		"not a number":  {append(slices.Clone(data[:len(data)-4]), byte(nan), byte(nan>>8), byte(nan>>16), byte(nan>>24)), "want a finite number"},
	} {
		write(t, path, c.data)
		_, err := plots.ReadArray(path)
		var fault *galaxyzoo.DataError
		if !errors.As(err, &fault) || fault.File != path || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want a DataError that says %q", name, err, c.want)
		}
	}
}

func FuzzReadArray(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.npy")
	writeArray(f, path, &plots.Array{Shape: []int{2, 3}, Values: []float32{1, 2, 3, 4, 5, 6}})
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("\x93NUMPY\x01\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "a.npy")
		write(t, path, data)
		a, err := plots.ReadArray(path)
		if err != nil {
			return
		}
		n := 1
		for _, d := range a.Shape {
			n *= d
		}
		if n != len(a.Values) || n > len(data) {
			t.Errorf("shape %v with %d values from %d bytes", a.Shape, len(a.Values), len(data))
		}
	})
}
