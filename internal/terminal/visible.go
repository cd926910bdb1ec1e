package terminal

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible writes what a terminal would obey, and what is no UTF-8, as Go's strings
// have it: \x1b for the escape character. Line breaks and tabs stay. Names of files
// may hold anything, and what is printed of them must not move the cursor, hide
// lines, or have the terminal answer as if somebody typed.
func Visible(text string) string {
	hidden := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if utf8.ValidString(text) && !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		raw := text[i]
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)):
			b.WriteString(`\x` + strconv.FormatUint(uint64(raw), 16))
		case hidden(r):
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// A visible writer passes on what is Visible, in as many writes.
type visible struct{ io.Writer }

func (v visible) Write(p []byte) (int, error) {
	if _, err := io.WriteString(v.Writer, Visible(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// obeyed is the writer for what the terminal is to obey.
func obeyed(w io.Writer) io.Writer {
	if v, ok := w.(visible); ok {
		return v.Writer
	}
	return w
}
