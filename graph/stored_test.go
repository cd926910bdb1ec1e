package graph

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// saved trains for three steps and returns the folder of a checkpoint, and what
// ReadWeights, which is TensorFlow's reading, finds in it.
func saved(t *testing.T, o Options) (string, Weights) {
	t.Helper()
	trainer := newTrainer(t, tiny(), o)
	steps(t, trainer, randomBatch(t, 16, 12, 4), 3)
	dir := t.TempDir()
	if err := trainer.Save(dir); err != nil {
		t.Fatal(err)
	}
	weights, err := ReadWeights(tiny(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, weights
}

// Wherever weights lie, the same bits are read as TensorFlow reads or was given;
// averages where there are some.
func TestStored(t *testing.T) {
	vars, err := tiny().Variables()
	if err != nil {
		t.Fatal(err)
	}
	plain, plainWeights := saved(t, Options{LossWeights: MSE(), Seed: 1})
	averaged, averages := saved(t, Options{LossWeights: MSE(), Seed: 1, Average: 0.5})
	if maps.EqualFunc(plainWeights, averages, slices.Equal[[]float32]) {
		t.Fatal("the averages are the weights: nothing to tell apart")
	}
	model := func(frozen bool) string {
		dir := t.TempDir()
		if _, err := WriteSavedModel(dir, tiny(), plainWeights, Export{Preprocessing: []byte("{}"), Frozen: frozen}); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for name, test := range map[string]struct {
		dir  string
		want Weights
	}{
		"a checkpoint":          {plain, plainWeights},
		"one with averages":     {averaged, averages},
		"a SavedModel":          {model(false), plainWeights},
		"a frozen SavedModel":   {model(true), plainWeights},
		"the model's variables": {filepath.Join(model(false), "variables"), plainWeights},
	} {
		s, err := OpenStored(test.dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := s.Read(vars)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !maps.EqualFunc(got, test.want, slices.Equal[[]float32]) {
			t.Errorf("%s: other weights were read than are there", name)
		}
		if len(s.Digest) != 64 {
			t.Errorf("%s: digest %q", name, s.Digest)
		}
		if shape, has := s.Shape("conv1/kernel"); !has || !slices.Equal(shape, []int64{3, 3, 3, 8}) {
			t.Errorf("%s: conv1/kernel has the shape %v (%v)", name, shape, has)
		}
		if _, has := s.Shape("global_step"); has {
			t.Errorf("%s: the step count, an int64, is taken for weights", name)
		}
		for _, v := range []Variable{{Name: "conv3/kernel"}, {Name: "conv1/kernel", Shape: []int64{3, 3, 3, 9}}} {
			if _, err := s.Read([]Variable{v}); err == nil || !strings.Contains(err.Error(), v.Name) {
				t.Errorf("%s: reading %v gave %v, want an error that names it", name, v, err)
			}
		}
	}
}

// Variables of a SavedModel that only have the names of folded ones are not there.
func TestStoredNotFolded(t *testing.T) {
	s := &Stored{model: true, shapes: map[string][]int64{
		"lift1/kernel": {}, "gconv1/kernel": {3, 3, 16, 12}, "gnorm1/gamma": {0}, "gconv2/kernel": {3, 3, 16, 24},
	}}
	for name := range s.shapes {
		if shape, has := s.Shape(name); has != (name == "gconv2/kernel") {
			t.Errorf("%s has the shape %v (%v)", name, shape, has)
		}
	}
	if shape, _ := s.Shape("gconv2/kernel"); !slices.Equal(shape, []int64{3, 3, 16, 3}) {
		t.Errorf("gconv2/kernel has the shape %v as it is learned", shape)
	}
}

func TestStoredErrors(t *testing.T) {
	whole, _ := saved(t, Options{LossWeights: MSE(), Seed: 1})
	const index, data = "variables.index", "variables.data-00000-of-00001"
	damaged := func(file string, change func([]byte) []byte) string {
		dir := t.TempDir()
		for _, f := range []string{index, data} {
			content, err := os.ReadFile(filepath.Join(whole, f))
			if err != nil {
				t.Fatal(err)
			}
			if f == file {
				content = change(content)
			}
			if content == nil {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, f), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	half := func(b []byte) []byte { return b[:len(b)/2] }
	noModel := t.TempDir()
	if err := os.WriteFile(filepath.Join(noModel, ModelFile), []byte("no model"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ dir, want string }{
		"a cut index":      {damaged(index, half), "no index of a checkpoint"},
		"an empty index":   {damaged(index, func([]byte) []byte { return []byte{} }), "no index of a checkpoint"},
		"cut data":         {damaged(data, half), "it was cut"},
		"no data":          {damaged(data, func([]byte) []byte { return nil }), data + " is missing"},
		"no model either":  {noModel, "is damaged, or no SavedModel"},
		"nothing of these": {t.TempDir(), "no such file"},
	} {
		_, err := OpenStored(test.dir)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if errors.Is(err, fs.ErrNotExist) != (name == "nothing of these") {
			t.Errorf("%s: %v is called a file that is not there", name, err)
		}
	}

	vars, err := tiny().Variables()
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenStored(damaged(data, func(b []byte) []byte { b[len(b)-100] ^= 1; return b }))
	if err != nil {
		t.Fatal(err)
	}
	// All variables, the optimiser's among them: the byte may be in any.
	for name, shape := range s.shapes {
		vars = append(vars, Variable{Name: name, Shape: shape})
	}
	if _, err := s.Read(vars); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a flipped bit gave %v, want an error about a checksum", err)
	}
}

// No byte of an index can be another without an error, but for those that pad its
// end, and none makes the reader fail otherwise.
func TestIndexBytes(t *testing.T) {
	dir, _ := saved(t, Options{LossWeights: MSE(), Seed: 1})
	table, err := os.ReadFile(filepath.Join(dir, "variables.index"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(table []byte) (string, error) {
		var all bytes.Buffer
		err := eachInTable(table, func(key string, value []byte) error {
			all.WriteString(key)
			all.Write(value)
			return nil
		})
		return all.String(), err
	}
	want, err := read(table)
	if err != nil {
		t.Fatal(err)
	}
	for i := range table {
		table[i] ^= 0x41
		if got, err := read(table); err == nil && (got != want || i < len(table)-tableFooter) {
			t.Errorf("byte %d of %d can be another unseen", i, len(table))
		}
		table[i] ^= 0x41
	}
}
