package infer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A part is the table of one shard.
type part struct {
	path  string
	meta  *Meta
	shard Shard
}

// Merge joins the CSV tables of all shards to the table out, whose extension is
// its format, with the lists of images that could not be read. The rows come
// shard by shard. That a shard is missing, there twice or not whole, or made by
// other models or settings, is an error, and so is an image in two parts, which
// is seen from a 64-bit hash of its id: a *run.UsageError or *galaxyzoo.DataError.
func Merge(ctx context.Context, paths []string, out string) (*Summary, error) {
	parts, err := openParts(paths)
	if err != nil {
		return nil, err
	}
	merged := *parts[0].meta
	merged.Shard, merged.Features, merged.Predicted, merged.Unreadable = Whole.String(), "", 0, 0
	for _, p := range parts {
		merged.Predicted += p.meta.Predicted
		merged.Unreadable += p.meta.Unreadable
	}
	if got := merged.Predicted + merged.Unreadable; got != merged.Listed {
		return nil, &galaxyzoo.DataError{File: paths[0], Err: fmt.Errorf("the parts hold %d of %d images", got, merged.Listed)}
	}
	if merged.Predicted == 0 {
		return nil, &galaxyzoo.DataError{File: errorsFile(paths[0]), Err: fmt.Errorf("none of the %d images could be read", merged.Listed)}
	}
	t, err := newTableFile(out, false, &merged)
	if err != nil {
		return nil, err
	}
	defer t.abort()
	var ids []uint64
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		add := func(row *journalRow) error {
			ids = append(ids, hash(row.ID))
			return t.add(row)
		}
		if err := p.each(add); err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	for i := 1; i < len(ids); i++ {
		if ids[i] == ids[i-1] {
			return nil, &galaxyzoo.DataError{File: paths[0], Err: errors.New("an image is in two of the parts, or twice in one")}
		}
	}
	if err := t.place(); err != nil {
		return nil, err
	}
	s := &Summary{Out: out, Images: merged.Listed, Predicted: merged.Predicted, Unreadable: merged.Unreadable, MeanMoved: t.meanMoved, MaxMoved: t.maxMoved}
	if s.Unreadable > 0 {
		s.Errors = errorsFile(out)
	}
	return s, nil
}

// openParts reads how the parts were made and puts them in the order of their
// shards.
func openParts(paths []string) ([]part, error) {
	if len(paths) == 0 {
		return nil, &run.UsageError{Err: errors.New("no parts to merge")}
	}
	var parts []part
	for _, path := range paths {
		if !strings.EqualFold(filepath.Ext(path), ".csv") {
			return nil, &run.UsageError{Err: fmt.Errorf("%q is no CSV file: parts are merged from CSV, to any format", path), Hint: "predict the shards with --out PART.csv"}
		}
		if err := run.VerifySumsBeside(path, false); err != nil {
			return nil, err
		}
		meta, err := readMeta(path)
		if err != nil {
			return nil, err
		}
		shard, err := ParseShard(meta.Shard)
		if err != nil {
			return nil, &galaxyzoo.DataError{File: metaFile(path), Err: err}
		}
		parts = append(parts, part{path, meta, shard})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return a.shard.Number - b.shard.Number })
	first := parts[0]
	for i, p := range parts {
		if what := first.meta.difference(p.meta); what != "" {
			return nil, &run.UsageError{Err: fmt.Errorf("%s and %s do not belong together: %s", first.path, p.path, what)}
		}
		if p.shard.Of != first.shard.Of {
			return nil, &run.UsageError{Err: fmt.Errorf("%s is shard %s and %s shard %s", first.path, first.shard, p.path, p.shard)}
		}
		if i > 0 && p.shard == parts[i-1].shard {
			return nil, &run.UsageError{Err: fmt.Errorf("%s and %s are both shard %s", parts[i-1].path, p.path, p.shard)}
		}
	}
	if missing := first.shard.Of - len(parts); missing > 0 {
		return nil, &run.UsageError{Err: fmt.Errorf("missing: shard %s", someMissing(parts, missing))}
	}
	return parts, nil
}

// someMissing names the first shards of those that the parts, in their order, lack.
func someMissing(parts []part, missing int) string {
	const most = 10
	var names []string
	next := 1
	for _, p := range append(slices.Clone(parts), part{shard: Shard{parts[0].shard.Of + 1, 0}}) {
		for ; next < p.shard.Number && len(names) < most; next++ {
			names = append(names, Shard{next, parts[0].shard.Of}.String())
		}
		next = p.shard.Number + 1
	}
	if more := missing - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}

// each reads the rows of the part and then its images that could not be read.
func (p *part) each(f func(*journalRow) error) error {
	rows, err := eachRecord(p.path, p.meta.Columns, func(record []string) error {
		for i, cell := range record {
			if name := p.meta.Columns[i]; !textColumn(name) && !isNumber(cell) {
				return &galaxyzoo.DataError{File: p.path, Err: fmt.Errorf("image %s: %s is %q, want a number", record[0], name, cell)}
			}
		}
		return f(&journalRow{ID: record[0], Cells: record[1:]})
	})
	if err != nil {
		return err
	}
	if rows != p.meta.Predicted {
		return &galaxyzoo.DataError{File: p.path, Err: fmt.Errorf("has %d rows, and %d were written: it was cut or changed", rows, p.meta.Predicted)}
	}
	if p.meta.Unreadable == 0 {
		return nil
	}
	path := errorsFile(p.path)
	rows, err = eachRecord(path, faultColumns, func(record []string) error {
		return f(&journalRow{ID: record[0], File: fileName(record[1]), Error: record[2]})
	})
	if err == nil && rows != p.meta.Unreadable {
		err = &galaxyzoo.DataError{File: path, Err: fmt.Errorf("has %d rows, and %d were written: it was cut or changed", rows, p.meta.Unreadable)}
	}
	return err
}

// isNumber reports whether all formats of a table can hold the cell as a number.
func isNumber(cell string) bool {
	x, err := strconv.ParseFloat(cell, 64)
	return err == nil && x-x == 0 // NaN for what is not finite
}

// eachRecord reads a CSV file with the header given and counts its rows.
func eachRecord(path string, header []string, f func(record []string) error) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("failed to open the part: %w", galaxyzoo.Reason(err))}
	}
	defer file.Close()
	r := galaxyzoo.NewCSVReader(file)
	r.ReuseRecord = true
	for rows := -1; ; rows++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) && rows >= 0 {
			return rows, nil
		}
		switch {
		case err != nil:
			return 0, brokenCSV(path, err)
		case rows < 0 && !slices.Equal(record, header):
			err = errors.New("its columns are not those that it was written with")
		case rows >= 0:
			if err := f(record); err != nil {
				return 0, err
			}
		}
		if err != nil {
			return 0, &galaxyzoo.DataError{File: path, Err: err}
		}
	}
}
