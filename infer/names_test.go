package infer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// oddNames are ids, each of which some format or program gives trouble.
var oddNames = []string{
	"a\nb", "tab\there", `q"u"o`, `'single'`, "com,ma", "-rf", "--out", "=1+1", "@SUM(A1)", `back\slash`, "\x1b[31mred\x1b]0;title\a", "o\rver", "del\x7f",
	"a", "A", "é", "e\u0301", "星系", "\u202egpj", "\u009b2J", "#hash", "null", "NaN", "GalaxyID", "a b", "*.jpg", "[1]", "~", "$(id)", "%s%n", "a;b", `\.`,
	strings.Repeat("x", 251),
}

// Ids and paths stand in all tables as they are, also where an image could not be
// read, and also after a stop.
func TestOddNames(t *testing.T) {
	e := ensembleOf(t, 1)
	images, out := t.TempDir(), t.TempDir()
	writeImage(t, filepath.Join(images, "galaxy.data"), 1)
	var wantIDs, wantBad []string
	var catalogue bytes.Buffer
	w := csv.NewWriter(&catalogue)
	w.Write([]string{"id_str", "file_loc"})
	for i, name := range oddNames {
		file := filepath.Join(images, name+".jpg")
		if i%2 == 0 {
			writeImage(t, file, i)
		}
		if i%3 == 0 {
			file = filepath.Join(images, name[:min(len(name), 200)]+"\xff.jpg")
			os.WriteFile(file, []byte("text"), 0o644) // its error is one with a file and one without
		}
		if i%2 == 0 && i%3 > 0 {
			wantIDs = append(wantIDs, name)
		} else {
			wantBad = append(wantBad, name, file)
		}
		w.Write([]string{name, file})
	}
	w.Flush()
	list := filepath.Join(out, "list.csv")
	if err := os.WriteFile(list, catalogue.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, extension := range []string{".csv", ".jsonl", ".parquet"} {
		table := filepath.Join(out, "votes-"+extension[1:]+extension)
		j := job(t, list, table)
		j.Features, j.Options.Features = filepath.Join(out, "f-"+extension[1:]+".npy"), true
		if extension == ".parquet" {
			j.Features = filepath.Join(out, "f.parquet")
		}
		tabulate(t, e, j)
		if got := idsOf(t, table); !slices.Equal(got, wantIDs) {
			t.Errorf("%s: ids are %q\nwant %q", extension, got, wantIDs)
		}
		var bad []string
		for _, row := range rowsOf(t, errorsFile(table)) {
			bad = append(bad, row[0], row[1])
		}
		if !slices.Equal(bad, wantBad) {
			t.Errorf("%s: those that could not be read are %q\nwant %q", extension, bad, wantBad)
		}
		f, err := ReadFeatures(j.Features)
		if err != nil || !slices.Equal(f.IDs, wantIDs) {
			t.Errorf("%s: features are of %q, %v", extension, f.IDs, err)
		}
	}
	merged := filepath.Join(out, "merged.csv")
	if _, err := Merge(t.Context(), []string{filepath.Join(out, "votes-csv.csv")}, merged); err != nil {
		t.Fatal(err)
	}
	for _, file := range []func(string) string{func(table string) string { return table }, errorsFile} {
		if got, want := read(t, file(merged)), read(t, file(filepath.Join(out, "votes-csv.csv"))); got != want {
			t.Errorf("merged: %q\nwant %q", got, want)
		}
	}
}

// rowsOf are the rows of a CSV file without its header.
func rowsOf(t *testing.T, path string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatal(err)
	}
	return rows[1:]
}

// idsOf reads the ids of a table in any of the formats.
func idsOf(t *testing.T, path string) []string {
	t.Helper()
	var ids []string
	switch filepath.Ext(path) {
	case ".csv":
		for _, row := range rowsOf(t, path) {
			ids = append(ids, row[0])
		}
	case ".jsonl":
		for line := range strings.Lines(read(t, path)) {
			var row struct{ GalaxyID string }
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, row.GalaxyID)
		}
	case ".parquet":
		rows, err := parquet.ReadFile[struct {
			ID string `parquet:"GalaxyID"`
		}](path)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			ids = append(ids, row.ID)
		}
	}
	return ids
}
