package run

import (
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

// summedDir makes a folder of two files, of which one lies deeper, with their sums.
func summedDir(t *testing.T) (dir string, files []string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range map[string]string{"state.json": "{}\n", "variables/index": strings.Repeat("weights ", 20), "README.md": "edit me\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteSums(dir, "README.md"); err != nil {
		t.Fatal(err)
	}
	return dir, []string{filepath.Join(dir, "state.json"), filepath.Join(dir, "variables", "index")}
}

// faultyFiles are those that VerifySums names.
func faultyFiles(t *testing.T, dir string) []string {
	t.Helper()
	listed, err := VerifySums(dir)
	if !listed {
		t.Fatalf("no sums are listed: %v", err)
	}
	if err == nil {
		return nil
	}
	faults := []error{err}
	if joined, is := err.(interface{ Unwrap() []error }); is {
		faults = joined.Unwrap()
	}
	var files []string
	for _, err := range faults {
		data, is := errors.AsType[*galaxyzoo.DataError](err)
		if !is {
			t.Fatalf("%T: %v, want a DataError", err, err)
		}
		files = append(files, data.File)
	}
	return files
}

func TestVerifySums(t *testing.T) {
	dir, files := summedDir(t)
	if faults := faultyFiles(t, dir); faults != nil {
		t.Errorf("faults in a whole folder: %v", faults)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		try := func(damage string, content []byte) {
			t.Helper()
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			if faults := faultyFiles(t, dir); !slices.Equal(faults, []string{path}) {
				t.Errorf("%s %s: faults in %v", damage, path, faults)
			}
		}
		for i := range content {
			flipped := slices.Clone(content)
			flipped[i] ^= 1
			try("flipped", flipped)
			try("cut", content[:i])
		}
		try("longer", append(slices.Clone(content), 0))
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if faults := faultyFiles(t, dir); !slices.Equal(faults, []string{path}) {
			t.Errorf("removed %s: faults in %v", path, faults)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	// What is not listed may be edited, and added.
	for _, name := range []string{"README.md", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("edited"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if faults := faultyFiles(t, dir); faults != nil {
		t.Errorf("faults after the card was edited: %v", faults)
	}
}

// A list that is damaged itself vouches for nothing, wherever the damage is.
func TestVerifyDamagedSums(t *testing.T) {
	dir, _ := summedDir(t)
	path := filepath.Join(dir, SumsFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range content {
		for _, damaged := range [][]byte{content[:i], slices.Concat(content[:i], []byte{content[i] ^ 1}, content[i+1:])} {
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if faults := faultyFiles(t, dir); faults == nil {
				t.Errorf("no fault with %d bytes %q", len(damaged), damaged)
			}
		}
	}
	zeros := strings.Repeat("0", 64)
	for _, line := range []string{"x  state.json", zeros + "  ../state.json", zeros + "  /etc/passwd", zeros + " state.json", "# state.json"} {
		if err := os.WriteFile(path, []byte(line+"\n# 1 files\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if faults := faultyFiles(t, dir); !slices.Equal(faults, []string{path}) {
			t.Errorf("%q: faults in %v, want %s", line, faults, path)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if listed, err := VerifySums(dir); listed || err != nil {
		t.Errorf("without a list: %v, %v", listed, err)
	}
}

func TestSumsAreThoseOfSha256sum(t *testing.T) {
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("there is no program sha256sum here")
	}
	dir, _ := summedDir(t)
	check := exec.Command(program, "--check", "--strict", SumsFile)
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// What is read of a folder is of one folder, though another takes its place in the
// middle.
func TestUnreplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "last")
	replace := func(text string) {
		t.Helper()
		next, err := NewDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		fillDir(t, next, text)
		if err := errors.Join(WriteSums(next), ReplaceDir(next, dir)); err != nil {
			t.Fatal(err)
		}
	}
	replace("first")
	reads := 0
	var a, b string
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	err := Unreplaced(dir, func() error {
		reads++
		a = read("a")
		if reads == 1 {
			replace("second")
		}
		b = read("deep/b")
		return nil
	})
	if err != nil || reads != 2 || a != "second" || b != "second" {
		t.Errorf("read %d times: %q and %q, %v", reads, a, b, err)
	}
	if err := Unreplaced(dir, func() error { replace(fmt.Sprint(reads)); reads++; return nil }); err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("of a folder that never stays: %v", err)
	}
	if err := Unreplaced(dir, func() error { return os.ErrInvalid }); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("error is %v", err)
	}
}

// Beside a file stands the list of it and of what belongs to it, of which a reader may
// have that file alone.
func TestSumsBeside(t *testing.T) {
	dir := t.TempDir()
	table, more := filepath.Join(dir, "votes.csv"), filepath.Join(dir, "votes.meta.json")
	if err := VerifySumsBeside(table, false); err != nil {
		t.Errorf("without a list: %v", err)
	}
	var sums []Sum
	for _, path := range []string{table, more} {
		if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
			t.Fatal(err)
		}
		sum, err := SumOf(path)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, Sum{sum, filepath.Base(path)})
	}
	if err := WriteSumsBeside(table, sums); err != nil {
		t.Fatal(err)
	}
	if err := VerifySumsBeside(table, false); err != nil {
		t.Error(err)
	}
	if err := os.Remove(more); err != nil {
		t.Fatal(err)
	}
	if err := VerifySumsBeside(table, true); err != nil {
		t.Errorf("alone: %v", err)
	}
	if err := VerifySumsBeside(table, false); !isDataError(err) || !strings.Contains(err.Error(), "votes.meta.json: the file is missing") {
		t.Errorf("without a part: %v", err)
	}
	damage(t, table)
	if err := VerifySumsBeside(table, true); !isDataError(err) || !strings.Contains(err.Error(), "remove "+table+SumsSuffix) {
		t.Errorf("damaged: %v", err)
	}
	// A pipe in the list's place keeps nobody waiting.
	if err := errors.Join(os.Remove(table+SumsSuffix), syscall.Mkfifo(table+SumsSuffix, 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := VerifySumsBeside(table, true); !isDataError(err) {
		t.Errorf("a pipe: %v", err)
	}
}
