package plots

import (
	"errors"
	"strings"
)

// A Source says where a figure's data came from, for its caption.
type Source struct {
	// File is the file or folder, as the reader should see it, for example
	// "training_solutions_rev1.csv".
	File string
	// Galaxies is how many the figure is drawn from, Skipped how many more
	// had an image that could not be read.
	Galaxies, Skipped int
}

// caption ends the sentences that describe a figure with its n and its file.
func (s Source) caption(sentences ...string) string {
	last := "n = " + plural(s.Galaxies, "galaxy", "galaxies")
	if s.File != "" {
		last += " from " + s.File
	}
	if s.Skipped > 0 {
		last += "; left out: " + plural(s.Skipped, "image that could", "images that could") + " not be read"
	}
	return strings.Join(append(sentences, last+"."), " ")
}

var errNoGalaxies = errors.New("no galaxies")
