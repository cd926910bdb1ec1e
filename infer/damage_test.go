package infer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// wantDamaged insists on a *galaxyzoo.DataError that names a file.
func wantDamaged(t *testing.T, what string, err error, path string) {
	t.Helper()
	if _, is := errors.AsType[*galaxyzoo.DataError](err); !is || !strings.Contains(err.Error(), path) {
		t.Errorf("%s: %v, want a fault in %s", what, err, path)
	}
}

// A digit that turns into another in what a job has left is noticed.
func TestDamagedTableAndFeatures(t *testing.T) {
	e, dir := ensembleOf(t, 1), imageFolder(t, 5)
	if err := os.WriteFile(filepath.Join(dir, "2.jpg"), []byte("no image"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, extension := range []string{".npy", ".parquet"} {
		out := t.TempDir()
		j := job(t, dir, filepath.Join(out, "votes.csv"))
		j.Features, j.Options.Features = filepath.Join(out, "features"+extension), true
		tabulate(t, e, j)
		j.Resume = true
		for _, name := range namesIn(t, out) {
			path := filepath.Join(out, name)
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damaged := bytes.Clone(whole)
			damaged[len(damaged)/2] ^= 1
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "features") {
				_, err = ReadFeatures(j.Features)
				wantDamaged(t, name, err, path)
			} else {
				_, err = Merge(t.Context(), []string{j.Out}, filepath.Join(out, "merged.csv"))
				wantDamaged(t, name+" merged", err, path)
				_, err = e.Tabulate(t.Context(), j)
				wantDamaged(t, name+" resumed", err, path)
			}
			if err := os.WriteFile(path, whole, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ReadFeatures(j.Features); err != nil {
			t.Error(err)
		}
	}
}

// The same in what a job that was stopped has left, none of which may get into the table.
func TestDamagedJournal(t *testing.T) {
	e, dir, out := ensembleOf(t, 1), imageFolder(t, 70), t.TempDir()
	j := job(t, dir, filepath.Join(out, "votes.csv"))
	j.Features, j.Options.Features = filepath.Join(out, "features.npy"), true
	j.Strict = true
	if err := os.WriteFile(filepath.Join(dir, "69.jpg"), []byte("no image"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Tabulate(t.Context(), j); err == nil {
		t.Fatal("it did not stop at an image that is none")
	}
	j.Strict, j.Resume = false, true
	for _, path := range append([]string{j.Out + journalSuffix}, partialFeatures(j.Features)...) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damaged := bytes.Clone(whole)
		damaged[len(damaged)/2] ^= 1
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = e.Tabulate(t.Context(), j)
		wantDamaged(t, "resumed", err, path)
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if s := tabulate(t, e, j); s.Predicted != 69 || s.Resumed < 64 {
		t.Errorf("%+v", s)
	}
}
