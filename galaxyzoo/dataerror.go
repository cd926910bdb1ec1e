package galaxyzoo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// A DataError reports something wrong in the user's data: which file, which
// line of it where that is known (from 1), and what.
type DataError struct {
	File string
	Line int
	Err  error
}

func (e *DataError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %v", Quoted(e.File), e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %v", Quoted(e.File), e.Err)
}

// Quoted returns a name for a message: in quotes and with escapes, as Go has them,
// where it holds line breaks, other characters that do not show, or no UTF-8. Such a
// name could pass for lines of the program's own.
func Quoted(name string) string {
	unseen := func(r rune) bool { return !unicode.IsGraphic(r) }
	if utf8.ValidString(name) && !strings.ContainsFunc(name, unseen) {
		return name
	}
	return strconv.QuoteToGraphic(name)
}

func (e *DataError) Unwrap() error { return e.Err }

// OpenFile opens a file for reading, and nothing else: a pipe would be waited for,
// a folder is no file, and a device may do anything. Links are followed. The error
// does not name the file.
func OpenFile(path string) (*os.File, error) {
	// Without O_NONBLOCK a pipe that has no writer yet is waited for here.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, Reason(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if err != nil {
		f.Close()
		return nil, Reason(err)
	}
	return f, nil
}

// Reason returns what went wrong without the operation and the path that an error
// of the file system repeats, for messages that have named the file already.
func Reason(err error) error {
	if perr, ok := errors.AsType[*fs.PathError](err); ok {
		return perr.Err
	}
	if lerr, ok := errors.AsType[*os.LinkError](err); ok {
		return lerr.Err
	}
	return err
}
