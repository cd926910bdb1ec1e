package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func noExchange(_, _ string) (bool, error) { return false, nil }

// fillDir makes a folder of two files that both hold a text.
func fillDir(t testing.TB, dir, text string) {
	t.Helper()
	touch(t, filepath.Join(dir, "a"))
	touch(t, filepath.Join(dir, "deep", "b"))
	for _, file := range []string{"a", "deep/b"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// textOf returns the text that both files of a folder hold.
func textOf(dir string) (string, error) {
	a, err1 := os.ReadFile(filepath.Join(dir, "a"))
	b, err2 := os.ReadFile(filepath.Join(dir, "deep", "b"))
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	if string(a) != string(b) {
		return "", fmt.Errorf("%s holds a mixture of %q and %q", dir, a, b)
	}
	return string(a), nil
}

func TestReplaceDir(t *testing.T) {
	for name, exchange := range map[string]func(a, b string) (bool, error){"exchange": exchange, "renames": noExchange} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			final := filepath.Join(parent, "checkpoints", "last")
			for i := range 4 {
				dir, err := NewDir(final)
				if err != nil {
					t.Fatal(err)
				}
				want := fmt.Sprint("text ", i)
				fillDir(t, dir, want)
				if err := replaceDir(dir, final, exchange); err != nil {
					t.Fatal(err)
				}
				if got, err := textOf(final); err != nil || got != want {
					t.Errorf("final holds %q, %v; want %q", got, err, want)
				}
				if left := names(t, filepath.Dir(final)); len(left) != 1 {
					t.Errorf("left %q", left)
				}
			}
		})
	}
}

// A reader finds a whole folder at every moment of a hundred replacements.
func TestReplaceDirUnderReader(t *testing.T) {
	parent := t.TempDir()
	for _, name := range []string{"p", "q"} {
		fillDir(t, filepath.Join(parent, name), name)
	}
	if ok, err := exchange(filepath.Join(parent, "p"), filepath.Join(parent, "q")); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("this file system cannot exchange two names")
	}
	final := filepath.Join(parent, "final")
	fillDir(t, final, "first")
	done := make(chan error)
	go func() {
		defer close(done)
		for i := range 100 {
			dir, err := NewDir(final)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, "a"), fmt.Append(nil, i), 0o644)
			}
			if err = errors.Join(err, ReplaceDir(dir, final)); err != nil {
				done <- err
				return
			}
		}
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
			if _, err := os.Stat(final); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Whatever a killed run left, recovery finds the folder whole and leaves
// nothing else.
func TestRecoverDir(t *testing.T) {
	tests := []struct {
		name string
		left map[string]string // suffix: text
		want string
	}{
		{"nothing", nil, ""},
		{"whole", map[string]string{"": "now"}, "now"},
		{"killed while writing the first", map[string]string{".new": "next"}, ""},
		{"killed while writing", map[string]string{"": "now", ".new": "next"}, "now"},
		{"killed after the exchange", map[string]string{"": "next", ".new": "now"}, "next"},
		{"killed between two renames", map[string]string{".old": "now", ".new": "next"}, "now"},
		{"killed after two renames", map[string]string{"": "next", ".old": "now"}, "next"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			final := filepath.Join(t.TempDir(), "checkpoints", "last")
			for suffix, text := range tt.left {
				fillDir(t, final+suffix, text)
			}
			for range 2 { // the second time nothing is left to do
				if err := RecoverDir(final); err != nil {
					t.Fatal(err)
				}
				got, err := textOf(final)
				if tt.want == "" && !errors.Is(err, fs.ErrNotExist) || tt.want != "" && err != nil || got != tt.want {
					t.Errorf("final holds %q, %v; want %q", got, err, tt.want)
				}
				if parent := filepath.Dir(final); tt.left != nil {
					if left := names(t, parent); tt.want == "" && len(left) > 0 || tt.want != "" && len(left) != 1 {
						t.Errorf("left %q", left)
					}
				}
			}
		})
	}
}

func TestReplaceDirErrors(t *testing.T) {
	parent := t.TempDir()
	final := filepath.Join(parent, "final")
	fillDir(t, final, "now")
	missing := filepath.Join(parent, "missing")
	if err := ReplaceDir(missing, final); err == nil || !strings.HasPrefix(err.Error(), "failed to replace "+final) {
		t.Errorf("error = %v, want one that names the folder", err)
	}
	if _, err := renameAside(missing, final); err == nil {
		t.Error("a missing folder took the place of final")
	}
	if got, err := textOf(final); err != nil || got != "now" {
		t.Errorf("final holds %q, %v", got, err)
	}
	file := filepath.Join(parent, "file")
	touch(t, file)
	below := filepath.Join(file, "x")
	if _, err := NewDir(below); err == nil {
		t.Error("a folder was made below a file")
	}
	if err := RecoverDir(below); err == nil {
		t.Error("a folder was recovered below a file")
	}
}
