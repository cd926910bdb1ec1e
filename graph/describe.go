package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// SymmetryD4 is the symmetry of a network whose votes are the same for an image
// that is turned by quarter turns or mirrored: that of the square.
const SymmetryD4 = "d4"

// Symmetry names what a network is invariant under, whatever its weights:
// SymmetryD4, where a GroupDense has only layers before it that turn with the
// image, or "" for nothing.
func (n *Network) Symmetry() string {
	table, err := n.Table()
	if err != nil {
		return ""
	}
	for _, row := range table {
		switch l := row.layer.(type) {
		case GroupDense:
			return SymmetryD4
		case Lift, GroupConv, GroupNorm, ReLU, Dropout:
		case MaxPool:
			if row.in[0]%l.Size != 0 { // rows at one edge are left out
				return ""
			}
		default:
			return ""
		}
	}
	return ""
}

// SymmetryNote says in a sentence that a network of group layers is not invariant at
// its input size, and the next sizes at which it is; of any other it says nothing.
func (n *Network) SymmetryNote() string {
	grouped := slices.ContainsFunc(n.Layers, func(l Layer) bool { _, is := l.(GroupDense); return is })
	if !grouped || n.Symmetry() != "" {
		return ""
	}
	const beyond = 64 // pixels: sizes are looked for so far past its double
	var sizes []string
	for _, step := range []int{-1, 1} {
		for m, size := *n, n.Size+step; size > 0 && size <= 2*n.Size+beyond; size += step {
			if m.Size = size; m.Symmetry() != "" {
				sizes = append(sizes, strconv.Itoa(size))
				break
			}
		}
	}
	note := fmt.Sprintf("at an input of %d pixels the votes of %s change as an image is turned or mirrored", n.Size, n.Name)
	if len(sizes) > 0 {
		note += fmt.Sprintf("; at %s they do not", strings.Join(sizes, " or "))
	}
	return note
}

// networkKey is the file in extraAssets that says which network a model has.
const networkKey = "network.json"

// A description is the content of network.json.
type description struct {
	Name     string `json:"name"`
	Digest   string `json:"digest"` // that of Network.Digest
	Symmetry string `json:"symmetry,omitempty"`
}

// describe writes network.json into a SavedModel's folder.
func (n *Network) describe(dir string) error {
	encoded, err := json.MarshalIndent(description{n.Name, n.Digest(), n.Symmetry()}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, extraAssets, networkKey), append(encoded, '\n'), 0o666)
}

// readDescription reads network.json. Models of earlier versions have none, and
// an empty description.
func readDescription(dir string) (description, error) {
	var d description
	encoded, err := galaxyzoo.ReadText(filepath.Join(dir, extraAssets, networkKey))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d, nil
	case err != nil:
		return d, fmt.Errorf("failed to read %s: %w", networkKey, err)
	}
	if err := json.Unmarshal(encoded, &d); err != nil {
		return d, fmt.Errorf("failed to read %s: %w", networkKey, err)
	}
	if d.Symmetry != "" && d.Symmetry != SymmetryD4 {
		return d, fmt.Errorf("its symmetry is %q, want %q or none: it was made by another version", d.Symmetry, SymmetryD4)
	}
	return d, nil
}
