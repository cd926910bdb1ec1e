package infer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A folder that grows while it is predicted gives the table of what was in it; a list
// that changes gives none, and what was done is kept.
func TestTabulateWhatChanges(t *testing.T) {
	e, dir, out := ensembleOf(t, 1), imageFolder(t, 40), t.TempDir()
	j := job(t, dir, filepath.Join(out, "grown.csv"))
	j.Progress = func(done, total int) {
		if done == 1 {
			writeImage(t, filepath.Join(dir, "9999.jpg"), 1)
		}
	}
	if s := tabulate(t, e, j); s.Predicted != 40 || s.Images != 40 || len(rowsOf(t, j.Out)) != 40 {
		t.Errorf("%+v, and %d rows", s, len(rowsOf(t, j.Out)))
	}

	list := filepath.Join(dir, "list.txt")
	var lines strings.Builder
	for _, row := range rowsOf(t, j.Out) {
		lines.WriteString(row[0] + ".jpg\n")
	}
	if err := os.WriteFile(list, []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	j = job(t, list, filepath.Join(out, "listed.csv"))
	j.Progress = func(done, total int) {
		if done == 1 {
			os.WriteFile(list, []byte(lines.String()+"9999.jpg\n"), 0o644)
		}
	}
	_, err := e.Tabulate(t.Context(), j)
	if fault, is := errors.AsType[*galaxyzoo.DataError](err); !is || fault.File != list || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("error %v", err)
	}
	if exists(j.Out) || !exists(j.Out+journalSuffix) {
		t.Errorf("there are %v", namesIn(t, out))
	}
	os.WriteFile(list, []byte(lines.String()), 0o644)
	j = job(t, list, j.Out)
	j.Resume = true
	if s := tabulate(t, e, j); s.Predicted != 40 || s.Resumed == 0 {
		t.Errorf("gone on with: %+v", s)
	}
}
