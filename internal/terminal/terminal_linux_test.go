package terminal

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal returns a pseudo-terminal of the given width.
func openTerminal(t *testing.T, columns uint16) *os.File {
	t.Helper()
	controller, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this machine gives no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { controller.Close() })
	fd := int(controller.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return tty
}

func TestNewOnTerminal(t *testing.T) {
	for _, test := range []struct {
		term, noColour   string
		terminal, colour bool
	}{
		{"xterm-256color", "", true, true},
		{"xterm-256color", "1", true, false},
		{"dumb", "", false, false},
	} {
		t.Setenv("TERM", test.term)
		t.Setenv("NO_COLOR", test.noColour)
		term := New(os.Stdout, openTerminal(t, 57))
		if term.IsTerminal != test.terminal || term.Colour != test.colour {
			t.Errorf("TERM=%s NO_COLOR=%s: terminal %t, colour %t, want %t, %t",
				test.term, test.noColour, term.IsTerminal, term.Colour, test.terminal, test.colour)
		}
		if got := term.Width(); got != 57 {
			t.Errorf("Width() = %d, want 57", got)
		}
	}
}

func TestNewOnFile(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "")
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	term := New(file, file)
	if term.IsTerminal || term.Colour || term.Width() != 0 {
		t.Errorf("a file: terminal %t, colour %t, width %d, want no terminal", term.IsTerminal, term.Colour, term.Width())
	}
}

func TestPaint(t *testing.T) {
	if got, want := (&Terminal{Colour: true}).Paint(Green, "ok"), "\x1b[32mok\x1b[0m"; got != want {
		t.Errorf("with colours Paint gives %q, want %q", got, want)
	}
	if got := (&Terminal{}).Paint(Green, "ok"); got != "ok" {
		t.Errorf("without colours Paint gives %q, want \"ok\"", got)
	}
}
