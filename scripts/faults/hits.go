package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// hits count, for each kind of attack, what the program was at when it was struck.
type hits struct {
	mu     sync.Mutex
	counts map[string]map[string]int
}

// hit takes note of a strike.
func (t *trial) hit(phase string) {
	t.hits.mu.Lock()
	defer t.hits.mu.Unlock()
	if t.hits.counts == nil {
		t.hits.counts = map[string]map[string]int{}
	}
	if t.hits.counts[t.kind] == nil {
		t.hits.counts[t.kind] = map[string]int{}
	}
	t.hits.counts[t.kind][phase]++
}

// print tells of a kind's, where it counted any.
func (h *hits) print(w io.Writer, kind string) {
	counts := h.counts[kind]
	if len(counts) == 0 {
		return
	}
	var parts []string
	for _, phase := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", phase, counts[phase]))
	}
	fmt.Fprintf(w, "  struck %s\n", strings.Join(parts, ", "))
}
