package galaxyzoo

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Names of Kaggle's files.
const (
	LabelFile      = "training_solutions_rev1.csv"
	TrainingFolder = "images_training_rev1"
	TestFolder     = "images_test_rev1"
)

// A Galaxy is one row of a catalogue.
type Galaxy struct {
	ID    int64
	Votes Votes
	File  string // the image's path, or a name for an image that is drawn

	size, modified int64
}

// A Catalogue is a set of labelled galaxy images, sorted by id.
type Catalogue struct {
	Name     string // the folder it was read from, or "synthetic:N"
	Galaxies []Galaxy
	// Unlabelled are the images that have no row in the label file, Missing
	// the rows whose image is not there. Neither takes part in anything.
	Unlabelled []string
	Missing    []int64

	draw func(i int) ([]byte, error) // nil where images are files
}

// OpenCatalogue reads a folder in Kaggle's layout: training_solutions_rev1.csv
// beside images_training_rev1/ID.jpg. Errors about its content are *DataError.
func OpenCatalogue(dir string) (*Catalogue, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, &DataError{File: dir, Err: fmt.Errorf("failed to open the data folder: %w", errors.Unwrap(err))}
	}
	if !info.IsDir() {
		return nil, &DataError{File: dir, Err: errors.New("want a folder that holds " + LabelFile + " and " + TrainingFolder)}
	}
	labels, err := ReadLabels(filepath.Join(dir, LabelFile))
	if err != nil {
		return nil, err
	}
	images, strangers, err := listImages(filepath.Join(dir, TrainingFolder))
	if err != nil {
		return nil, err
	}

	c := &Catalogue{Name: dir, Unlabelled: strangers}
	for i, id := range labels.IDs {
		g, ok := images[id]
		if !ok {
			c.Missing = append(c.Missing, id)
			continue
		}
		g.Votes = labels.Votes[i]
		c.Galaxies = append(c.Galaxies, g)
		delete(images, id)
	}
	for _, g := range images {
		c.Unlabelled = append(c.Unlabelled, g.File)
	}
	slices.Sort(c.Missing)
	slices.Sort(c.Unlabelled)
	slices.SortFunc(c.Galaxies, func(a, b Galaxy) int { return int(a.ID - b.ID) })
	if len(c.Galaxies) == 0 {
		return nil, &DataError{File: dir, Err: fmt.Errorf(
			"no galaxy has both a row in %s (%d rows) and an image in %s (%d images)",
			LabelFile, len(labels.IDs), TrainingFolder, len(c.Unlabelled))}
	}
	return c, nil
}

// listImages finds ID.jpg files by id, and the images whose name is no id.
func listImages(dir string) (map[int64]Galaxy, []string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, &DataError{File: dir, Err: fmt.Errorf("failed to list images: %w", errors.Unwrap(err))}
	}
	images := make(map[int64]Galaxy, len(entries))
	var strangers []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		base, isJPEG := strings.CutSuffix(e.Name(), ".jpg")
		if !isJPEG {
			continue
		}
		id, err := strconv.ParseInt(base, 10, 64)
		if err != nil || id <= 0 || strconv.FormatInt(id, 10) != base {
			strangers = append(strangers, path)
			continue
		}
		info, err := os.Stat(path) // follows links, as opening will
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since the listing, or a dangling link: counts as missing
		}
		if err != nil {
			return nil, nil, &DataError{File: path, Err: err}
		}
		if !info.Mode().IsRegular() {
			strangers = append(strangers, path)
			continue
		}
		images[id] = Galaxy{ID: id, File: path, size: info.Size(), modified: info.ModTime().UnixNano()}
	}
	return images, strangers, nil
}

// Len returns the number of galaxies.
func (c *Catalogue) Len() int { return len(c.Galaxies) }

// IDs returns the ids in catalogue order.
func (c *Catalogue) IDs() []int64 {
	ids := make([]int64, len(c.Galaxies))
	for i, g := range c.Galaxies {
		ids[i] = g.ID
	}
	return ids
}

// Votes returns the votes of the galaxies at the given positions.
func (c *Catalogue) Votes(positions []int) []Votes {
	votes := make([]Votes, len(positions))
	for k, i := range positions {
		votes[k] = c.Galaxies[i].Votes
	}
	return votes
}

// Open returns the encoded image of galaxy i. It may be called by several
// goroutines at once.
func (c *Catalogue) Open(i int) (io.ReadCloser, error) {
	if c.draw != nil {
		encoded, err := c.draw(i)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(encoded)), nil
	}
	f, err := os.Open(c.Galaxies[i].File)
	if err != nil {
		return nil, &DataError{File: c.Galaxies[i].File, Err: fmt.Errorf("failed to open image: %w", errors.Unwrap(err))}
	}
	return f, nil
}

// Fingerprint identifies the catalogue's content: ids, votes and image sizes.
// It is the same for a copy of the folder elsewhere.
func (c *Catalogue) Fingerprint() string { return c.hash(false) }

// ImageKey identifies the image files as they are on this disk: ids, sizes and
// times of last change. It differs once an image is replaced, and is what a
// cache of crops is keyed by.
func (c *Catalogue) ImageKey() string { return c.hash(true) }

func (c *Catalogue) hash(files bool) string {
	h := sha256.New()
	var b [8]byte
	put := func(x uint64) {
		binary.LittleEndian.PutUint64(b[:], x)
		h.Write(b[:])
	}
	if c.draw != nil {
		io.WriteString(h, c.Name)
	}
	for i := range c.Galaxies {
		g := &c.Galaxies[i]
		put(uint64(g.ID))
		put(uint64(g.size))
		if files {
			put(uint64(g.modified))
			continue
		}
		for _, x := range g.Votes {
			put(math.Float64bits(x))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
