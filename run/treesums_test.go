package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// makeTree makes a folder of files whose content is their name.
func makeTree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func verifyTree(t *testing.T, dir string) *TreeSums {
	t.Helper()
	got, err := VerifyTree(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func writeTree(t *testing.T, dir string) {
	t.Helper()
	if _, err := WriteTree(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
}

// faulty are the names of files with faults.
func faulty(s *TreeSums) []string {
	var names []string
	for _, f := range s.Faults {
		names = append(names, f.Name)
	}
	return names
}

func TestVerifyTree(t *testing.T) {
	dir := makeTree(t, "labels.csv", "images/1.jpg", "images/2.jpg", "images/more/3.jpg", ".hidden", "images/.hidden")
	if got := verifyTree(t, dir); got.Listed || got.Files != 0 || got.Err(dir) != nil {
		t.Errorf("without a list: %+v", got)
	}
	writeTree(t, dir)
	if got := verifyTree(t, dir); !got.Listed || got.Files != 4 || got.Err(dir) != nil {
		t.Errorf("a whole folder: %+v", got)
	}
	first, err := os.ReadFile(filepath.Join(dir, SumsFile))
	if err != nil {
		t.Fatal(err)
	}
	writeTree(t, dir)
	if second, err := os.ReadFile(filepath.Join(dir, SumsFile)); err != nil || string(second) != string(first) {
		t.Errorf("the list is another the second time:\n%s\n%s, %v", first, second, err)
	}

	// One fault of each kind; hidden files and runs take no part.
	for name, content := range map[string]string{"images/1.jpg": "images/7.jpg", "images/9.jpg": "new", ".hidden": "edited", "runs/0001-small/run.json": "{}"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "images", "more", "3.jpg")); err != nil {
		t.Fatal(err)
	}
	// To open a pipe would wait forever.
	if err := errors.Join(os.Remove(filepath.Join(dir, "labels.csv")), syscall.Mkfifo(filepath.Join(dir, "labels.csv"), 0o644)); err != nil {
		t.Fatal(err)
	}
	got := verifyTree(t, dir)
	if want := []string{"images/1.jpg", "images/9.jpg", "images/more/3.jpg", "labels.csv"}; !slices.Equal(faulty(got), want) {
		t.Errorf("faults in %q, want %q", faulty(got), want)
	}
	err = got.Err(dir)
	data, is := errors.AsType[*galaxyzoo.DataError](err)
	if !is || data.File != filepath.Join(dir, "images", "1.jpg") {
		t.Errorf("error is %v", err)
	}
	for _, want := range []string{"1.jpg: damaged or changed", "9.jpg: SHA256SUMS does not list it; move it away if", "3.jpg: the file is missing, SHA256SUMS lists it; unpack it anew", "labels.csv: failed to read: not a file"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant ... %s", err, want)
		}
	}
}

// Of many faults the first are told, and how many there are.
func TestTreeFaultsAreCounted(t *testing.T) {
	var names []string
	for i := range mostFaults + 7 {
		names = append(names, fmt.Sprintf("%03d.jpg", i))
	}
	dir := makeTree(t, names...)
	writeTree(t, dir)
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := verifyTree(t, dir)
	lines := strings.Split(got.Err(dir).Error(), "\n")
	if len(got.Faults) != len(names) || len(lines) != mostFaults+1 || !strings.Contains(lines[0], "000.jpg") || lines[mostFaults] != "and 7 more faults" {
		t.Errorf("%d faults, told as\n%s", len(got.Faults), strings.Join(lines, "\n"))
	}
}

// Links are followed, as reading images follows them; those that lead round in a
// circle are told of.
func TestTreeFollowsLinks(t *testing.T) {
	elsewhere := makeTree(t, "1.jpg", "deep/2.jpg")
	dir := makeTree(t, "labels.csv")
	if err := errors.Join(os.Symlink(elsewhere, filepath.Join(dir, "images")), os.Symlink("labels.csv", filepath.Join(dir, "same.csv"))); err != nil {
		t.Fatal(err)
	}
	writeTree(t, dir)
	if err := os.WriteFile(filepath.Join(elsewhere, "deep", "2.jpg"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := verifyTree(t, dir); got.Files != 4 || !slices.Equal(faulty(got), []string{"images/deep/2.jpg"}) {
		t.Errorf("%+v", got)
	}
	if err := os.Symlink(dir, filepath.Join(elsewhere, "up")); err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyTree(t.Context(), dir, nil); err == nil || !strings.Contains(err.Error(), "images/up: failed to list the folder: it is a link to a folder that it lies in") {
		t.Errorf("a circle of links: %v", err)
	}
}

func TestTreeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"a name of two lines": func(dir string) error { return os.WriteFile(filepath.Join(dir, "a\nb"), nil, 0o644) },
		"a pipe":              func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644) },
		"a dangling link":     func(dir string) error { return os.Symlink("nowhere", filepath.Join(dir, "link")) },
	} {
		dir := makeTree(t, "1.jpg")
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		_, err := WriteTree(t.Context(), dir, nil)
		if _, is := errors.AsType[*galaxyzoo.DataError](err); !is {
			t.Errorf("%s: %v, want a DataError", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, SumsFile)); err == nil {
			t.Errorf("%s: a list was written", name)
		}
	}
	dir := makeTree(t, "1.jpg", "2.jpg")
	writeTree(t, dir)
	list := filepath.Join(dir, SumsFile)
	whole, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := os.WriteFile(list, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := VerifyTree(t.Context(), dir, nil); err == nil {
			t.Errorf("a list cut at %d of %d bytes is taken: %+v", cut, len(whole), got)
		}
	}
}

// The end of ctx ends the work, and leaves no list and no part of one.
func TestTreeIsInterrupted(t *testing.T) {
	dir := makeTree(t, "1.jpg", "2.jpg", "3.jpg", "4.jpg")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := WriteTree(ctx, dir, func(int, int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("writing: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("an interrupted list leaves %v, %v", entries, err)
	}
	writeTree(t, dir)
	if got, err := VerifyTree(ctx, dir, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("verifying: %+v, %v", got, err)
	}
}

func TestTreeSumsAreThoseOfSha256sum(t *testing.T) {
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("there is no program sha256sum here")
	}
	dir := makeTree(t, "1.jpg", "images of mine/2.jpg", "ünï/3.jpg")
	writeTree(t, dir)
	check := exec.Command(program, "--check", "--strict", SumsFile)
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}
