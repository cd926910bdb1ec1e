package infer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// rewrite changes a file.
func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	forgetSums(t, filepath.Dir(path))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := change(bytes.Clone(content))
	if bytes.Equal(changed, content) {
		t.Fatalf("%s was not changed", path)
	}
	if err := os.WriteFile(path, changed, 0o644); err != nil {
		t.Fatal(err)
	}
}

func replacing(old, with string) func([]byte) []byte {
	return func(content []byte) []byte { return bytes.Replace(content, []byte(old), []byte(with), 1) }
}

func cutting(n int) func([]byte) []byte {
	return func(content []byte) []byte { return content[:len(content)-n] }
}

func becoming(text string) func([]byte) []byte {
	return func([]byte) []byte { return []byte(text) }
}

// wantReadFault wants a fault of the data whose message begins as given.
func wantReadFault(t *testing.T, path, want string) {
	t.Helper()
	_, err := ReadFeatures(path)
	if _, ok := errors.AsType[*galaxyzoo.DataError](err); !ok {
		t.Fatalf("error %v, want a *galaxyzoo.DataError", err)
	}
	if !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %q, want %q at its start", err, want)
	}
}

// Each fault of F.npy and F.ids.csv is told with its file, and its line where there
// are lines.
func TestReadNPYFaults(t *testing.T) {
	nan := func(content []byte) []byte { // the second feature of the third galaxy
		binary.LittleEndian.PutUint32(content[npyHeaderSize+4*(2*2+1):], math.Float32bits(float32(math.NaN())))
		return content
	}
	const npy, ids = "f.npy", "f.ids.csv"
	tests := []struct {
		name   string
		file   string // that is changed
		change func([]byte) []byte
		want   string
	}{
		{"text", npy, becoming("this is no array"), "f.npy: not a .npy file of version 1"},
		{"empty", npy, becoming(""), "f.npy: not a .npy file of version 1"},
		{"version 2", npy, replacing("NUMPY\x01", "NUMPY\x02"), "f.npy: not a .npy file of version 1"},
		{"header without a key", npy, replacing("descr", "DESCR"), "f.npy: not a .npy file: "},
		{"header without end", npy, func(b []byte) []byte { return b[:40] }, "f.npy: not a .npy file: "},
		{"header without lines", npy, replacing("\n", " "), "f.npy: not a .npy file: "},
		{"doubles", npy, replacing("<f4", "<f8"), `f.npy: type "<f8"`},
		{"Fortran", npy, replacing("False, ", "True,  "), "f.npy: "},
		{"one dimension", npy, replacing("(4, 2), }", "(8,), }  "), `f.npy: type "<f4", Fortran order false, shape [8]`},
		{"no feature", npy, replacing("(4, 2)", "(4, 0)"), `f.npy: type "<f4", Fortran order false, shape [4 0]`},
		{"no galaxy", npy, replacing("(4, 2)", "(0, 2)"), "f.npy: holds no galaxies"},
		{"huge shape", npy, replacing("(4, 2), }"+strings.Repeat(" ", 36), "(4611686018427387904, 4611686018427387904), }"), "f.npy: the file is truncated"},
		{"truncated", npy, cutting(1), "f.npy: the file is truncated: 31 bytes behind its header do not hold the shape [4, 2]"},
		{"too long", npy, func(b []byte) []byte { return append(b, 0) }, "f.npy: 33 bytes behind its header"},
		{"not a number", npy, nan, "f.npy: galaxy 3: feature 2 is NaN"},

		{"empty list", ids, becoming(""), "f.ids.csv:1: header"},
		{"no header", ids, replacing("GalaxyID,file\n", ""), `f.ids.csv:1: header ["1" "1.jpg"], want GalaxyID,file`},
		{"a row too few", ids, replacing("2,2.jpg\n", ""), "f.npy: has 4 rows, but "},
		{"a row too many", ids, func(b []byte) []byte { return append(b, "5,5.jpg\n"...) }, "f.ids.csv:6: more rows than the 4 of "},
		{"a column too few", ids, replacing("3,3.jpg", "3"), "f.ids.csv:4: wrong number of fields"},
		{"broken quote", ids, replacing("3.jpg", `"3.jpg`), "f.ids.csv:4: "},
		{"no id", ids, replacing("3,3.jpg", ",3.jpg"), "f.ids.csv:4: a galaxy without an id"},
		{"twice", ids, replacing("4,4.jpg", "2,4.jpg"), "f.ids.csv:5: galaxy 2 was already given in row 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			f := NewFeatures(2)
			for id := 1; id <= 4; id++ {
				if err := f.Add(fmt.Sprint(id), fmt.Sprintf("%d.jpg", id), []float32{1, 2}); err != nil {
					t.Fatal(err)
				}
			}
			writeFeatures(t, filepath.Join(dir, npy), f)
			rewrite(t, filepath.Join(dir, test.file), test.change)
			wantReadFault(t, filepath.Join(dir, npy), filepath.Join(dir, test.want))
		})
	}
}

func TestReadFeaturesMissing(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"f.npy", "f.parquet"} {
		path := filepath.Join(dir, name)
		wantReadFault(t, path, path+": failed to read features: no such file")
	}
	wantReadFault(t, "f.txt", "f.txt: ends in none of .npy, .parquet")
	writeFeatures(t, filepath.Join(dir, "f.npy"), handmadeFeatures(t, 2, 2))
	forgetSums(t, dir)
	ids := filepath.Join(dir, "f.ids.csv")
	if err := os.Remove(ids); err != nil {
		t.Fatal(err)
	}
	wantReadFault(t, filepath.Join(dir, "f.npy"), ids+": failed to read the galaxies of the features: no such file")
}

// forgetSums removes the lists of checksums in a folder: its files are then judged by
// their content, as those of other programs.
func forgetSums(t *testing.T, dir string) {
	t.Helper()
	lists, err := filepath.Glob(filepath.Join(dir, "*.sha256"))
	for _, list := range lists {
		err = errors.Join(err, os.Remove(list))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writeParquet writes any rows.
func writeParquet[T any](t *testing.T, path string, rows ...T) {
	t.Helper()
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
}

func TestReadParquetFaults(t *testing.T) {
	const columns = "want the columns GalaxyID and file (strings) and features (a list of float32)"
	tests := []struct {
		name  string
		write func(t *testing.T, path string)
		want  string
	}{
		{"text", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("this is no table"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "not a whole Parquet file: "},
		{"empty", func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "not a whole Parquet file: "},
		{"truncated", func(t *testing.T, path string) {
			writeFeatures(t, path, handmadeFeatures(t, 50, 3))
			rewrite(t, path, cutting(10))
		}, "not a whole Parquet file: "},
		{"no rows", func(t *testing.T, path string) { writeParquet[featureRow](t, path) }, "holds no galaxies"},
		{"doubles", func(t *testing.T, path string) {
			writeParquet(t, path, struct {
				ID       string    `parquet:"GalaxyID"`
				File     string    `parquet:"file"`
				Features []float64 `parquet:"features,list"`
			}{"1", "1.jpg", []float64{1}})
		}, columns},
		{"numbers for ids", func(t *testing.T, path string) {
			writeParquet(t, path, struct {
				ID       int64     `parquet:"GalaxyID"`
				File     string    `parquet:"file"`
				Features []float32 `parquet:"features,list"`
			}{1, "1.jpg", []float32{1}})
		}, columns},
		{"a table without features", func(t *testing.T, path string) {
			writeParquet(t, path, struct {
				ID   string `parquet:"GalaxyID"`
				File string `parquet:"file"`
			}{"1", "1.jpg"})
		}, columns},
		{"no features", func(t *testing.T, path string) { writeParquet(t, path, featureRow{"1", "1.jpg", nil}) }, "row 1: galaxy 1 has no features"},
		{"unequal", func(t *testing.T, path string) {
			writeParquet(t, path, featureRow{"1", "1.jpg", []float32{1, 2}}, featureRow{"2", "2.jpg", []float32{1}})
		}, "row 2: galaxy 2 has 1 features, want 2"},
		{"twice", func(t *testing.T, path string) {
			writeParquet(t, path, featureRow{"1", "1.jpg", []float32{1, 2}}, featureRow{"1", "2.jpg", []float32{1, 2}})
		}, "row 2: galaxy 1 was already given in row 1"},
		{"not a number", func(t *testing.T, path string) {
			writeParquet(t, path, featureRow{"1", "1.jpg", []float32{1, float32(math.Inf(-1))}})
		}, "row 1: galaxy 1: feature 2 is -Inf, want a finite number"},
		{"no id", func(t *testing.T, path string) {
			writeParquet(t, path, featureRow{"", "1.jpg", []float32{1}})
		}, "row 1: a galaxy without an id"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f.parquet")
			test.write(t, path)
			wantReadFault(t, path, path+": "+test.want)
		})
	}
}

// A file that is damaged anywhere is a fault or what it was, never a panic. A
// flipped bit stands for a bad disk.
func TestReadParquetDamaged(t *testing.T) {
	if raceDetector {
		t.Skip("with the race detector, pointer checks in the Parquet library end the process where it would panic")
	}
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.parquet")
	writeFeatures(t, whole, handmadeFeatures(t, 40, 3))
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(dir, "damaged.parquet")
	for at := range content {
		flipped := bytes.Clone(content)
		flipped[at] ^= 1 << (at % 8)
		if err := os.WriteFile(damaged, flipped, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFeatures(damaged); err != nil {
			if _, ok := errors.AsType[*galaxyzoo.DataError](err); !ok {
				t.Fatalf("byte %d: error %v, want a *galaxyzoo.DataError", at, err)
			}
		}
	}
}
