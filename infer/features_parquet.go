package infer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A featureRow is a row of a Parquet file of features.
type featureRow struct {
	ID       string    `parquet:"GalaxyID"`
	File     string    `parquet:"file"`
	Features []float32 `parquet:"features,list"`
}

// featureLeaves are the columns of values that the file has to have.
var featureLeaves = []struct {
	kind parquet.Kind
	path []string
}{
	{parquet.ByteArray, []string{columnID}},
	{parquet.ByteArray, []string{"file"}},
	{parquet.Float, []string{"features", "list", "element"}},
}

// readParquet reads F.parquet. See ReadFeatures.
func readParquet(path string) (f *Features, err error) {
	fail := func(err error) (*Features, error) { return nil, &galaxyzoo.DataError{File: path, Err: err} }
	defer func() { // the library panics on some damaged files
		if fault := recover(); fault != nil {
			f, err = fail(fmt.Errorf("not a whole Parquet file: %v", fault))
		}
	}()
	file, err := os.Open(path)
	if err != nil {
		return fail(fmt.Errorf("failed to read features: %w", galaxyzoo.Reason(err)))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fail(err)
	}
	table, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return fail(fmt.Errorf("not a whole Parquet file: %w", err))
	}
	for _, leaf := range featureLeaves {
		if column, ok := table.Schema().Lookup(leaf.path...); !ok || column.Node.Type().Kind() != leaf.kind {
			return fail(errors.New("want the columns GalaxyID and file (strings) and features (a list of float32)"))
		}
	}
	rows := parquet.NewGenericReader[featureRow](table)
	defer rows.Close()
	batch := make([]featureRow, parquetBatch)
	for {
		n, err := rows.Read(batch)
		for _, row := range batch[:n] {
			if f == nil {
				if len(row.Features) == 0 {
					return fail(fmt.Errorf("row 1: galaxy %s has no features", row.ID))
				}
				f = NewFeatures(len(row.Features))
			}
			if err := f.Add(row.ID, row.File, row.Features); err != nil {
				return fail(fmt.Errorf("row %d: %w", f.Len()+1, err))
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fail(fmt.Errorf("failed to read features: %w", err))
		}
	}
	if f == nil {
		return fail(errNoFeatures)
	}
	return f, nil
}

const (
	parquetBatch    = 64       // rows that are handed over at once
	parquetGroup    = 16 << 20 // bytes of features that the library collects in memory
	parquetMinGroup = 64       // rows
)

// finishParquet converts the partial files and removes them.
func (w *FeatureWriter) finishParquet() error {
	out, err := createFile(w.path)
	if err != nil {
		return err
	}
	defer out.Cleanup() //nolint:errcheck // does nothing once the file is in place
	table := parquet.NewGenericWriter[featureRow](out, parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(int64(max(parquetMinGroup, parquetGroup/4/w.size))))
	if err := w.eachRow(func(row featureRow) error {
		row.File = strings.ToValidUTF8(row.File, "\ufffd") // readers refuse a table with another text
		_, err := table.Write([]featureRow{row})
		return err
	}); err != nil {
		return out.fail(err)
	}
	if err := table.Close(); err != nil {
		return out.fail(err)
	}
	sum, err := out.sum()
	if err != nil {
		return err
	}
	if err := run.WriteSumsBeside(w.path, []run.Sum{sum}); err != nil {
		return err
	}
	if err := out.place(); err != nil {
		return err
	}
	return w.remove()
}

// eachRow calls f for all rows that were flushed. Their features are valid during
// the call.
func (w *FeatureWriter) eachRow(f func(featureRow) error) error {
	if _, err := w.ids.Seek(0, io.SeekStart); err != nil {
		return err
	}
	ids, err := newIDReader(bufio.NewReader(w.ids), w.ids.path)
	if err != nil {
		return err
	}
	values := bufio.NewReaderSize(io.NewSectionReader(w.values, npyHeaderSize, 4*int64(w.count)*int64(w.size)), 1<<16)
	row := featureRow{Features: make([]float32, w.size)}
	for range w.count {
		if row.ID, row.File, err = ids.next(); err != nil {
			return err
		}
		if err := binary.Read(values, binary.LittleEndian, row.Features); err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}
