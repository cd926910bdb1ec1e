package terminal

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

const (
	// redrawEvery is as fast as a person can read changing numbers.
	redrawEvery = 100 * time.Millisecond
	// reportEvery keeps the log of a run of hours readable.
	reportEvery = 30 * time.Second
)

const (
	lineStart  = "\r"
	clearRight = "\x1b[K"
)

// A Progress is one line that tells how far a piece of work is. On a terminal
// it is redrawn in place, at most ten times a second, and cut to the width.
// Elsewhere it is a plain line every 30 seconds, the first one 30 seconds after
// the start, so that short work leaves nothing in a log but its result.
//
// All methods may be called by several goroutines at once. What they write goes
// to Terminal.Err; errors of writing are ignored, since there is nowhere left to
// report them.
type Progress struct {
	terminal *Terminal

	mu    sync.Mutex
	due   time.Time // of the next drawing
	shown string    // what stands on the screen's last line, uncut
	done  bool
}

// Progress starts a progress line. Nothing is written before the first Update.
func (t *Terminal) Progress() *Progress {
	p := &Progress{terminal: t, due: t.Now()}
	if !t.IsTerminal {
		p.due = p.due.Add(reportEvery)
	}
	return p
}

// Update redraws the line if that is due, and only then calls line for its text,
// so it can be called at every step. The text is plain: control characters are
// left out of it. line must not call the Progress it serves.
func (p *Progress) Update(line func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.terminal.Now()
	if p.done || now.Before(p.due) {
		return
	}
	if p.terminal.IsTerminal {
		p.due = now.Add(redrawEvery)
		p.shown = line()
		p.draw("")
		return
	}
	p.due = now.Add(reportEvery)
	fmt.Fprintln(p.terminal.Err, plain(line()))
}

// Print writes a line that stays, above the progress line.
func (p *Progress) Print(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw(Visible(line) + "\n")
}

// Done ends the progress line and leaves final in its place, or nothing where
// final is empty. Later calls of Update and Done do nothing.
func (p *Progress) Done(final string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return
	}
	p.done = true
	above := ""
	if final != "" {
		above = Visible(final) + "\n"
	}
	if p.shown != "" {
		above = lineStart + clearRight + above
	}
	p.shown = ""
	p.draw(above)
}

// draw writes above, which is empty or whole lines, in place of the progress
// line and the progress line below it, all in one write, so that nothing flickers.
func (p *Progress) draw(above string) {
	out := above
	if p.shown != "" {
		if above != "" {
			out = lineStart + clearRight + above
		}
		// One column stays free: a terminal whose last column is written to
		// may wrap, and erasing to the right would take that column.
		columns := p.terminal.Width()
		if columns <= 0 {
			columns = defaultWidth
		}
		out += lineStart + cut(plain(p.shown), columns-1) + clearRight
	}
	if out != "" {
		fmt.Fprint(obeyed(p.terminal.Err), out)
	}
}

// plain returns s on one line and without the characters that a terminal obeys.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// cut shortens s to at most the given number of columns, with an ellipsis where
// something is left out.
func cut(s string, columns int) string {
	used := 0 // columns before the rune at i
	end := 0  // bytes of s that leave a column for the ellipsis
	for i, r := range s {
		if used <= columns-1 {
			end = i
		}
		used += runeColumns(r)
		if used > columns {
			if columns < 1 {
				return ""
			}
			return s[:end] + "…"
		}
	}
	return s
}

// runeColumns is how many columns of a terminal a rune fills.
func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
