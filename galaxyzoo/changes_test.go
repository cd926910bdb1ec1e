package galaxyzoo

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// Labels that are cut and written while they are read are the whole table, its first
// rows, or an error: never a row that was not in the file.
func TestLabelsThatChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.csv")
	ids := []int64{100008, 100023, 100053, 100078}
	whole := []byte(table(t, ids, "", ""))
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	want, err := ReadLabels(path)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	defer writer.Wait()
	defer close(stop)
	change := func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			os.Truncate(path, int64(n*37%len(whole)))
			os.WriteFile(path, whole, 0o644)
		}
	}
	read, faults := 0, 0
	for n := 0; n < 500 || faults == 0 && n < 50_000; n++ {
		if n == 1 { // the first is of the whole table
			writer.Go(change)
		}
		l, err := ReadLabels(path)
		if err != nil {
			if _, is := errors.AsType[*DataError](err); !is {
				t.Fatalf("error %#v", err)
			}
			faults++
			continue
		}
		for i, id := range l.IDs {
			if !slices.Contains(ids, id) || l.Votes[i] != want.Votes[slices.Index(ids, id)] {
				t.Fatalf("galaxy %d with %v", id, l.Votes[i])
			}
		}
		if read++; n == 0 && len(l.IDs) != len(ids) {
			t.Fatalf("%d galaxies of the whole table, want %d", len(l.IDs), len(ids))
		}
	}
	if read == 0 || faults == 0 {
		t.Errorf("%d tables, %d errors, want some of both", read, faults)
	}
}
