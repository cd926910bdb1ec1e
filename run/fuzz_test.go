package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// The readers of a run's JSON files give an error about the file or a value, which
// reads the same once it is written.
func FuzzInfo(f *testing.F) {
	r := &Run{Dir: f.TempDir()}
	addJSON(f, testInfo(), &Info{Status: StatusRunning})
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzJSON(t, r.Path(InfoFile), content, r.Info)
	})
}

func FuzzState(f *testing.F) {
	dir := f.TempDir()
	state := testState()
	addJSON(f, &state)
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzJSON(t, filepath.Join(dir, StateFile), content, func() (*State, error) { return ReadState(dir) })
	})
}

func addJSON(f *testing.F, values ...any) {
	for _, value := range values {
		whole, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
		f.Add(whole[:len(whole)/2])
		f.Add(bytes.ReplaceAll(whole, []byte("1"), []byte("-1")))
		f.Add(bytes.ReplaceAll(whole, []byte("1"), []byte("1e400")))
		f.Add(append(whole, whole...))
	}
	for _, seed := range []string{"", "null", "[]", "{}", `{"status":3}`, `{"STATUS":"done","status":"running"}`, strings.Repeat("[", 20_000), "\xff\xfe{"} {
		f.Add([]byte(seed))
	}
}

func fuzzJSON[T any](t *testing.T, path string, content []byte, read func() (*T, error)) {
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	value, err := read()
	if err != nil {
		if fault, ok := errors.AsType[*galaxyzoo.DataError](err); !ok || fault.File != path {
			t.Fatalf("error %#v, want a *DataError about %s", err, path)
		}
		return
	}
	written, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, written, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := read()
	if err != nil {
		t.Fatalf("%v\n%s", err, written)
	}
	rewritten, err := json.Marshal(again)
	if err != nil || !bytes.Equal(written, rewritten) {
		t.Fatalf("wrote %s\nread  %s, %v", written, rewritten, err)
	}
}

// Whatever a list of checksums holds, nothing outside of its folder is vouched for,
// and each fault names a file.
func FuzzSums(f *testing.F) {
	above := f.TempDir()
	dir := filepath.Join(above, "model")
	if err := os.MkdirAll(filepath.Join(dir, "variables"), 0o755); err != nil {
		f.Fatal(err)
	}
	for _, path := range []string{filepath.Join(above, "outside"), filepath.Join(dir, "graph.pb"), filepath.Join(dir, "variables", "index")} {
		if err := os.WriteFile(path, []byte("weights"), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	if err := WriteSums(dir); err != nil {
		f.Fatal(err)
	}
	list := filepath.Join(dir, SumsFile)
	content, err := os.ReadFile(list)
	if err != nil {
		f.Fatal(err)
	}
	whole := string(content)
	for _, seed := range []string{whole, "", "\n", whole[1:], whole[:len(whole)-1], strings.ReplaceAll(whole, "graph.pb", "../outside"),
		strings.ReplaceAll(whole, "graph.pb", "."), strings.ReplaceAll(whole, "\n", "\r\n"), endOfSums(0) + "\n", endOfSums(-1) + "\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(list, content, 0o644); err != nil {
			t.Fatal(err)
		}
		listed, err := VerifySums(dir)
		if !listed {
			t.Fatal("no list was found")
		}
		if err == nil && bytes.Contains(content, []byte("outside")) {
			t.Fatalf("a file outside is vouched for by %q", content)
		}
		if fault, ok := errors.AsType[*galaxyzoo.DataError](err); err != nil && (!ok || !strings.HasPrefix(fault.File, dir)) {
			t.Fatalf("error %#v, want a *DataError about a file in the folder", err)
		}
	})
}
