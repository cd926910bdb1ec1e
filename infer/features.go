package infer

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// Features are what a network's last hidden layer makes of galaxies. Galaxies
// that look alike have vectors that point the same way.
type Features struct {
	IDs    []string  // of the galaxies, each once
	Files  []string  // of their images, as they were given
	Size   int       // length of a galaxy's vector, 1 or more
	Values []float32 // [galaxies, Size], finite

	row   map[string]int // of a galaxy's id
	norms []float64      // lengths of the vectors
}

// NewFeatures returns the features of no galaxy, to be added to.
func NewFeatures(size int) *Features {
	return &Features{Size: size, row: map[string]int{}}
}

// Add adds a galaxy with its vector, [Size], of which it makes a copy.
func (f *Features) Add(id, file string, values []float32) error {
	if err := checkFeatures(id, values, f.Size); err != nil {
		return err
	}
	if id == "" {
		return errNoID
	}
	if first, twice := f.row[id]; twice {
		return fmt.Errorf("galaxy %s was already given in row %d", id, first+1)
	}
	f.row[id] = len(f.IDs)
	f.IDs, f.Files = append(f.IDs, id), append(f.Files, file)
	f.Values = append(f.Values, values...)
	f.norms = append(f.norms, norm(values))
	return nil
}

// Len is the number of galaxies.
func (f *Features) Len() int { return len(f.IDs) }

// Find returns the row of a galaxy.
func (f *Features) Find(id string) (row int, ok bool) {
	row, ok = f.row[id]
	return row, ok
}

// Row returns the vector of row i, [Size], which must not be changed.
func (f *Features) Row(i int) []float32 { return f.Values[i*f.Size:][:f.Size] }

var (
	errNoFeatures = errors.New("holds no galaxies")
	errNoID       = errors.New("a galaxy without an id")
)

// checkFeatures refuses what is no vector of a galaxy.
func checkFeatures(id string, values []float32, size int) error {
	if len(values) != size {
		return fmt.Errorf("galaxy %s has %d features, want %d", id, len(values), size)
	}
	for i, x := range values {
		if x-x != 0 { // NaN for what is not finite
			return fmt.Errorf("galaxy %s: feature %d is %v, want a finite number", id, i+1, x)
		}
	}
	return nil
}

// dot is summed in float64.
func dot(a, b []float32) float64 {
	return blas32.DDot(blas32.Vector{N: len(a), Inc: 1, Data: a}, blas32.Vector{N: len(b), Inc: 1, Data: b})
}

func norm(a []float32) float64 { return math.Sqrt(dot(a, a)) }

// A featureFormat is a form of files of features. Whatever the form, the rows
// grow in the same files; see FeatureWriter.
type featureFormat struct {
	files func(path string) []string // that a file of features consists of
	read  func(path string) (*Features, error)
	// finish makes the files of the rows that a writer has flushed.
	finish func(w *FeatureWriter) error
}

// featureFormats are the formats by their extension.
var featureFormats = map[string]featureFormat{
	".npy":     {npyFiles, readNPY, (*FeatureWriter).finishNPY},
	".parquet": {func(path string) []string { return []string{path} }, readParquet, (*FeatureWriter).finishParquet},
}

func featureFormatOf(path string) (featureFormat, error) {
	format, ok := featureFormats[strings.ToLower(filepath.Ext(path))]
	if !ok {
		known := slices.Sorted(maps.Keys(featureFormats))
		return format, fmt.Errorf("%q ends in none of %s", path, strings.Join(known, ", "))
	}
	return format, nil
}

// FeatureFiles returns the files that the features at path consist of: F.npy has
// its galaxies in F.ids.csv beside it, F.parquet holds all. An extension that is
// neither is an error.
func FeatureFiles(path string) ([]string, error) {
	format, err := featureFormatOf(path)
	if err != nil {
		return nil, err
	}
	return format.files(path), nil
}

// ReadFeatures reads a file of features, in the format that its name ends in:
//
//   - F.npy, float32 [galaxies, size] in C order, with F.ids.csv beside it, the header
//     GalaxyID,file and a row for each of its rows;
//   - F.parquet, with the columns GalaxyID and file (strings) and features (a
//     list of float32).
//
// Errors are *galaxyzoo.DataError.
func ReadFeatures(path string) (*Features, error) {
	format, err := featureFormatOf(path)
	if err != nil {
		return nil, &galaxyzoo.DataError{File: path, Err: errors.New("ends in none of .npy, .parquet, and so is no file of features")}
	}
	// Before the library for Parquet sees it, which some damage leads far astray.
	if err := run.VerifySumsBeside(path, false); err != nil {
		return nil, err
	}
	return format.read(path)
}
