package imageproc

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/xrash/smetrics"
)

// longestLine of a list is far above what a file system takes for a path.
const longestLine = 1 << 16

// listed goes through the paths in a list, a line each, relative to folder.
func listed(list, folder string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		line := 0
		fail := func(err error) { yield(Entry{}, &galaxyzoo.DataError{File: list, Line: line, Err: err}) }
		f, err := openText(list)
		if err != nil {
			fail(err)
			return
		}
		defer f.Close()
		scanner := bufio.NewScanner(f)
		scanner.Buffer(nil, longestLine)
		for scanner.Scan() {
			line++
			text := bytes.TrimSpace(scanner.Bytes())
			if len(text) == 0 || text[0] == '#' {
				continue
			}
			if bytes.IndexByte(text, 0) >= 0 {
				fail(errors.New("holds a zero byte; want text, a path a line"))
				return
			}
			e := found(under(folder, string(text)))
			e.Line = line
			if !yield(e, nil) {
				return
			}
		}
		if err := scanner.Err(); err != nil {
			line++
			if errors.Is(err, bufio.ErrTooLong) {
				err = fmt.Errorf("is longer than %d bytes; want a path a line", longestLine)
			}
			fail(galaxyzoo.Reason(err))
		}
	}
}

// unchanged goes through the entries of a file, and ends with an error unless it is
// the file that it was.
func unchanged(path string, was fs.FileInfo, entries iter.Seq2[Entry, error]) iter.Seq2[Entry, error] {
	changed := func() bool {
		is, err := os.Stat(path) // where it is gone, entries say so
		return err == nil && (!os.SameFile(is, was) || is.Size() != was.Size() || !is.ModTime().Equal(was.ModTime()))
	}
	return func(yield func(Entry, error) bool) {
		for e, err := range entries {
			if !yield(e, err) || err != nil {
				return
			}
		}
		if changed() {
			yield(Entry{}, &galaxyzoo.DataError{File: path, Err: errors.New("has changed while it was read")})
		}
	}
}

// A catalogueFile is a CSV file with a row an image.
type catalogueFile struct {
	path     string
	header   []string
	id, file int // columns; file is -1 where there is none
}

const catalogueColumns = "want GalaxyID, with or without file, or id_str and file_loc"

func openCatalogue(path string) (*catalogueFile, error) {
	c := &catalogueFile{path: path}
	for row, err := range c.records() {
		if err != nil {
			return nil, err
		}
		for _, name := range row.cells {
			c.header = append(c.header, strings.TrimSpace(name))
		}
		break
	}
	if c.header == nil {
		return nil, &galaxyzoo.DataError{File: path, Err: errors.New("the file is empty, " + catalogueColumns)}
	}
	c.id, c.file = slices.Index(c.header, "GalaxyID"), slices.Index(c.header, "file")
	if c.id < 0 {
		c.id, c.file = slices.Index(c.header, "id_str"), slices.Index(c.header, "file_loc")
		if c.id < 0 || c.file < 0 {
			return nil, &galaxyzoo.DataError{File: path, Line: 1, Err: c.unknown()}
		}
	}
	return c, nil
}

// unknown says what the header lacks, and which column was probably meant.
func (c *catalogueFile) unknown() error {
	wanted := []string{"GalaxyID", "id_str", "file_loc"}
	best, meant, distance := "", "", 3 // letters that may differ
	for _, name := range c.header {
		for _, want := range wanted {
			d := smetrics.WagnerFischer(strings.ToLower(name), strings.ToLower(want), 1, 1, 1)
			if d < distance && name != want {
				best, meant, distance = name, want, d
			}
		}
	}
	if best != "" {
		return fmt.Errorf("the header has no columns that name images, %s; did you mean %s by %q?", catalogueColumns, meant, best)
	}
	return fmt.Errorf("the header has no columns that name images, %s", catalogueColumns)
}

// rows goes through the images of the catalogue, their files relative to folder.
func (c *catalogueFile) rows(folder string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		header := true
		for row, err := range c.records() {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if header {
				header = false
				continue
			}
			e := Entry{ID: strings.TrimSpace(row.cells[c.id]), Line: row.line}
			empty := c.id
			if e.ID != "" && c.file >= 0 {
				e.File = strings.TrimSpace(row.cells[c.file])
				empty = c.file
			}
			if e.ID == "" || c.file >= 0 && e.File == "" {
				yield(Entry{}, &galaxyzoo.DataError{File: c.path, Line: row.line,
					Err: fmt.Errorf("column %s is empty", c.header[empty])})
				return
			}
			if c.file >= 0 {
				e.File = under(folder, e.File)
			} else if !filepath.IsLocal(e.ID) {
				yield(Entry{}, &galaxyzoo.DataError{File: c.path, Line: row.line,
					Err: fmt.Errorf("the id %q leads out of the folder of the images; want a column file", e.ID)})
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// A record is a row of a CSV file; its cells are good until the next.
type record struct {
	cells []string
	line  int
}

// records goes through all rows, the header first.
func (c *catalogueFile) records() iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		f, err := os.Open(c.path)
		if err != nil {
			yield(record{}, &galaxyzoo.DataError{File: c.path, Err: fmt.Errorf("failed to open: %w", galaxyzoo.Reason(err))})
			return
		}
		defer f.Close()
		r := galaxyzoo.NewCSVReader(f)
		r.ReuseRecord = true
		line := 0
		for {
			cells, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				fault := &galaxyzoo.DataError{File: c.path, Line: line + 1, Err: galaxyzoo.Reason(err)}
				if broken, ok := errors.AsType[*csv.ParseError](err); ok {
					fault.Line, fault.Err = broken.StartLine, broken.Err
					if errors.Is(err, csv.ErrFieldCount) {
						fault.Err = fmt.Errorf("%d columns, want %d as in the header", len(cells), r.FieldsPerRecord)
					}
				}
				yield(record{}, fault)
				return
			}
			line, _ = r.FieldPos(0)
			if !yield(record{cells, line}, nil) {
				return
			}
		}
	}
}

// under makes a path that is relative one in the folder.
func under(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// openText opens a file and passes over a byte-order mark of UTF-8.
func openText(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to open: %w", galaxyzoo.Reason(err))
	}
	r := bufio.NewReaderSize(f, 1<<16)
	if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
		r.Discard(len(mark))
	}
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}
