package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
)

// A shell gives back what was quoted for it.
func TestShellQuote(t *testing.T) {
	plain := []string{"runs/0007-seed3", "bin/tfgalaxy", "a=b,c:d@e%+", "galaxie-été"}
	for _, word := range plain {
		if got := shellQuote(word); got != word {
			t.Errorf("%q is quoted as %s, want it bare", word, got)
		}
	}
	hostile := []string{"", "my runs/1", "it's", "'", "$HOME", "`id`", "a\nb", "~", "*", `back\slash`, "a;b", "#", "!x"}
	for _, word := range append(hostile, plain...) {
		out, err := exec.Command("sh", "-c", "printf %s "+shellQuote(word)).Output()
		if err != nil {
			t.Fatal(err)
		}
		if string(out) != word {
			t.Errorf("%q comes back as %q from %s", word, out, shellQuote(word))
		}
	}
}

// full is a disk without room.
type full struct{ writes int }

func (f *full) Write([]byte) (int, error) { f.writes++; return 0, syscall.ENOSPC }

func TestOutputRemembersItsFirstError(t *testing.T) {
	disk := &full{}
	o := &output{w: disk}
	for range 3 {
		if _, err := fmt.Fprintln(o, "a result"); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v, want no space left", err)
		}
	}
	if !errors.Is(o.err, syscall.ENOSPC) || disk.writes != 1 {
		t.Errorf("remembers %v after %d writes, want no space left after one", o.err, disk.writes)
	}
}

// A result that could not be printed is an error of every command, even of those
// that print it in many pieces.
func TestLostOutput(t *testing.T) {
	for _, args := range [][]string{
		{"version"}, {"version", "--json"}, {"presets"}, {"presets", "--json"}, {"train", "--help"},
		{"train", "--data", "synthetic:9", "--dry-run"}, {"doctor", "--data", "synthetic:9"},
	} {
		var said bytes.Buffer
		term := &terminal.Terminal{Out: &full{}, Err: &said, Width: func() int { return 0 }, Now: time.Now}
		code := execute(append([]string{"tfgalaxy"}, args...), term)
		if code != exitFailure || said.String() != "tfgalaxy: failed to print the result: no space left on device\n" {
			t.Errorf("tfgalaxy %s: exit code %d, says %q", strings.Join(args, " "), code, said.String())
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int]string{0: "galaxies", 1: "galaxy", 2: "galaxies"} {
		if got := plural(n, "galaxy", "galaxies"); got != want {
			t.Errorf("%d %s, want %s", n, got, want)
		}
	}
}
