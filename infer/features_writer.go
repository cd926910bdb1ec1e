package infer

import (
	"bufio"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"

	"golang.org/x/sys/unix"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A FeatureWriter writes a file of features row by row, in memory that does not
// depend on their number. Until Close the rows lie beside the file's place, in
// F.partial and F.csv.partial, which only grow: ResumeFeatures goes on with them
// after a stop. Another process cannot write them meanwhile.
//
// The first of Close, Suspend and Abort that is called ends it, and those after do
// nothing.
type FeatureWriter struct {
	path   string
	size   int
	format featureFormat
	count  int // rows
	open   bool

	values *partialFile // a .npy file whose header counts no rows
	ids    *partialFile // the CSV file of .npy
	csv    *csv.Writer
	row    []byte // one, encoded
}

// partialFeatures are the files in which the rows of a file of features grow:
// vectors, and galaxies.
func partialFeatures(path string) []string {
	return []string{path + journalSuffix, path + ".csv" + journalSuffix}
}

// CreateFeatures begins a file of features of the given size, in the format that
// its name ends in, .npy or .parquet. Rows that an earlier writer has left are
// lost; a finished file stays until Close.
func CreateFeatures(path string, size int) (*FeatureWriter, error) {
	return ResumeFeatures(path, size, 0)
}

// ResumeFeatures goes on with what a writer has flushed, after the given number
// of rows. Errors about what is found there are *galaxyzoo.DataError.
func ResumeFeatures(path string, size, rows int) (w *FeatureWriter, err error) {
	if size < 1 || rows < 0 {
		return nil, fmt.Errorf("failed to write %s: %d features a galaxy after %d galaxies", path, size, rows)
	}
	w = &FeatureWriter{path: path, size: size, count: rows}
	if w.format, err = featureFormatOf(path); err != nil {
		return nil, fmt.Errorf("failed to write features: %w", err)
	}
	flags := os.O_RDWR
	if rows == 0 {
		flags |= os.O_CREATE
	}
	partial := partialFeatures(path)
	if w.values, err = openPartial(partial[0], flags); err != nil {
		return nil, err
	}
	if w.ids, err = openPartial(partial[1], flags); err != nil {
		return nil, errors.Join(err, w.values.close())
	}
	w.csv, w.open = csv.NewWriter(w.ids.w), true
	if rows == 0 {
		if err := w.begin(); err != nil {
			return nil, errors.Join(err, w.Abort())
		}
		return w, nil
	}
	if err := w.goOn(); err != nil {
		return nil, errors.Join(err, w.end())
	}
	return w, nil
}

// flushedFeatures counts the whole rows that a writer has left of features of the
// given size, from which ResumeFeatures can go on.
func flushedFeatures(path string, size int) (int, error) {
	partial := partialFeatures(path)
	values, err := os.Open(partial[0])
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	fail := func(err error) (int, error) {
		return 0, fmt.Errorf("failed to read features: %w", err)
	}
	if err != nil {
		return fail(err)
	}
	defer values.Close()
	info, err := values.Stat()
	if err != nil {
		return fail(err)
	}
	have := int((info.Size() - npyHeaderSize) / (4 * int64(size)))
	if have < 1 {
		return 0, nil
	}
	ids, err := os.Open(partial[1])
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return fail(err)
	}
	defer ids.Close()
	r := galaxyzoo.NewCSVReader(ids)
	r.ReuseRecord = true
	last := make([]byte, 1)
	for rows := -1; rows < have; rows++ { // from the header on
		if _, err := r.Read(); err != nil { // the end, or the part of a row
			return max(rows, 0), nil
		}
		if _, err := ids.ReadAt(last, r.InputOffset()-1); err != nil || last[0] != '\n' {
			return max(rows, 0), nil
		}
	}
	return have, nil
}

func (w *FeatureWriter) begin() error {
	if err := w.values.cut(0); err != nil {
		return err
	}
	if err := w.ids.cut(0); err != nil {
		return err
	}
	if _, err := w.values.w.Write(npyHeader(0, w.size)); err != nil {
		return w.values.fail(err)
	}
	if err := w.csv.Write(featureIDColumns); err != nil {
		return w.ids.fail(err)
	}
	return nil
}

// goOn cuts what is behind the rows that are to stay.
func (w *FeatureWriter) goOn() error {
	values, ids := w.values, w.ids
	_, size, start, err := readNPYHeader(values.File)
	if err == nil && size != w.size {
		err = fmt.Errorf("has %d features a galaxy, want %d", size, w.size)
	}
	if err != nil {
		return &galaxyzoo.DataError{File: values.path, Err: err}
	}
	info, err := values.Stat()
	if err != nil {
		return values.fail(err)
	}
	rowBytes := 4 * int64(w.size)
	if have := (info.Size() - start) / rowBytes; have < int64(w.count) {
		return &galaxyzoo.DataError{File: values.path, Err: fmt.Errorf("has %d galaxies, want %d or more", have, w.count)}
	}
	if err := values.cut(start + int64(w.count)*rowBytes); err != nil {
		return err
	}

	r, err := newIDReader(bufio.NewReader(ids), ids.path)
	if err != nil {
		return err
	}
	for range w.count {
		if _, _, err := r.next(); errors.Is(err, io.EOF) {
			return &galaxyzoo.DataError{File: ids.path, Err: fmt.Errorf("has fewer than the %d galaxies wanted", w.count)}
		} else if err != nil {
			return err
		}
	}
	end := r.csv.InputOffset()
	last := make([]byte, 1)
	if _, err := ids.ReadAt(last, end-1); err != nil {
		return ids.fail(err)
	}
	if last[0] != '\n' {
		return r.fail(errors.New("the last row is not whole"))
	}
	return ids.cut(end)
}

// featureSum is the CRC-32C of a row of features: of id and file, with a 0 behind each,
// and of the values as they lie in a .npy file.
func featureSum(id, file string, values []float32) string {
	row := fmt.Appendf(nil, "%s\x00%s\x00", id, file)
	for _, x := range values {
		row = binary.LittleEndian.AppendUint32(row, math.Float32bits(x))
	}
	return fmt.Sprintf("%08x", crc32.Checksum(row, castagnoli))
}

// verify returns a *galaxyzoo.DataError unless the rows that a writer resumes have these
// sums.
func (w *FeatureWriter) verify(sums []string) error {
	if w.count == 0 {
		return nil
	}
	i := 0
	err := w.eachRow(func(row featureRow) error {
		if featureSum(row.ID, row.File, row.Features) != sums[i] {
			return &galaxyzoo.DataError{File: w.values.path, Err: fmt.Errorf(
				"the features of galaxy %s are not what was written, here or in %s: remove both and the table's %s, and start afresh", row.ID, w.ids.path, journalSuffix)}
		}
		i++
		return nil
	})
	if err != nil {
		return errors.Join(err, w.end())
	}
	if _, err := w.ids.Seek(0, io.SeekEnd); err != nil {
		return w.ids.fail(err)
	}
	return nil
}

// Write adds a galaxy, with the file of its image and its features.
func (w *FeatureWriter) Write(id, file string, features []float32) error {
	err := checkFeatures(id, features, w.size)
	if id == "" {
		err = errNoID
	}
	if err != nil {
		return fmt.Errorf("failed to write %s: %w", w.path, err)
	}
	if w.row, err = binary.Append(w.row[:0], binary.LittleEndian, features); err != nil {
		return w.values.fail(err)
	}
	if _, err := w.values.w.Write(w.row); err != nil {
		return w.values.fail(err)
	}
	if err := w.csv.Write([]string{id, file}); err != nil {
		return w.ids.fail(err)
	}
	w.count++
	return nil
}

// Flush hands all rows to the operating system. What was flushed outlives the
// process.
func (w *FeatureWriter) Flush() error {
	if err := w.values.w.Flush(); err != nil {
		return w.values.fail(err)
	}
	w.csv.Flush()
	if err := errors.Join(w.csv.Error(), w.ids.w.Flush()); err != nil {
		return w.ids.fail(err)
	}
	return nil
}

// Close puts the file in its place. Where that fails, the writer is still to be
// ended by Suspend or Abort.
func (w *FeatureWriter) Close() error {
	if !w.open {
		return nil
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := w.format.finish(w); err != nil {
		return err
	}
	return w.end()
}

// Suspend leaves the rows to be resumed.
func (w *FeatureWriter) Suspend() error {
	if !w.open {
		return nil
	}
	return errors.Join(w.Flush(), w.end())
}

// Abort leaves nothing of what was written.
func (w *FeatureWriter) Abort() error {
	if !w.open {
		return nil
	}
	return errors.Join(w.remove(), w.end())
}

func (w *FeatureWriter) remove() error {
	return errors.Join(w.ids.remove(), w.values.remove())
}

func (w *FeatureWriter) end() error {
	w.open = false
	return errors.Join(w.ids.close(), w.values.close()) // the lock goes last
}

// A partialFile is a file that grows.
type partialFile struct {
	*os.File
	w    *bufio.Writer
	path string
}

// openPartial opens a file and locks it while it is open. The lock of a process
// that is killed ends with it.
func openPartial(path string, flags int) (*partialFile, error) {
	file, err := os.OpenFile(path, flags, 0o644)
	if errors.Is(err, fs.ErrNotExist) && flags&os.O_CREATE == 0 {
		return nil, &galaxyzoo.DataError{File: path, Err: errors.New("is not there, so there are no features to go on from")}
	}
	f := &partialFile{File: file, path: path}
	if err != nil {
		return nil, f.fail(err)
	}
	f.w = bufio.NewWriterSize(file, 1<<16)
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = &run.UsageError{Err: fmt.Errorf("%s is being written by another process", path)}
		return nil, errors.Join(err, f.close())
	}
	if err != nil {
		return nil, errors.Join(f.fail(err), f.close())
	}
	return f, nil
}

// cut drops what is behind end, and goes on there.
func (f *partialFile) cut(end int64) error {
	if err := f.Truncate(end); err != nil {
		return f.fail(err)
	}
	if _, err := f.Seek(end, io.SeekStart); err != nil {
		return f.fail(err)
	}
	return nil
}

// place gives the file, whole and on disk, its name.
func (f *partialFile) place(path string) error {
	if err := f.Sync(); err != nil {
		return f.fail(err)
	}
	if err := os.Rename(f.path, path); err != nil {
		return fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	return nil
}

func (f *partialFile) remove() error {
	if err := os.Remove(f.path); err != nil {
		return fmt.Errorf("failed to remove %s: %w", f.path, galaxyzoo.Reason(err))
	}
	return nil
}

func (f *partialFile) close() error {
	if err := f.Close(); err != nil {
		return f.fail(err)
	}
	return nil
}

func (f *partialFile) fail(err error) error {
	return fmt.Errorf("failed to write %s: %w", f.path, galaxyzoo.Reason(err))
}
