package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"a line\n\tand another, 12°\n": "a line\n\tand another, 12°\n",
		"\x1b[31mred\x1b]0;title\a":    `\x1b[31mred\x1b]0;title\a`,
		"\roverwritten\b\x7f\x00":      `\roverwritten\b\x7f\x00`,
		"\u009b2J":                     `\u009b2J`, // the same in one character
		"\x9b2J\xff":                   `\x9b2J\xff`,
		"\ufffd":                       "\ufffd",
		"星系.jpg":                       "星系.jpg",
	} {
		if got := Visible(text); got != want {
			t.Errorf("Visible(%q) = %q, want %q", text, got, want)
		}
	}
}

// What the program prints is made visible; its progress line still moves the cursor,
// but not by what it is told to print above.
func TestTerminalObeysNoNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	term := New(file, file)
	fmt.Fprintf(term.Err, "left out: %s\n", "\x1b[2Jx.jpg")
	fmt.Fprintf(term.Out, "%s\n", "\x1b[2Jx.jpg") // a file keeps what it is given
	content, err := os.ReadFile(path)
	if want := "left out: \\x1b[2Jx.jpg\n\x1b[2Jx.jpg\n"; err != nil || string(content) != want {
		t.Errorf("wrote %q, want %q, %v", content, want, err)
	}

	var said bytes.Buffer
	term = &Terminal{Err: visible{&said}, IsTerminal: true, Width: func() int { return 40 }, Now: time.Now}
	p := term.Progress()
	p.Update(func() string { return "reading" })
	p.Print("left out: \x1b[2Jx.jpg")
	p.Done("")
	if want := "\rreading\x1b[K\r\x1b[Kleft out: \\x1b[2Jx.jpg\n\rreading\x1b[K\r\x1b[K"; said.String() != want {
		t.Errorf("wrote %q, want %q", said.String(), want)
	}
	broken := errors.New("gone")
	if n, err := (visible{failing{broken}}).Write([]byte("x")); n != 0 || !errors.Is(err, broken) {
		t.Errorf("a writer that fails: %d, %v", n, err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
