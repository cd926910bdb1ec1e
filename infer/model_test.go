package infer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// writeModel writes a SavedModel of the smallest network, with the preprocessing
// given.
func writeModel(t *testing.T, preprocessing string) string {
	t.Helper()
	net := &graph.Network{Name: "dense", Size: 8, Init: graph.HeNormal, Output: graph.Sigmoid,
		Layers: []graph.Layer{graph.Flatten{}, graph.Dense{Units: galaxyzoo.NumAnswers}}}
	return modelFolder(t, net, 1, preprocessing)
}

func TestLoad(t *testing.T) {
	dir := writeModel(t, `{"crop":"centre","width":200,"size":8}`)
	m, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if want := (imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 200, Size: 8}); m.Preprocessing != want {
		t.Errorf("preprocessing %+v, want %+v", m.Preprocessing, want)
	}
}

// The same votes whatever the size of the batches, in the order asked for.
func TestVotesAndBatchSize(t *testing.T) {
	m, err := Load(writeModel(t, `{"crop":"roi","size":8}`))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	c := galaxyzoo.Synthetic(11, 1)
	cache, err := OpenCrops(t.Context(), t.TempDir(), c, m.Preprocessing, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	all := []int{10, 3, 0, 1, 2, 4, 5, 6, 7, 8, 9}
	want, err := Votes(t.Context(), m, cache, all, 11, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	got, err := Votes(t.Context(), m, cache, all, 4, func(done, total int) { told = done })
	if err != nil {
		t.Fatal(err)
	}
	if told != len(all) {
		t.Errorf("told of %d galaxies, want %d", told, len(all))
	}
	one, err := Votes(t.Context(), m, cache, []int{3}, 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		for k := range want[i] {
			if d := got[i][k] - want[i][k]; d > 1e-6 || d < -1e-6 { // float32, other block sizes
				t.Fatalf("galaxy %d: vote %d is %.8f in batches of 4, %.8f in one", all[i], k, got[i][k], want[i][k])
			}
		}
	}
	if d := one[0][0] - want[1][0]; d > 1e-6 || d < -1e-6 {
		t.Errorf("galaxy 3 alone has vote %.8f, want %.8f", one[0][0], want[1][0])
	}
}

func TestLoadErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := run.CreateAt(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WriteInfo(&run.Info{Status: run.StatusRunning}); err != nil {
		t.Fatal(err)
	}
	noVariables := writeModel(t, `{"crop":"roi","size":8}`)
	if err := os.RemoveAll(filepath.Join(noVariables, "variables")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, path, want string }{
		{"nothing there", filepath.Join(t.TempDir(), "none"), "no such file"},
		{"a file", file, "want a run folder"},
		{"an empty folder", t.TempDir(), "want a run folder"},
		{"a run without a model", r.Dir, "tfgalaxy export --run"},
		{"crops of another size", writeModel(t, `{"crop":"roi","size":9}`), "9 pixels wide, its input 8"},
		{"unknown crop", writeModel(t, `{"crop":"corner","size":8}`), "corner"},
		{"broken preprocessing", writeModel(t, `{`), "preprocessing"},
		{"no variables", noVariables, "variables"},
	}
	for _, test := range tests {
		_, err := Load(test.path)
		var data *galaxyzoo.DataError
		if !errors.As(err, &data) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want a data error with %q", test.name, err, test.want)
		}
	}
}
