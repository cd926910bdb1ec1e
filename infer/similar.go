package infer

import (
	"runtime"
	"slices"
	"sync"
)

// A Neighbour is a galaxy whose features are near those of another.
type Neighbour struct {
	ID         string  `json:"id"`
	Similarity float64 `json:"similarity"` // cosine of the angle between the features, -1 to 1
	File       string  `json:"file"`       // of its image
}

// Nearest returns the galaxies, count at most, 0 or more, whose features have the smallest
// angle to the query, [Size], in the order of the angle, and of equals in that of
// the rows. The galaxy skip is left out, "" leaves out none. A vector of zeros has
// a similarity of 0 to all.
func (f *Features) Nearest(query []float32, count int, skip string) []Neighbour {
	type candidate struct {
		row        int
		similarity float64
	}
	var nearest []candidate
	for row, similarity := range f.similarities(query) {
		if f.IDs[row] == skip || len(nearest) == count && (count == 0 || similarity <= nearest[count-1].similarity) {
			continue
		}
		at, _ := slices.BinarySearchFunc(nearest, similarity, func(c candidate, similarity float64) int {
			if c.similarity >= similarity { // an equal one of an earlier row stays before it
				return -1
			}
			return 1
		})
		nearest = slices.Insert(nearest[:min(len(nearest), count-1)], at, candidate{row, similarity})
	}
	neighbours := make([]Neighbour, len(nearest))
	for i, c := range nearest {
		neighbours[i] = Neighbour{ID: f.IDs[c.row], Similarity: c.similarity, File: f.Files[c.row]}
	}
	return neighbours
}

// similarities returns that of the query to each galaxy, computed on all
// processors.
func (f *Features) similarities(query []float32) []float64 {
	length := norm(query)
	result := make([]float64, f.Len())
	var workers sync.WaitGroup
	share := (f.Len() + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for start := 0; start < f.Len(); start += share {
		workers.Go(func() {
			for row := start; row < min(start+share, f.Len()); row++ {
				if scale := length * f.norms[row]; scale > 0 {
					result[row] = min(max(dot(query, f.Row(row))/scale, -1), 1)
				}
			}
		})
	}
	workers.Wait()
	return result
}
