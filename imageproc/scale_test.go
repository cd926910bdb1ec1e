package imageproc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/alloctest"
)

// A folder of 200,000 images is listed in seconds, and little is held of it.
func TestFolderAtScale(t *testing.T) {
	files := alloctest.Scale(t, 5_000, 200_000)
	dir := t.TempDir()
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("J%018d.jpg", i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var l *Listing
	before := alloctest.Held()
	measure := func(what string, bytes int, work func() error) {
		begin := time.Now()
		alloctest.Bounded(t, uint64(bytes*files), 5*time.Minute, func() {
			if err := work(); err != nil {
				t.Error(err)
			}
		})
		t.Logf("%s: %d files in %v", what, files, time.Since(begin))
	}
	measure("opened", 1500, func() (err error) { l, err = OpenListing(t.Context(), dir, ""); return err })
	each := float64(alloctest.Held()-before) / float64(files)
	t.Logf("%.0f bytes a file held", each)
	if each > 24 {
		t.Errorf("%.0f bytes a file are held", each)
	}
	measure("gone through", 1500, func() error {
		n := 0
		for _, err := range l.All() {
			if err != nil {
				return err
			}
			n++
		}
		if n != files || l.Count != files {
			return fmt.Errorf("%d files, then %d", l.Count, n)
		}
		return nil
	})
	measure("for prep", 2000, func() error {
		sources, err := FolderSources(dir)
		if err == nil && len(sources) != files {
			err = fmt.Errorf("%d sources", len(sources))
		}
		return err
	})
}

// In a catalogue of a million rows the one that is bad is named.
func TestBadRowAtScale(t *testing.T) {
	rows := alloctest.Scale(t, 20_000, 1_000_000)
	path := filepath.Join(t.TempDir(), "c.csv")
	var b strings.Builder
	b.WriteString("id_str,file_loc\n")
	for i := range rows {
		if i == rows-3 {
			b.WriteString("J,\n")
			continue
		}
		fmt.Fprintf(&b, "J%d,some/folder/%d.jpg\n", i, i)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	alloctest.Bounded(t, uint64(300*rows), 5*time.Minute, func() {
		_, err := OpenListing(t.Context(), path, "")
		if fault, is := errors.AsType[*galaxyzoo.DataError](err); !is || fault.Line != rows-1 {
			t.Errorf("error %v, want one about line %d", err, rows-1)
		}
	})
	t.Logf("%d rows in %v", rows, time.Since(begin))
}
