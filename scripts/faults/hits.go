package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// hits count what the program was at when it was struck.
type hits struct {
	mu     sync.Mutex
	counts map[string]int
}

// hit takes note of a strike.
func (t *trial) hit(phase string) {
	t.hits.mu.Lock()
	defer t.hits.mu.Unlock()
	if t.hits.counts == nil {
		t.hits.counts = map[string]int{}
	}
	t.hits.counts[phase]++
}

// print tells how often a process was struck at what.
func (h *hits) print(w io.Writer) {
	var parts []string
	for _, phase := range slices.Sorted(maps.Keys(h.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", phase, h.counts[phase]))
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "\nStruck: %s.\n", strings.Join(parts, ", "))
	}
}
