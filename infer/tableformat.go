package infer

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A tableWriter writes the rows of a table in one of the formats. Close ends the
// table, not the writer beneath.
type tableWriter interface {
	Write(record []string) error
	Close() error
}

// tableFormats are the formats by their extension. The first columns of a table
// may be texts, the others are numbers; see textColumn.
var tableFormats = map[string]func(w io.Writer, header []string) (tableWriter, error){
	".csv":     newCSVTable,
	".jsonl":   newJSONTable,
	".parquet": newParquetTable,
}

// tableFormat finds the format of a file by its extension, or that of a
// submission.
func tableFormat(path string, submission bool) (func(io.Writer, []string) (tableWriter, error), error) {
	if submission {
		if !strings.EqualFold(filepath.Ext(path), ".csv") {
			return nil, fmt.Errorf("%q is no .csv, which a submission is", path)
		}
		return newSubmission, nil
	}
	if format, ok := tableFormats[strings.ToLower(filepath.Ext(path))]; ok {
		return format, nil
	}
	known := slices.Sorted(maps.Keys(tableFormats))
	return nil, fmt.Errorf("%q ends in none of %s", path, strings.Join(known, ", "))
}

// textColumn reports whether a column holds texts.
func textColumn(name string) bool { return name == columnID || name == columnAnswers }

// csvTable is a CSV file with its header.
type csvTable struct{ *csv.Writer }

func newCSVTable(w io.Writer, header []string) (tableWriter, error) {
	t := csvTable{csv.NewWriter(w)}
	return t, t.Write(header)
}

func (t csvTable) Close() error {
	t.Flush()
	return t.Error()
}

// jsonTable is one object a line, with the columns as keys in their order.
type jsonTable struct {
	w    io.Writer
	keys []string // quoted, with their colon
	text []bool
	line []byte
}

func newJSONTable(w io.Writer, header []string) (tableWriter, error) {
	t := &jsonTable{w: w}
	for _, name := range header {
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		t.keys = append(t.keys, string(key)+":")
		t.text = append(t.text, textColumn(name))
	}
	return t, nil
}

func (t *jsonTable) Write(record []string) error {
	t.line = t.line[:0]
	for i, cell := range record {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		t.line = append(append(t.line, separator), t.keys[i]...)
		if t.text[i] {
			text, err := json.Marshal(cell)
			if err != nil {
				return err
			}
			t.line = append(t.line, text...)
		} else {
			t.line = append(t.line, cell...)
		}
	}
	t.line = append(t.line, "}\n"...)
	_, err := t.w.Write(t.line)
	return err
}

func (t *jsonTable) Close() error { return nil }

// parquetTable is a Parquet file with a column of strings or doubles for each of
// the table's.
type parquetTable struct {
	w    *parquet.GenericWriter[any]
	text []bool
	row  parquet.Row
}

func newParquetTable(w io.Writer, header []string) (tableWriter, error) {
	t := &parquetTable{}
	// The fields of a struct keep their order, which the library's own way to
	// put a schema together does not.
	var fields []reflect.StructField
	for i, name := range header {
		kind := reflect.TypeFor[float64]()
		if textColumn(name) {
			kind = reflect.TypeFor[string]()
		}
		t.text = append(t.text, textColumn(name))
		fields = append(fields, reflect.StructField{
			Name: "Column" + strconv.Itoa(i), Type: kind, Tag: reflect.StructTag(fmt.Sprintf("parquet:%q", name)),
		})
	}
	schema := parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
	t.w = parquet.NewGenericWriter[any](w, schema, parquet.Compression(&parquet.Zstd))
	return t, nil
}

func (t *parquetTable) Write(record []string) error {
	t.row = t.row[:0]
	for i, cell := range record {
		value := parquet.ByteArrayValue([]byte(cell))
		if !t.text[i] {
			x, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				return err
			}
			value = parquet.DoubleValue(x)
		}
		t.row = append(t.row, value.Level(0, 0, i))
	}
	_, err := t.w.WriteRows([]parquet.Row{t.row})
	return err
}

func (t *parquetTable) Close() error { return t.w.Close() }

// submission is Kaggle's table: sorted by the ids, which are numbers, and with
// votes from 0 to 1. It is in memory until it is closed.
type submission struct {
	w io.Writer
	galaxyzoo.Labels
}

func newSubmission(w io.Writer, _ []string) (tableWriter, error) { return &submission{w: w}, nil }

func (s *submission) Write(record []string) error {
	id, err := galaxyzoo.ParseID(record[0])
	if err != nil {
		return err
	}
	var votes galaxyzoo.Votes
	for c := range votes {
		x, err := strconv.ParseFloat(record[c+1], 64)
		if err != nil {
			return err
		}
		votes[c] = min(max(x, 0), 1)
	}
	s.IDs, s.Votes = append(s.IDs, id), append(s.Votes, votes)
	return nil
}

func (s *submission) Close() error { return s.Labels.Write(s.w) }
