package infer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/scratch"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// Columns of a table beside those of the votes.
const (
	columnID      = "GalaxyID"
	columnMoved   = "moved"
	columnAnswers = "answers"
	spreadSuffix  = "_sd" // after the answer's class
)

// columns lists the columns of the job's table.
func (j *Job) columns() []string {
	columns := galaxyzoo.Header()
	if j.Submission {
		return columns
	}
	if j.Options.Uncertainty {
		for _, a := range galaxyzoo.Answers {
			columns = append(columns, a.Class()+spreadSuffix)
		}
	}
	if j.Options.Consistent {
		columns = append(columns, columnMoved)
	}
	if j.Answers {
		columns = append(columns, columnAnswers)
	}
	return columns
}

// cells are a prediction's cells after the id.
func (j *Job) cells(p *Prediction) []string {
	var cells []string
	add := func(values ...float64) {
		for _, x := range values {
			cells = append(cells, strconv.FormatFloat(x, 'f', 7, 64)) // a float32 near 1 has no more
		}
	}
	add(p.Votes[:]...)
	if j.Submission {
		return cells
	}
	if j.Options.Uncertainty {
		add(p.Spread[:]...)
	}
	if j.Options.Consistent {
		add(p.Moved)
	}
	if j.Answers {
		cells = append(cells, galaxyzoo.Describe(p.Votes.Walk()))
	}
	return cells
}

// writeTable makes the table from the journal.
func (j *journal) writeTable(path string, submission bool) (*tableFile, error) {
	if err := j.flush(); err != nil {
		return nil, err
	}
	j.meta.Predicted, j.meta.Unreadable = j.good, j.rows-j.good
	t, err := newTableFile(path, submission, j.meta)
	if err != nil {
		return nil, err
	}
	defer t.abort()
	err = j.each(func(*Meta, int64) error { return nil }, func(row *journalRow, _ int64) error { return t.add(row) })
	if err != nil {
		return nil, err
	}
	return t, t.place()
}

// A tableFile is a table that is being written, with the list of images that
// could not be read, where there are any, and its Meta.
type tableFile struct {
	meta   *Meta
	file   *outputFile
	table  tableWriter
	faults faultList

	record              []string
	moved               int     // the column of that name, -1 for none
	meanMoved, maxMoved float64 // of the rows so far
}

// newTableFile begins a table. The meta's counts are those of all rows to come.
func newTableFile(path string, submission bool, meta *Meta) (*tableFile, error) {
	format, err := tableFormat(path, submission)
	if err != nil {
		return nil, err
	}
	t := &tableFile{
		meta: meta, faults: faultList{path: errorsFile(path)},
		record: make([]string, len(meta.Columns)), moved: slices.Index(meta.Columns, columnMoved),
	}
	if t.file, err = createFile(path); err != nil {
		return nil, err
	}
	if t.table, err = format(t.file, meta.Columns); err != nil {
		t.abort()
		return nil, t.file.fail(err)
	}
	return t, nil
}

func (t *tableFile) add(row *journalRow) error {
	if row.Error != "" {
		return t.faults.add(row)
	}
	t.record[0] = row.ID
	copy(t.record[1:], row.Cells)
	if err := t.table.Write(t.record); err != nil {
		return t.file.fail(err)
	}
	if t.moved > 0 {
		x, err := strconv.ParseFloat(t.record[t.moved], 64)
		if err != nil {
			return t.file.fail(err)
		}
		t.meanMoved += x / float64(t.meta.Predicted)
		t.maxMoved = max(t.maxMoved, x)
	}
	return nil
}

// place puts all files in their places, with a list of their checksums, and the table
// last.
func (t *tableFile) place() error {
	if err := t.table.Close(); err != nil {
		return t.file.fail(err)
	}
	sum, err := t.file.sum()
	if err != nil {
		return err
	}
	sums := []run.Sum{sum}
	if t.faults.file != nil {
		if sum, err = t.faults.sum(); err != nil {
			return err
		}
		sums = append(sums, sum)
	}
	if err := t.faults.place(); err != nil {
		return err
	}
	path := metaFile(t.file.path)
	if err := t.meta.write(path); err != nil {
		return fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	metaSum, err := run.SumOf(path)
	if err != nil {
		return err
	}
	if err := run.WriteSumsBeside(t.file.path, append(sums, run.Sum{SHA256: metaSum, Name: filepath.Base(path)})); err != nil {
		return err
	}
	return t.file.place()
}

// removeTemporary removes what a process that was killed left of a table's files as
// it put them into their places. Nobody else may be writing the table.
func removeTemporary(table string) {
	scratch.RemoveFiles(filepath.Dir(table), filepath.Base(table), filepath.Base(metaFile(table)), filepath.Base(errorsFile(table)),
		filepath.Base(table)+run.SumsSuffix)
}

// abort leaves nothing behind of a table that is not in its place.
func (t *tableFile) abort() {
	t.file.Cleanup() //nolint:errcheck // does nothing once the file is in place
	t.faults.abort()
}

var faultColumns = []string{columnID, "file", "error"}

// A faultList is the file of images that could not be read. It is there only
// where there are any.
type faultList struct {
	path string
	file *outputFile
	csv  *csv.Writer
}

func (l *faultList) add(row *journalRow) (err error) {
	if l.file == nil {
		if l.file, err = createFile(l.path); err != nil {
			return err
		}
		l.csv = csv.NewWriter(l.file)
		if err := l.csv.Write(faultColumns); err != nil {
			return l.file.fail(err)
		}
	}
	if err := l.csv.Write([]string{row.ID, string(row.File), row.Error}); err != nil {
		return l.file.fail(err)
	}
	return nil
}

func (l *faultList) sum() (run.Sum, error) {
	l.csv.Flush()
	if err := l.csv.Error(); err != nil {
		return run.Sum{}, l.file.fail(err)
	}
	return l.file.sum()
}

// place puts the list in its place, or removes one of an earlier time.
func (l *faultList) place() error {
	if l.file == nil {
		if err := os.Remove(l.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("failed to remove %s: %w", l.path, galaxyzoo.Reason(err))
		}
		return nil
	}
	return l.file.place()
}

func (l *faultList) abort() {
	if l.file != nil {
		l.file.Cleanup() //nolint:errcheck // does nothing once the file is in place
	}
}
