package main

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// sameRows reports whether two Parquet files have the same rows, but for the rounding
// of numbers.
func sameRows(got, want []byte) bool {
	a, errA := parquetValues(got)
	b, errB := parquetValues(want)
	return errA == nil && errB == nil && slices.EqualFunc(a, b, func(x, y parquet.Value) bool {
		if x.Kind() != y.Kind() || x.Column() != y.Column() {
			return false
		}
		switch x.Kind() {
		case parquet.Float:
			return near(float64(x.Float()), float64(y.Float()))
		case parquet.Double:
			return near(x.Double(), y.Double())
		}
		return parquet.Equal(x, y)
	})
}

// parquetValues are all values of a Parquet file, row by row.
func parquetValues(content []byte) (all []parquet.Value, err error) {
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		defer rows.Close()
		for batch := make([]parquet.Row, 16); ; {
			n, err := rows.ReadRows(batch)
			for _, row := range batch[:n] {
				all = append(all, row.Clone()...)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
