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
	Colour     bool             // Err shows colours
	Width      func() int       // columns of Err now; 0 where that is not known
	Now        func() time.Time // the clock
}

// New returns the terminal of a process, usually os.Stdout and os.Stderr.
// The environment decides with the files: TERM=dumb means a terminal without
// cursor movement, which is treated as no terminal, and NO_COLOR, with any value
// but the empty one, means no colours.
func New(out, err *os.File) *Terminal {
	fd := int(err.Fd())
	is := term.IsTerminal(fd) && os.Getenv("TERM") != "dumb"
	return &Terminal{
		Out:        out,
		Err:        err,
		IsTerminal: is,
		Colour:     is && os.Getenv("NO_COLOR") == "",
		Width: func() int {
			columns, _, err := term.GetSize(fd)
			if err != nil {
				return 0
			}
			return columns
		},
		Now: time.Now,
	}
}

// A Style is how a word stands out on a terminal that shows colours.
type Style string

// The styles, as parameters of the terminal's "select graphic rendition".
const (
	Bold   Style = "1"
	Faint  Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
)

// Paint returns text in a style, for Err. Without colours it is text itself.
func (t *Terminal) Paint(s Style, text string) string {
	if !t.Colour {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
