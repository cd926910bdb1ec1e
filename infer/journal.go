package infer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A journal is where a table grows: a file that rows are appended to, one for
// each image in the order of the images, so that work goes on after a stop where
// it ended. Its lines are a CRC-32C of what follows, in hexadecimal digits, and JSON:
// the Meta first, then a journalRow an image. The finished table is made from it, in
// whatever format.
type journal struct {
	path string
	meta *Meta
	file *os.File
	w    *bufio.Writer
	rows int // whole ones
	good int // of these, without an error

	features []string // sums of the features of the good rows that a resume found
}

// A journalRow is a row of the table, or why there is none.
type journalRow struct {
	ID    string   `json:"id"`
	File  fileName `json:"file"`
	Error string   `json:"error,omitempty"`
	Cells []string `json:"cells,omitempty"` // of the table, after the id
	// Features is the featureSum of the row's features, where it has any.
	Features string `json:"features_crc32c,omitempty"`
}

// A fileName is a path, which need not be UTF-8 as JSON's texts are: one that is not is
// a list of its bytes in base64.
type fileName string

// MarshalJSON is called by encoding/json.
func (f fileName) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(f)) {
		return json.Marshal(string(f))
	}
	return json.Marshal([][]byte{[]byte(f)})
}

// UnmarshalJSON is called by encoding/json.
func (f *fileName) UnmarshalJSON(value []byte) error {
	if len(value) == 0 || value[0] != '[' {
		return json.Unmarshal(value, (*string)(f))
	}
	var raw [][]byte
	if err := json.Unmarshal(value, &raw); err != nil {
		return err
	}
	*f = fileName(bytes.Join(raw, nil))
	return nil
}

const journalSuffix = ".partial"

// openJournal opens the journal of a table. With resume it goes on with one that
// is there, if that was begun with the same settings; without, one is refused.
// Of its good rows it keeps as many as are vouched for, and drops those behind.
func openJournal(table string, meta *Meta, resume bool, vouched func() (int, error)) (_ *journal, err error) {
	j := &journal{path: table + journalSuffix, meta: meta}
	fail := func(err error) error {
		return fmt.Errorf("failed to open %s: %w", j.path, galaxyzoo.Reason(err))
	}
	flags := os.O_RDWR | os.O_CREATE | os.O_APPEND // it is read from its start while it grows
	if !resume {
		flags |= os.O_EXCL
	}
	j.file, err = os.OpenFile(j.path, flags, 0o644)
	if errors.Is(err, os.ErrExist) {
		return nil, &run.UsageError{
			Err:  fmt.Errorf("%s is there, from a prediction that was stopped or is going on", j.path),
			Hint: "--resume goes on with it; to start afresh, remove it",
		}
	}
	if err != nil {
		return nil, fail(err)
	}
	defer func() {
		if err != nil {
			j.file.Close()
		}
	}()
	if err := unix.Flock(int(j.file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, &run.UsageError{Err: fmt.Errorf("%s is being written by another process", j.path)}
	}
	end, err := j.recover(vouched)
	if err != nil {
		return nil, err
	}
	if err := j.file.Truncate(end); err != nil {
		return nil, fail(err)
	}
	j.w = bufio.NewWriter(j.file)
	if end == 0 {
		if err := j.append(meta); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// errEnough ends the reading of a journal.
var errEnough = errors.New("enough rows")

// recover counts the whole rows of a journal that stay and returns where they end.
func (j *journal) recover(vouched func() (int, error)) (end int64, err error) {
	most := 0
	err = j.each(func(begun *Meta, next int64) (err error) {
		end = next
		if what := j.meta.otherThan(begun); what != "" {
			return &run.UsageError{
				Err:  fmt.Errorf("%s was begun with %s", j.path, what),
				Hint: "finish it as it was begun, or remove it",
			}
		}
		most, err = vouched()
		return err
	}, func(row *journalRow, next int64) error {
		if row.Error == "" && j.good == most {
			return errEnough
		}
		end = next
		j.rows++
		if row.Error == "" {
			j.good++
			j.features = append(j.features, row.Features)
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return end, err
}

// each reads the journal from its start: its Meta, then each whole row, with the
// offset behind it. What a process that was killed left of a line is passed over.
func (j *journal) each(meta func(*Meta, int64) error, row func(*journalRow, int64) error) error {
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("failed to read %s: %w", j.path, galaxyzoo.Reason(err))
	}
	rows := galaxyzoo.NewRows(j.file)
	r := bufio.NewReaderSize(rows, 1<<16)
	var end int64
	for n := 1; ; n++ {
		rows.Next()
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, galaxyzoo.ErrLongRow) {
			return fmt.Errorf("failed to read %s: %w", j.path, galaxyzoo.Reason(err))
		}
		end += int64(len(line))
		damaged := func(err error) error {
			return &galaxyzoo.DataError{File: j.path, Line: n, Err: fmt.Errorf("is damaged, remove the file and start afresh: %w", err)}
		}
		if err == nil {
			line, err = checkedLine(line)
		}
		if err != nil {
			return damaged(err)
		}
		if n == 1 {
			begun := &Meta{}
			if err := json.Unmarshal(line, begun); err != nil {
				return damaged(err)
			}
			if err := meta(begun, end); err != nil {
				return err
			}
			continue
		}
		x := &journalRow{}
		if err := json.Unmarshal(line, x); err != nil {
			return damaged(err)
		}
		if x.Error == "" && len(x.Cells) != len(j.meta.Columns)-1 {
			return damaged(fmt.Errorf("%d cells, want %d", len(x.Cells), len(j.meta.Columns)-1))
		}
		if err := row(x, end); err != nil {
			return err
		}
	}
}

// crcOf is the checksum at the start of a line of JSON.
func crcOf(encoded []byte) string {
	return fmt.Sprintf("%08x ", crc32.Checksum(encoded, castagnoli))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checkedLine returns the JSON of a line.
func checkedLine(line []byte) ([]byte, error) {
	const sum = len("00000000 ")
	if len(line) < sum+1 || crcOf(line[sum:len(line)-1]) != string(line[:sum]) {
		return nil, errors.New("the line is not what was written, or an earlier version wrote it")
	}
	return line[sum:], nil
}

// add appends a row; flush brings it to the file.
func (j *journal) add(row *journalRow) error {
	j.rows++
	if row.Error == "" {
		j.good++
	}
	return j.append(row)
}

func (j *journal) append(value any) error {
	line, err := json.Marshal(value)
	if err == nil {
		_, err = j.w.Write(slices.Concat([]byte(crcOf(line)), line, []byte{'\n'}))
	}
	if err != nil {
		return fmt.Errorf("failed to write %s: %w", j.path, galaxyzoo.Reason(err))
	}
	return nil
}

func (j *journal) flush() error {
	if err := j.w.Flush(); err != nil {
		return fmt.Errorf("failed to write %s: %w", j.path, galaxyzoo.Reason(err))
	}
	return nil
}

// sync waits until all rows are on the disk.
func (j *journal) sync() error {
	if err := j.flush(); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("failed to write %s: %w", j.path, galaxyzoo.Reason(err))
	}
	return nil
}

// close keeps the journal for another time.
func (j *journal) close() error { return errors.Join(j.flush(), j.file.Close()) }

// remove ends the journal once the table is in its place.
func (j *journal) remove() error { return errors.Join(os.Remove(j.path), j.file.Close()) }
