package infer

import (
	"bufio"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sbinet/npyio/npy"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// npyIDs is the file of the galaxies beside a .npy file of features.
func npyIDs(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ".ids.csv" }

func npyFiles(path string) []string { return []string{path, npyIDs(path)} }

// The start of a .npy file of version 1. Its header is at most 64 KiB long; that
// of version 2 may say that it has gigabytes, which the library would set aside.
const npyStart = "\x93NUMPY\x01"

// npyHeaderSize is that of the headers written here: room for any shape, so that
// the number of rows is filled in at the end, and a multiple of 64 as NumPy wants.
const npyHeaderSize = 128

// npyHeader begins a .npy file of float32, [rows, size] in C order.
func npyHeader(rows, size int) []byte {
	const before = len(npyStart) + 1 + 2 // minor version, length of the rest
	header := append([]byte(npyStart), 0)
	header = binary.LittleEndian.AppendUint16(header, npyHeaderSize-uint16(before))
	header = fmt.Appendf(header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, size)
	for len(header) < npyHeaderSize-1 {
		header = append(header, ' ')
	}
	return append(header, '\n')
}

// readNPYHeader reads the shape of a .npy file of features, and where its values
// start. The file's offset is there afterwards.
func readNPYHeader(f *os.File) (rows, size int, start int64, err error) {
	defer func() { // the library panics on some headers that are no header
		if fault := recover(); fault != nil {
			err = fmt.Errorf("not a .npy file: %v", fault)
		}
	}()
	begin := make([]byte, len(npyStart))
	if _, err := f.ReadAt(begin, 0); err != nil || string(begin) != npyStart {
		return 0, 0, 0, errors.New("not a .npy file of version 1")
	}
	r, err := npy.NewReader(f)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("not a .npy file: %w", err)
	}
	h := r.Header.Descr
	if h.Type != "<f4" || h.Fortran || len(h.Shape) != 2 || h.Shape[0] < 0 || h.Shape[1] < 1 {
		return 0, 0, 0, fmt.Errorf("type %q, Fortran order %t, shape %v; want \"<f4\" in C order, [galaxies, features]", h.Type, h.Fortran, h.Shape)
	}
	start, err = f.Seek(0, io.SeekCurrent)
	return h.Shape[0], h.Shape[1], start, err
}

// readNPY reads F.npy and F.ids.csv. See ReadFeatures.
func readNPY(path string) (*Features, error) {
	fail := func(err error) (*Features, error) { return nil, &galaxyzoo.DataError{File: path, Err: err} }
	file, err := os.Open(path)
	if err != nil {
		return fail(fmt.Errorf("failed to read features: %w", galaxyzoo.Reason(err)))
	}
	defer file.Close()
	rows, size, start, err := readNPYHeader(file)
	if err != nil {
		return fail(err)
	}
	if rows == 0 {
		return fail(errNoFeatures)
	}
	// The shape is held against the size of the file before anything is set aside
	// for it.
	info, err := file.Stat()
	if err != nil {
		return fail(err)
	}
	bytes := info.Size() - start
	if int64(size) > bytes/4 || int64(rows) > bytes/4/int64(size) {
		return fail(fmt.Errorf("the file is truncated: %d bytes behind its header do not hold the shape [%d, %d]; write it anew", bytes, rows, size))
	}
	if bytes != 4*int64(rows)*int64(size) {
		return fail(fmt.Errorf("%d bytes behind its header, want those of the shape [%d, %d]", bytes, rows, size))
	}
	ids, err := openIDs(npyIDs(path))
	if err != nil {
		return nil, err
	}
	defer ids.Close()

	f := NewFeatures(size)
	f.Values = slices.Grow(f.Values, rows*size)
	r := bufio.NewReaderSize(file, 1<<16)
	values := make([]float32, size)
	for row := range rows {
		id, image, err := ids.next()
		if errors.Is(err, io.EOF) {
			return fail(fmt.Errorf("has %d rows, but %s has %d", rows, ids.path, row))
		}
		if err != nil {
			return nil, err
		}
		if err := binary.Read(r, binary.LittleEndian, values); err != nil {
			return fail(fmt.Errorf("failed to read features: %w", galaxyzoo.Reason(err)))
		}
		if err := checkFeatures(id, values, size); err != nil {
			return fail(err)
		}
		if err := f.Add(id, image, values); err != nil {
			return nil, ids.fail(err)
		}
	}
	if _, _, err := ids.next(); err == nil {
		return nil, ids.fail(fmt.Errorf("more rows than the %d of %s", rows, path))
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return f, nil
}

// finishNPY puts the partial files in their places: they are those of the format
// but for the number of rows.
func (w *FeatureWriter) finishNPY() error {
	if _, err := w.values.WriteAt(npyHeader(w.count, w.size), 0); err != nil {
		return w.values.fail(err)
	}
	var sums []run.Sum
	for _, f := range []struct {
		final   string
		partial *partialFile
	}{{w.path, w.values}, {npyIDs(w.path), w.ids}} {
		sum, err := run.SumOf(f.partial.path)
		if err != nil {
			return f.partial.fail(err)
		}
		sums = append(sums, run.Sum{SHA256: sum, Name: filepath.Base(f.final)})
	}
	if err := run.WriteSumsBeside(w.path, sums); err != nil {
		return err
	}
	if err := w.ids.place(npyIDs(w.path)); err != nil {
		return err
	}
	return w.values.place(w.path)
}

// featureIDColumns are the header of a CSV file of galaxies.
var featureIDColumns = []string{columnID, "file"}

// An idReader reads a CSV file of galaxies. Errors about it are
// *galaxyzoo.DataError with the line.
type idReader struct {
	io.Closer
	path string
	csv  *galaxyzoo.CSVReader
}

func openIDs(path string) (*idReader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("failed to read the galaxies of the features: %w", galaxyzoo.Reason(err))}
	}
	r, err := newIDReader(file, path)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	r.Closer = file
	return r, nil
}

// newIDReader passes the header over.
func newIDReader(from io.Reader, path string) (*idReader, error) {
	r := &idReader{path: path, csv: galaxyzoo.NewCSVReader(from)}
	r.csv.ReuseRecord = true
	header, err := r.csv.Read()
	if err == nil && !slices.Equal(header, featureIDColumns) || errors.Is(err, io.EOF) {
		return nil, &galaxyzoo.DataError{File: path, Line: 1, Err: fmt.Errorf("header %q, want GalaxyID,file", header)}
	}
	if err != nil {
		return nil, r.broken(err)
	}
	return r, nil
}

// next returns the next galaxy, or io.EOF.
func (r *idReader) next() (id, file string, err error) {
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return "", "", io.EOF
	}
	if err != nil {
		return "", "", r.broken(err)
	}
	return record[0], record[1], nil
}

func (r *idReader) broken(err error) error { return brokenCSV(r.path, err) }

// brokenCSV says where a CSV file cannot be read.
func brokenCSV(path string, err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return &galaxyzoo.DataError{File: path, Line: parse.StartLine, Err: parse.Err}
	}
	return &galaxyzoo.DataError{File: path, Err: fmt.Errorf("failed to read: %w", galaxyzoo.Reason(err))}
}

// fail says what is wrong with the row that was read last.
func (r *idReader) fail(err error) error {
	line, _ := r.csv.FieldPos(0)
	return &galaxyzoo.DataError{File: r.path, Line: line, Err: err}
}
