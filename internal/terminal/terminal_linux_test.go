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
	for name, want := range map[string]bool{"xterm-256color": true, "dumb": false} {
		t.Setenv("TERM", name)
		tty := openTerminal(t, 57)
		term := New(tty, tty)
		if term.IsTerminal != want {
			t.Errorf("TERM=%s: terminal %t, want %t", name, term.IsTerminal, want)
		}
		if _, is := term.Out.(visible); !is {
			t.Errorf("TERM=%s: names that are printed as a result are obeyed", name)
		}
		if got := term.Width(); got != 57 {
			t.Errorf("Width() = %d, want 57", got)
		}
	}
}

func TestNewOnFile(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	term := New(file, file)
	if term.IsTerminal || term.Width() != 0 {
		t.Errorf("a file: terminal %t, width %d, want no terminal", term.IsTerminal, term.Width())
	}
}
