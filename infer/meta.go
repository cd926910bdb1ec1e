package infer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A Meta says how a table of predictions came about. It lies beside the table as
// x.meta.json.
type Meta struct {
	Models         []ModelID `json:"models"`
	Views          int       `json:"views"`
	DropoutSamples int       `json:"dropout_samples"`
	Consistent     bool      `json:"consistent"`
	Columns        []string  `json:"columns"`
	Shard          string    `json:"shard"`
	Listed         int       `json:"listed"` // images of all shards
	Predicted      int       `json:"predicted"`
	Unreadable     int       `json:"unreadable"`
	Submission     bool      `json:"submission,omitempty"`
	Features       string    `json:"features,omitempty"` // the file of them, as fileBeside names it

	Stretch imageproc.Stretch `json:"fits_stretch"`
}

// A ModelID tells models apart by what they hold, wherever they lie.
type ModelID struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

// difference names the first setting that differs between tables that are to be
// one, or is empty. Shards and counts may differ.
func (m *Meta) difference(o *Meta) string {
	same := func(a, b any) bool {
		x, errX := json.Marshal(a)
		y, errY := json.Marshal(b)
		return errX == nil && errY == nil && bytes.Equal(x, y)
	}
	switch {
	case !same(m.Models, o.Models):
		return "other models"
	case !same(m.Columns, o.Columns):
		return "other columns"
	case m.Views != o.Views || m.DropoutSamples != o.DropoutSamples || m.Consistent != o.Consistent || m.Stretch != o.Stretch:
		return "other views, samples of dropout, consistency or stretch of FITS images"
	case m.Submission != o.Submission && o.Submission:
		return "--submission"
	case m.Submission != o.Submission:
		return "no --submission"
	case m.Listed != o.Listed:
		return fmt.Sprintf("%d images instead of %d", m.Listed, o.Listed)
	}
	return ""
}

// otherThan names the first setting in which a table that is to be gone on with
// was made otherwise, or is empty.
func (m *Meta) otherThan(begun *Meta) string {
	what := m.difference(begun)
	switch {
	case what != "":
		return what
	case m.Shard != begun.Shard:
		return "shard " + begun.Shard
	case m.Features != begun.Features && begun.Features == "":
		return "no features"
	case m.Features != begun.Features:
		return "features in " + begun.Features
	}
	return ""
}

// beside returns the name of a file that belongs to a table: x.errors.csv for
// x.csv.
func beside(table, suffix string) string {
	return strings.TrimSuffix(table, filepath.Ext(table)) + suffix
}

// fileBeside names a file as seen from a table's folder: without the folders above
// both, and the same wherever it is named from.
func fileBeside(table, file string) string {
	dir, err := filepath.Abs(filepath.Dir(table))
	if file == "" || err != nil {
		return file
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	if name, err := filepath.Rel(dir, absolute); err == nil && filepath.IsLocal(name) {
		return name
	}
	return run.PortableFrom(dir, absolute)
}

// Names of the files that belong to a table, for its own.
func metaFile(table string) string   { return beside(table, ".meta.json") }
func errorsFile(table string) string { return beside(table, ".errors.csv") }

func (m *Meta) write(path string) error {
	encoded, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(path, append(encoded, '\n'), 0o644, renameio.WithTempDir(filepath.Dir(path)))
}

// readMeta reads a table's meta file. Errors are *galaxyzoo.DataError.
func readMeta(table string) (*Meta, error) {
	path := metaFile(table)
	encoded, err := galaxyzoo.ReadText(path)
	if err != nil {
		return nil, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("failed to read how %s was made: %w", table, err)}
	}
	m := &Meta{}
	if err := json.Unmarshal(encoded, m); err != nil {
		return nil, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("failed to read how %s was made: %w", table, err)}
	}
	if len(m.Columns) == 0 || m.Columns[0] != columnID || m.Predicted < 0 || m.Unreadable < 0 || m.Listed < 0 {
		return nil, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("does not say how %s was made: it was changed", table)}
	}
	return m, nil
}
