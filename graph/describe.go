package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// SymmetryD4 is the symmetry of a network whose votes are the same for an image
// that is turned by quarter turns or mirrored: that of the square.
const SymmetryD4 = "d4"

// A symmetric layer can make what comes out of it the same for an image that is
// turned by quarter turns or mirrored, if the layers before it turn with the image.
type symmetric interface{ symmetric() bool }

// Symmetry names what a network is invariant under, whatever its weights:
// SymmetryD4, or "" for nothing.
func (n *Network) Symmetry() string {
	for _, l := range n.Layers {
		if s, can := l.(symmetric); can && s.symmetric() {
			return SymmetryD4
		}
	}
	return ""
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
	encoded, err := os.ReadFile(filepath.Join(dir, extraAssets, networkKey))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d, nil
	case err != nil:
		return d, err
	}
	if err := json.Unmarshal(encoded, &d); err != nil {
		return d, fmt.Errorf("failed to read %s: %w", networkKey, err)
	}
	if d.Symmetry != "" && d.Symmetry != SymmetryD4 {
		return d, fmt.Errorf("its symmetry is %q, want %q or none: it was made by another version", d.Symmetry, SymmetryD4)
	}
	return d, nil
}
