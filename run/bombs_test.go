package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/alloctest"
)

// Files of a run that somebody else gave away: none of them is read for longer than
// makes sense, and each is told of by its name.
func TestBombs(t *testing.T) {
	r := create(t)
	deep := strings.Repeat("[", 1_000_000)
	checkpoint := r.Checkpoint(Last)
	if err := os.MkdirAll(checkpoint, 0o755); err != nil {
		t.Fatal(err)
	}
	laughs := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		laughs += strings.ReplaceAll("N: &N [*P,*P,*P,*P,*P,*P,*P,*P,*P]\n", "N", string(c))
		laughs = strings.ReplaceAll(laughs, "*P", "*"+string(c-1))
	}
	info := func() error { _, err := r.Info(); return err }
	state := func() error { _, err := ReadState(checkpoint); return err }
	sums := func() error { _, err := VerifySums(checkpoint); return err }
	epochs := func() error { _, err := r.Epochs(); return err }
	steps := func() error { _, err := r.Steps(); return err }
	config := func() error { _, err := r.Config(); return err }
	votes := func() error { _, err := r.ReadPredictions(); return err }
	tests := []struct {
		name, path, content string
		size                int64 // of zeros and all; 0 for no more than the content
		read                func() error
	}{
		{"run.json, nested", r.Path(InfoFile), deep, 0, info},
		{"run.json, nested in a field that nobody knows", r.Path(InfoFile), `{"status":"done","x":` + deep + strings.Repeat("]", 1_000_000) + "}", 0, info},
		{"run.json, endless", r.Path(InfoFile), `{"status":"done"}`, 1 << 28, info},
		{"state.json, nested", filepath.Join(checkpoint, StateFile), `{"best":` + deep, 0, state},
		{"state.json, endless", filepath.Join(checkpoint, StateFile), "{", 1 << 28, state},
		{"checksums, endless", filepath.Join(checkpoint, SumsFile), "0", 1 << 28, sums},
		{"metrics.csv, endless", r.Path(MetricsCSV), csvHeader(), 1 << 28, epochs},
		{"metrics.jsonl, endless", r.Path(MetricsJSONL), "{", 1 << 28, steps},
		{"metrics.jsonl, nested", r.Path(MetricsJSONL), `{"step":` + deep[:500_000] + "\n", 0, steps},
		{"validation.csv, endless", r.Predictions(), "GalaxyID", 1 << 28, votes},
		{"config.yaml, aliases of aliases", r.Path(ConfigFile), laughs, 0, config},
		{"config.yaml, an alias of itself", r.Path(ConfigFile), "data: &a [*a]\n", 0, config},
		{"config.yaml, nested", r.Path(ConfigFile), "data: " + deep[:1<<19], 0, config},
		{"config.yaml, a text of aliases", r.Path(ConfigFile), "data: &a x\npreset: *a\n", 0, config},
		{"config.yaml, endless", r.Path(ConfigFile), "epochs: 3\n", 1 << 28, config},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := os.MkdirAll(filepath.Dir(test.path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(test.path, []byte(test.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if test.size > 0 {
				if err := os.Truncate(test.path, test.size); err != nil {
					t.Skipf("no sparse files here: %v", err)
				}
			}
			alloctest.Bounded(t, 256<<20, 30*time.Second, func() {
				err := test.read()
				_, data := errors.AsType[*galaxyzoo.DataError](err)
				_, usage := errors.AsType[*UsageError](err)
				if !data && !usage || !strings.HasPrefix(err.Error(), test.path) || len(err.Error()) > len(test.path)+1000 {
					t.Errorf("error %.300v, want a short one that begins with %s", err, test.path)
				}
			})
		})
	}
}
