package galaxyzoo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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
		return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.File, e.Err)
}

func (e *DataError) Unwrap() error { return e.Err }

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
