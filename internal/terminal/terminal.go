package terminal

import (
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// defaultWidth is the line length, in columns, of a terminal that does not tell.
const defaultWidth = 80

// A Terminal is the two outputs of a command and what is known of them. Each
// field can be set by hand: tests give buffers and a clock of their own.
type Terminal struct {
	Out io.Writer // data: what a script reads
	Err io.Writer // talk: progress, warnings, errors

	IsTerminal bool             // Err is a terminal whose cursor can be moved
	Width      func() int       // columns of Err now; 0 where that is not known
	Now        func() time.Time // the clock
}

// New returns the terminal of a process, usually os.Stdout and os.Stderr.
// TERM=dumb means a terminal without cursor movement, which is treated as no
// terminal. What goes to Err, and to Out where that is a terminal, is Visible.
func New(out, err *os.File) *Terminal {
	fd := int(err.Fd())
	is := term.IsTerminal(fd) && os.Getenv("TERM") != "dumb"
	t := &Terminal{
		Out:        out,
		Err:        visible{err},
		IsTerminal: is,
		Width: func() int {
			columns, _, err := term.GetSize(fd)
			if err != nil {
				return 0
			}
			return columns
		},
		Now: time.Now,
	}
	if term.IsTerminal(int(out.Fd())) {
		t.Out = visible{out}
	}
	return t
}
