package galaxyzoo

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

	draw   func(i int) ([]byte, error) // nil where images are files
	origin string                      // what draw's pictures follow from
}

// OpenCatalogue reads a folder in Kaggle's layout: training_solutions_rev1.csv
// beside images_training_rev1/ID.jpg. Errors about its content are *DataError.
func OpenCatalogue(dir string) (*Catalogue, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, &DataError{File: dir, Err: fmt.Errorf("failed to open the data folder: %w", Reason(err))}
	}
	if !info.IsDir() {
		return nil, &DataError{File: dir, Err: fmt.Errorf("is a file, want a folder that holds %s and %s", LabelFile, TrainingFolder)}
	}
	path := filepath.Join(dir, LabelFile)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &DataError{File: path, Err: errors.New("not a file")} // a pipe would be waited for
	}
	labels, err := ReadLabels(path)
	if err != nil {
		return nil, err
	}
	images, strangers, err := listImages(filepath.Join(dir, TrainingFolder))
	if err != nil {
		return nil, err
	}
	found := len(images) + len(strangers)

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
	slices.SortFunc(c.Galaxies, func(a, b Galaxy) int { return cmp.Compare(a.ID, b.ID) })
	if len(c.Galaxies) == 0 {
		return nil, &DataError{File: dir, Err: fmt.Errorf(
			"no galaxy has both a row in %s (%d rows) and an image in %s (%d images)",
			LabelFile, len(labels.IDs), TrainingFolder, found)}
	}
	return c, nil
}

// listImages finds the JPEG files that are named by an id, and the strangers
// among the JPEGs: those whose name is no id, that repeat an id, or that are no
// files. Files of other kinds and hidden ones are passed over.
func listImages(dir string) (map[int64]Galaxy, []string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, &DataError{File: dir, Err: fmt.Errorf("failed to list the images: %w", Reason(err))}
	}
	images := make(map[int64]Galaxy, len(entries))
	var strangers []string
	for _, e := range entries {
		name := e.Name()
		ext := filepath.Ext(name)
		if strings.HasPrefix(name, ".") || !strings.EqualFold(ext, ".jpg") && !strings.EqualFold(ext, ".jpeg") {
			continue
		}
		path := filepath.Join(dir, name)
		info, err := os.Stat(path) // follows links, as opening will
		if errors.Is(err, fs.ErrNotExist) {
			continue // a dangling link, or removed since the listing: counts as missing
		}
		if err != nil {
			return nil, nil, &DataError{File: path, Err: fmt.Errorf("failed to look at the image: %w", Reason(err))}
		}
		id, err := ParseID(strings.TrimSuffix(name, ext))
		_, taken := images[id]
		if err != nil || taken || !info.Mode().IsRegular() {
			strangers = append(strangers, path)
			continue
		}
		images[id] = Galaxy{ID: id, File: path, size: info.Size(), modified: info.ModTime().UnixNano()}
	}
	return images, strangers, nil
}

// ParseID reads a galaxy's id in the one way it is written: a positive whole number
// without sign or leading zero.
func ParseID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != s {
		return 0, fmt.Errorf("GalaxyID %q is not a positive whole number", s)
	}
	return id, nil
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

// All returns the positions of all galaxies.
func (c *Catalogue) All() []int {
	positions := make([]int, len(c.Galaxies))
	for i := range positions {
		positions[i] = i
	}
	return positions
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
	f, err := OpenFile(c.Galaxies[i].File)
	if err != nil {
		return nil, &DataError{File: c.Galaxies[i].File, Err: fmt.Errorf("failed to open the image: %w", err)}
	}
	return f, nil
}
