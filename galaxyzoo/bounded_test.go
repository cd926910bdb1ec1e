package galaxyzoo

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/alloctest"
)

// repeated gives a text again and again.
type repeated string

func (r repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

// A line without an end, and a cell in quotes that goes on over all lines, are
// faults of their lines and not read to the end.
func TestRowWithoutEnd(t *testing.T) {
	whole := table(t, []int64{100008}, "", "")
	for name, endless := range map[string]io.Reader{
		"line":       io.MultiReader(strings.NewReader(whole), repeated("1")),
		"commas":     io.MultiReader(strings.NewReader(whole), repeated(",")),
		"quotes":     io.MultiReader(strings.NewReader(whole+"\""), repeated("1\n")),
		"blanks":     io.MultiReader(strings.NewReader(whole), repeated("\n")),
		"not a byte": io.MultiReader(strings.NewReader(whole), repeated("\x00")),
	} {
		alloctest.Bounded(t, 256<<20, 10*time.Second, func() {
			_, err := ParseLabels(endless, "l.csv")
			fault, ok := errors.AsType[*DataError](err)
			if !ok || fault.File != "l.csv" || fault.Line < 3 || !errors.Is(err, ErrLongRow) {
				t.Errorf("%s: error %v", name, err)
			}
		})
	}
}

// Rows that are just short enough are read, however the file comes.
func TestLongRows(t *testing.T) {
	cell := strings.Repeat("x", maxRow-2)
	r := NewCSVReader(iotest.HalfReader(strings.NewReader("\ufeffa\n" + cell + "\n" + cell + "\n" + cell + "xx\n")))
	for i, want := range []string{"a", cell, cell} {
		if row, err := r.Read(); err != nil || len(row) != 1 || row[0] != want {
			t.Fatalf("row %d: %d cells, %v", i, len(row), err)
		}
	}
	if _, err := r.Read(); !errors.Is(err, ErrLongRow) {
		t.Errorf("a row beyond the bound: %v", err)
	}
}

func TestReadText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	for _, size := range []int64{maxText, maxText + 1, 1 << 40} { // most of it in no block of the disk
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
		alloctest.Bounded(t, 8*maxText, 10*time.Second, func() {
			if content, err := ReadText(path); errors.Is(err, ErrTooLarge) != (size > maxText) || err == nil && int64(len(content)) != size {
				t.Errorf("%d bytes: %d were read, %v", size, len(content), err)
			}
		})
	}
	if _, err := ReadText(path + "x"); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), path) {
		t.Errorf("a file that is not there: %v", err)
	}
}
