//go:build cgo && !race

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// write writes a slice of numbers to the file dir/name.
func write(dir, name string, numbers any) error {
	var encoded bytes.Buffer
	if err := binary.Write(&encoded, binary.LittleEndian, numbers); err != nil {
		return fmt.Errorf("failed to write %s: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), encoded.Bytes(), 0o666); err != nil {
		return fmt.Errorf("failed to write an array: %w", err)
	}
	return nil
}

// flatten returns the votes as TensorFlow holds them, float32 [n, 37].
func flatten(votes []galaxyzoo.Votes) []float32 {
	flat := make([]float32, 0, len(votes)*galaxyzoo.NumAnswers)
	for _, v := range votes {
		for _, x := range v {
			flat = append(flat, float32(x))
		}
	}
	return flat
}
