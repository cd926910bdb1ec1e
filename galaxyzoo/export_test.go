package galaxyzoo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func bytesOf(t testing.TB, c *Catalogue, i int) []byte {
	t.Helper()
	r, err := c.Open(i)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// onlyEntries fails the test unless the folder holds just the named entries.
func onlyEntries(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %v, want %v", dir, got, names)
	}
}

func TestExportRoundTrip(t *testing.T) {
	c := Synthetic(6, 3)
	parent := t.TempDir()
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(parent, "new"), empty} {
		calls := 0
		err := Export(t.Context(), c, dir, nil, func(done, total int) {
			calls++
			if done != calls || total != c.Len() {
				t.Errorf("progress %d of %d at call %d, want %d of %d", done, total, calls, calls, c.Len())
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if calls != c.Len() {
			t.Errorf("%d calls of progress, want %d", calls, c.Len())
		}
		got, err := OpenCatalogue(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got.Len() != c.Len() || len(got.Missing) > 0 || len(got.Unlabelled) > 0 {
			t.Fatalf("%d galaxies, %d missing, %d unlabelled, want %d, 0, 0", got.Len(), len(got.Missing), len(got.Unlabelled), c.Len())
		}
		for i, g := range got.Galaxies {
			if g.ID != c.Galaxies[i].ID || g.Votes != c.Galaxies[i].Votes {
				t.Errorf("galaxy %d has votes %v, want %d with %v", g.ID, g.Votes, c.Galaxies[i].ID, c.Galaxies[i].Votes)
			}
			if !bytes.Equal(bytesOf(t, got, i), bytesOf(t, c, i)) {
				t.Errorf("the image of galaxy %d has changed", g.ID)
			}
		}
		onlyEntries(t, dir, TrainingFolder, LabelFile)
	}
	onlyEntries(t, parent, "empty", "new")
}

func TestExportRefuses(t *testing.T) {
	parent := t.TempDir()
	full := filepath.Join(parent, "full")
	if err := os.Mkdir(full, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(full, "file")
	write(t, file, "mine")
	for dir, want := range map[string]string{
		full:                                "it exists and is not empty; name another, or remove it first",
		file:                                "not a directory",
		filepath.Join(parent, "no", "such"): "no such file or directory",
	} {
		err := Export(t.Context(), Synthetic(1, 1), dir, nil, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "failed to write the folder ") || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("Export to %s: %v, want ... %s", dir, err, want)
		}
	}
	onlyEntries(t, parent, "full")
	onlyEntries(t, full, "file")
}

func TestExportLeavesNothing(t *testing.T) {
	c := Synthetic(20, 1)
	broken := errors.New("no more galaxies")

	t.Run("cancelled", func(t *testing.T) {
		parent := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := Export(ctx, c, filepath.Join(parent, "data"), nil, func(done, _ int) {
			if done == 3 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v, want %v", err, context.Canceled)
		}
		onlyEntries(t, parent)
	})
	t.Run("failed", func(t *testing.T) {
		parent := t.TempDir()
		failing := *c
		failing.draw = func(i int) ([]byte, error) {
			if i == 5 {
				return nil, broken
			}
			return c.draw(i)
		}
		if err := Export(t.Context(), &failing, filepath.Join(parent, "data"), nil, nil); !errors.Is(err, broken) {
			t.Errorf("error is %v, want %v", err, broken)
		}
		onlyEntries(t, parent)
	})
}
