package graph

import (
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/internal/elftest"
)

// A function of TensorFlow's that functions.h lacks has the linker fall back on
// the library, which is then loaded whenever a program starts.
func TestNotLinkedWithTensorFlow(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, err := elf.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range symbols {
		if strings.HasPrefix(s.Name, "TF_") || strings.HasPrefix(s.Name, "TFE_") {
			t.Errorf("graph/internal/libtensorflow/functions.h has no line FUNCTION(%s)", s.Name)
		}
	}
	libraries, err := file.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range libraries {
		if strings.Contains(name, "tensorflow") {
			t.Errorf("the program is linked with %s: CGO_LDFLAGS has to have -Wl,--as-needed", name)
		}
	}
}

// Whatever a program does first with TensorFlow, it gets an error where there is
// none. The test runs in a copy of itself that does not find the library.
func TestWithoutLibrary(t *testing.T) {
	const hidden = "GRAPH_TEST_LIBRARY_HIDDEN"
	if os.Getenv(hidden) == "" {
		program := filepath.Join(t.TempDir(), "hidden")
		if err := elftest.HideLibraries(program); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(program, "-test.run=^TestWithoutLibrary$", "-test.v")
		c.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "LD_LIBRARY_PATH=") })
		c.Env = append(c.Env, hidden+"=1")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
		if strings.Contains(string(out), "--- SKIP") {
			t.Skipf("%s", out)
		}
		return
	}
	if Load() == nil {
		t.Skip("TensorFlow is in the system's folders too")
	}
	model := t.TempDir()
	for _, name := range []string{ModelFile, IndexFile, extraAssets + "/" + preprocessingKey} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(model, name)), 0o777),
			os.WriteFile(filepath.Join(model, name), nil, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	net := tiny()
	for name, first := range map[string]func() error{
		"Load":             Load,
		"Start":            func() error { return Start(Machine{}) },
		"Devices":          func() error { _, err := Devices(); return err },
		"FastestPrecision": func() error { _, _, err := FastestPrecision(Placement{}); return err },
		"NewBatch":         func() error { _, err := NewBatch(1, 16); return err },
		"NewJPEGDecoder":   func() error { _, err := NewJPEGDecoder(); return err },
		"NewTrainer":       func() error { _, err := NewTrainer(net, Options{LossWeights: MSE()}); return err },
		"Activations":      func() error { _, err := Activations(net, nil, make([]byte, 12*12*3)); return err },
		"ReadWeights":      func() error { _, err := ReadWeights(net, model); return err },
		"LoadModel":        func() error { _, err := LoadModel(model); return err },
		"WriteSavedModel":  func() error { _, err := WriteSavedModel(t.TempDir(), net, nil, Export{}); return err },
	} {
		err := first()
		if _, is := errors.AsType[*LoadError](err); !is || !errors.Is(err, ErrDevice) {
			t.Errorf("%s: error %v, want a *LoadError that is an ErrDevice", name, err)
			continue
		}
		if !strings.Contains(err.Error(), "libtensorflow_cc.so.2") || !strings.Contains(err.Error(), "/nowhere") {
			t.Errorf("%s: error %q does not say what was looked for where", name, err)
		}
	}
	if v := Version(); v != "" {
		t.Errorf("version %q of no TensorFlow", v)
	}
}
