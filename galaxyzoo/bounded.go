package galaxyzoo

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// What is read from files that others wrote: far above what this program writes, and
// little beside the memory of any machine.
const (
	maxRow  = 1 << 20  // bytes of a row or line
	maxText = 16 << 20 // bytes of a file that is read at once
	MaxList = 64 << 20 // bytes of one with a line for each image of a survey
)

// Rows bounds what a reader of rows or lines, which has to call Next before each of
// them, can be made to hold by one without an end.
type Rows struct {
	r    io.Reader
	left int // of the row, in bytes
}

// NewRows bounds the rows that r has.
func NewRows(r io.Reader) *Rows { return &Rows{r: r, left: maxRow} }

// Next begins a row.
func (b *Rows) Next() { b.left = maxRow }

// Read fails where the row is too long.
func (b *Rows) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, ErrLongRow
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// ErrLongRow says that a row or a line goes on for longer than any that makes sense.
var ErrLongRow = fmt.Errorf("a line, or a cell in quotes, goes on for more than %d bytes", maxRow)

// A CSVReader reads CSV whose rows are bounded, and passes over a byte-order mark of
// UTF-8.
type CSVReader struct {
	*csv.Reader
	rows *Rows
}

// NewCSVReader reads from r, with a buffer of its own.
func NewCSVReader(r io.Reader) *CSVReader {
	rows := NewRows(r)
	buffered := bufio.NewReaderSize(rows, 1<<16)
	if mark, _ := buffered.Peek(3); string(mark) == "\ufeff" {
		buffered.Discard(len(mark))
	}
	return &CSVReader{csv.NewReader(buffered), rows}
}

// Read reads a row, as csv.Reader does.
func (r *CSVReader) Read() ([]string, error) {
	r.rows.Next()
	return r.Reader.Read()
}

// ReadText reads a file that is small, such as JSON of this program, at once. The
// error does not name the file.
func ReadText(path string) ([]byte, error) { return readUpTo(path, maxText) }

// ReadList is ReadText of a file that has a line for each image of a survey.
func ReadList(path string) ([]byte, error) { return readUpTo(path, MaxList) }

func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%w: it is larger than %d MiB", ErrTooLarge, limit>>20)
	}
	return content, Reason(err)
}

// ErrTooLarge says that a file is larger than any that makes sense.
var ErrTooLarge = errors.New("the file is too large")
