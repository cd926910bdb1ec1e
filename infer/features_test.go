package infer

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// handmadeFeatures are n galaxies with random features, half of which are zero as
// behind a rectifier, and names of files that want quotes.
func handmadeFeatures(t testing.TB, n, size int) *Features {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	f := NewFeatures(size)
	values := make([]float32, size)
	for i := range n {
		for k := range values {
			values[k] = max(0, float32(rng.NormFloat64()))
		}
		if err := f.Add(fmt.Sprint(100000+i), fmt.Sprintf("images/\"a\", %d\n.jpg", i), values); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// writeFeatureRows writes rows from..to-1 of the features.
func writeFeatureRows(t testing.TB, w *FeatureWriter, f *Features, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := w.Write(f.IDs[i], f.Files[i], f.Row(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// writeFeatures writes a file of features.
func writeFeatures(t testing.TB, path string, f *Features) {
	t.Helper()
	w, err := CreateFeatures(path, f.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort() //nolint:errcheck // does nothing after Close
	writeFeatureRows(t, w, f, 0, f.Len())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// Features are written with the same list of checksums each time.
func TestFeatureSums(t *testing.T) {
	f := handmadeFeatures(t, 3, 2)
	var first []byte
	for range 50 {
		path := filepath.Join(t.TempDir(), "f.npy")
		writeFeatures(t, path, f)
		list, err := os.ReadFile(path + ".sha256")
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = list
		}
		if !bytes.Equal(list, first) {
			t.Fatalf("%s, and before\n%s", list, first)
		}
	}
}

// namesIn are those of the files in a folder.
func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

var featureNames = []string{"f.npy", "f.parquet", "F.NPY"}

func TestFeaturesReturn(t *testing.T) {
	for _, name := range featureNames {
		for _, n := range []int{1, 2, 200} { // one batch of Parquet's rows, and several
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, name)
				want := handmadeFeatures(t, n, 5)
				writeFeatures(t, path, want)
				got, err := ReadFeatures(path)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Error("the features read are not those written")
				}
				files, err := FeatureFiles(path)
				if err != nil {
					t.Fatal(err)
				}
				for i, file := range files {
					files[i] = filepath.Base(file)
				}
				files = append(files, filepath.Base(path)+".sha256")
				slices.Sort(files)
				if have := namesIn(t, dir); !slices.Equal(have, files) {
					t.Errorf("the folder holds %q, want %q", have, files)
				}
				if row, ok := got.Find(want.IDs[n-1]); !ok || row != n-1 {
					t.Errorf("galaxy %s is in row %d (%t), want %d", want.IDs[n-1], row, ok, n-1)
				}
				if _, ok := got.Find("nobody"); ok {
					t.Error("a galaxy is found that is not there")
				}
			})
		}
	}
}

// A file of features that is written in parts, with stops and with rows that
// were written and not vouched for, is the one that is written at once.
func TestFeaturesResume(t *testing.T) {
	for _, name := range featureNames {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			whole, parts := filepath.Join(dir, "whole"+filepath.Ext(name)), filepath.Join(dir, name)
			f := handmadeFeatures(t, 30, 4)
			writeFeatures(t, whole, f)

			for _, part := range []struct{ from, to int }{{0, 9}, {7, 20}, {20, 20}, {1, 25}, {0, 3}} {
				w, err := ResumeFeatures(parts, f.Size, part.from)
				if err != nil {
					t.Fatal(err)
				}
				writeFeatureRows(t, w, f, part.from, part.to)
				if err := w.Suspend(); err != nil {
					t.Fatal(err)
				}
				if err := w.Abort(); err != nil { // nothing after Suspend
					t.Fatal(err)
				}
				if _, err := os.Stat(parts); err == nil {
					t.Fatal("the file is there before its time")
				}
			}
			w, err := ResumeFeatures(parts, f.Size, 3)
			if err != nil {
				t.Fatal(err)
			}
			writeFeatureRows(t, w, f, 3, 30)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			wholeFiles, _ := FeatureFiles(whole)
			partFiles, _ := FeatureFiles(parts)
			for i, file := range wholeFiles {
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(partFiles[i])
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s differs from the one written at once", filepath.Base(partFiles[i]))
				}
			}
		})
	}
}

// A row of ids that a power cut left half there is not taken for a whole one.
func TestFeaturesResumeHalfRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.npy")
	f := handmadeFeatures(t, 4, 3)
	w, err := CreateFeatures(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	writeFeatureRows(t, w, f, 0, 3)
	if err := w.Write("9", "images/9.jpg", f.Row(3)); err != nil {
		t.Fatal(err)
	}
	if err := w.Suspend(); err != nil {
		t.Fatal(err)
	}
	ids := path + ".csv.partial"
	info, err := os.Stat(ids)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(ids, info.Size()-3); err != nil {
		t.Fatal(err)
	}
	_, err = ResumeFeatures(path, 3, 4)
	wantFault(t, err, ids, "the last row is not whole")
	if w, err = ResumeFeatures(path, 3, 3); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
}

func TestFeaturesResumeErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.npy")
	partial := path + ".partial"
	_, err := ResumeFeatures(path, 3, 1)
	wantFault(t, err, partial, "is not there, so there are no features to go on from")

	f := handmadeFeatures(t, 4, 3)
	w, err := CreateFeatures(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	writeFeatureRows(t, w, f, 0, 4)
	if _, err := CreateFeatures(path, 3); err == nil {
		t.Error("two writers write one file")
	}
	if err := w.Suspend(); err != nil {
		t.Fatal(err)
	}
	_, err = ResumeFeatures(path, 3, 5)
	wantFault(t, err, partial, "has 4 galaxies, want 5 or more")
	_, err = ResumeFeatures(path, 2, 1)
	wantFault(t, err, partial, "has 3 features a galaxy, want 2")
	if err := os.WriteFile(path+".csv.partial", []byte("GalaxyID,file\n1,a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = ResumeFeatures(path, 3, 4)
	wantFault(t, err, path+".csv.partial", "has fewer than the 4 galaxies wanted")
}

func wantFault(t *testing.T, err error, file, want string) {
	t.Helper()
	data, ok := errors.AsType[*galaxyzoo.DataError](err)
	if !ok {
		t.Fatalf("error %v, want a *galaxyzoo.DataError", err)
	}
	if data.File != file || data.Err.Error() != want {
		t.Errorf("error %q of %s, want %q of %s", data.Err, data.File, want, file)
	}
}

// Abort leaves nothing, and a finished file of before as it was.
func TestFeaturesAbort(t *testing.T) {
	for _, name := range featureNames {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		old := handmadeFeatures(t, 3, 2)
		writeFeatures(t, path, old)
		before := namesIn(t, dir)

		w, err := CreateFeatures(path, 4)
		if err != nil {
			t.Fatal(err)
		}
		writeFeatureRows(t, w, handmadeFeatures(t, 2, 4), 0, 2)
		for range 2 { // once more does nothing
			if err := w.Abort(); err != nil {
				t.Fatal(err)
			}
		}
		if after := namesIn(t, dir); !slices.Equal(after, before) {
			t.Errorf("%q is left, want %q", after, before)
		}
		if got, err := ReadFeatures(path); err != nil || !reflect.DeepEqual(got, old) {
			t.Errorf("the finished file has changed (%v)", err)
		}
	}
}

func TestFeatureWriterRefuses(t *testing.T) {
	if _, err := CreateFeatures(filepath.Join(t.TempDir(), "f.csv"), 3); err == nil {
		t.Error("a file of another extension is begun")
	}
	if _, err := CreateFeatures(filepath.Join(t.TempDir(), "f.npy"), 0); err == nil {
		t.Error("vectors without features are begun")
	}
	if _, err := CreateFeatures(filepath.Join(t.TempDir(), "none", "f.npy"), 1); err == nil {
		t.Error("a file in a folder that is not there is begun")
	}
	w, err := CreateFeatures(filepath.Join(t.TempDir(), "f.npy"), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort() //nolint:errcheck // in a folder of the test
	for _, bad := range []struct {
		id     string
		values []float32
	}{
		{"", []float32{1, 2}},
		{"1", []float32{1}},
		{"1", []float32{1, float32(math.NaN())}},
		{"1", []float32{float32(math.Inf(1)), 1}},
	} {
		if err := w.Write(bad.id, "file", bad.values); err == nil {
			t.Errorf("galaxy %q with %v is written", bad.id, bad.values)
		}
	}
}
