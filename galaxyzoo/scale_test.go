package galaxyzoo

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/alloctest"
)

// A manyRows is a table of labels, one row after another.
type manyRows struct {
	row, rows, bad int // bad is the row that has a vote of 1.5, from 1
	rest           string
	tail           string // of every row
}

func (m *manyRows) Read(p []byte) (int, error) {
	if m.rest == "" {
		if m.row == m.rows {
			return 0, io.EOF
		}
		m.row++
		m.rest = fmt.Sprintf("%d%s", m.row, m.tail)
		if m.row == m.bad {
			m.rest = strings.Replace(m.rest, ",", ",1.5,", 1)
			m.rest = m.rest[:strings.LastIndexByte(m.rest, ',')] + "\n"
		}
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// A million rows take what their numbers do, and the one that is bad is named.
func TestLabelsAtScale(t *testing.T) {
	rows := alloctest.Scale(t, 20_000, 1_000_000)
	header, row, _ := strings.Cut(table(t, []int64{7}, "", ""), "\n")
	tail := strings.TrimPrefix(row, "7")
	read := func(bad int) (*Labels, error) {
		return ParseLabels(io.MultiReader(strings.NewReader(header+"\n"), &manyRows{rows: rows, bad: bad, tail: tail}), "l.csv")
	}
	before, begin := alloctest.Held(), time.Now()
	l, err := read(0)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	each := float64(alloctest.Held()-before) / float64(rows)
	t.Logf("%d rows in %v, %.0f bytes a row held", rows, took, each)
	if len(l.IDs) != rows || each > 2*8*(NumAnswers+1) { // the list grows by more than it needs
		t.Errorf("%d rows, %.0f bytes each", len(l.IDs), each)
	}
	begin = time.Now()
	_, err = read(rows - 3)
	if fault, is := errors.AsType[*DataError](err); !is || fault.Line != rows-2 || !strings.Contains(err.Error(), "1.5, want 0 to 1") {
		t.Errorf("error %v, want one about line %d", err, rows-2)
	}
	t.Logf("the bad one in %v", time.Since(begin))
}

// A folder of 200,000 images opens in seconds.
func TestCatalogueAtScale(t *testing.T) {
	images := alloctest.Scale(t, 5_000, 200_000)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, TrainingFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	labels, err := os.Create(filepath.Join(dir, LabelFile))
	if err != nil {
		t.Fatal(err)
	}
	header, row, _ := strings.Cut(table(t, []int64{7}, "", ""), "\n")
	_, err = io.Copy(labels, io.MultiReader(strings.NewReader(header+"\n"), &manyRows{rows: images, tail: strings.TrimPrefix(row, "7")}))
	if err := errors.Join(err, labels.Close()); err != nil {
		t.Fatal(err)
	}
	for i := range images {
		if err := os.WriteFile(filepath.Join(dir, TrainingFolder, fmt.Sprintf("%d.jpg", i+1)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, begin := alloctest.Held(), time.Now()
	c, err := OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	took, each := time.Since(begin), float64(alloctest.Held()-before)/float64(images)
	t.Logf("%d images in %v, %.0f bytes an image held", images, took, each)
	if c.Len() != images || each > 1200 {
		t.Errorf("%d images, %.0f bytes each", c.Len(), each)
	}
}
