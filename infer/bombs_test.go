package infer

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/alloctest"
)

// Files beside a table or features whose line has no end.
func TestBombs(t *testing.T) {
	dir := t.TempDir()
	features := filepath.Join(dir, "f.npy")
	writeFeatures(t, features, handmadeFeatures(t, 3, 4))
	table := filepath.Join(dir, "votes.csv")
	deep := strings.Repeat("[", 1_000_000)
	tests := []struct {
		name, path, content string
		size                int64 // of zeros and all
		read                func() error
	}{
		{"ids of features, endless", npyIDs(features), "GalaxyID,file\n1,", 1 << 28, func() error { _, err := ReadFeatures(features); return err }},
		{"meta, endless", metaFile(table), "{", 1 << 28, func() error { _, err := readMeta(table); return err }},
		{"meta, nested", metaFile(table), deep, 0, func() error { _, err := readMeta(table); return err }},
		{"part, endless", table, "GalaxyID", 1 << 28, func() error { _, err := eachRecord(table, nil, nil); return err }},
		{"journal, endless", table + journalSuffix, "{", 1 << 28, func() error {
			_, err := openJournal(table, fuzzMeta(1), true, func() (int, error) { return math.MaxInt, nil })
			return err
		}},
		{"journal, nested", table + journalSuffix, string(summedLines([]byte(deep[:500_000] + "\n"))), 0, func() error {
			_, err := openJournal(table, fuzzMeta(1), true, func() (int, error) { return math.MaxInt, nil })
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := os.WriteFile(test.path, []byte(test.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if test.size > 0 {
				if err := os.Truncate(test.path, test.size); err != nil {
					t.Skipf("no sparse files here: %v", err)
				}
			}
			alloctest.Bounded(t, 128<<20, 30*time.Second, func() {
				err := test.read()
				if err == nil || !strings.HasPrefix(err.Error(), test.path) {
					t.Fatalf("error %v, want one that begins with %s", err, test.path)
				}
				checkFault(t, err)
			})
		})
	}
}
