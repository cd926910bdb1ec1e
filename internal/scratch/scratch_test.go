package scratch

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What a killed process has left of a folder goes when the same is made again;
// what is not of that kind stays.
func TestMakeRemovesAbandoned(t *testing.T) {
	dir := t.TempDir()
	const number = "00000000000000000012"
	others := []string{".model-", ".model-20240101", ".model-" + number + "a", ".models-" + number, ".other-" + number}
	for _, name := range append([]string{".model-" + number, ".model-12345678901234567890"}, others...) {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name, "part"))
	}
	write(t, filepath.Join(dir, ".model-"+number[1:]+"4")) // a file
	first, err := Make(filepath.Join(dir, "model"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := Make(filepath.Join(dir, "model")) // while the first is being made
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(first.Path, "part"))
	if err := first.Place(); err != nil {
		t.Error(err)
	}
	if err := first.Remove(); err != nil {
		t.Error(err)
	}
	if err := second.Place(); err == nil {
		t.Error("a folder that was there was replaced")
	}
	if err := second.Remove(); err != nil {
		t.Error(err)
	}
	want := append(slices.Clone(others), ".model-"+number[1:]+"4", "model")
	slices.Sort(want)
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	if got := names(t, filepath.Join(dir, "model")); !slices.Equal(got, []string{"part"}) {
		t.Errorf("the folder has %q", got)
	}
}

// Many at once do not take each other's folders for abandoned ones.
func TestMakeAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				f, err := Make(filepath.Join(dir, "model"))
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(f.Path, "part"), nil, 0o644); err != nil {
					t.Error(err)
				}
				if err := f.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := names(t, dir); len(got) > 0 {
		t.Errorf("left %q", got)
	}
}

func TestRemoveFiles(t *testing.T) {
	dir := t.TempDir()
	stay := []string{".run.json", ".run.json12a", ".other1", "run.json", "run.json1"}
	for _, name := range append([]string{".run.json1", ".run.json234", ".metrics.csv5"}, stay...) {
		write(t, filepath.Join(dir, name))
	}
	if err := os.Mkdir(filepath.Join(dir, ".run.json7"), 0o755); err != nil {
		t.Fatal(err)
	}
	RemoveFiles(dir, "run.json", "metrics.csv")
	RemoveFiles(filepath.Join(dir, "nowhere"), "run.json")
	want := append(stay, ".run.json7")
	slices.Sort(want)
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
}
