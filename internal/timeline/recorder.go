package timeline

import (
	"fmt"
	"sync"
	"time"
)

// DefaultLimit is some hours of steps, in 6 MiB of memory and 20 MB of JSON.
const DefaultLimit = 1 << 18

// A Recorder holds spans of time. Its methods, and those of its tracks, may be
// called by several goroutines at once. A nil Recorder records nothing.
type Recorder struct {
	limit int
	now   func() time.Duration // since the start

	mu     sync.Mutex
	tracks []*Track
	names  []string
	spans  []entry
	left   int // spans beyond the limit
}

// entry is a span that has ended. Small, as there are many.
type entry struct {
	start, length time.Duration
	track, name   uint16 // in Recorder.tracks and .names
}

// New starts a recorder. It keeps the first limit spans to end; later ones are
// in the totals alone, so that a long run costs no more memory than that.
func New(limit int) *Recorder {
	begin := time.Now()
	return &Recorder{limit: limit, now: func() time.Duration { return time.Since(begin) }}
}

// A Track is one row of the picture: a goroutine that does one thing after the
// other. Its spans lie beside or within each other. A nil Track records nothing.
type Track struct {
	recorder *Recorder
	group    string
	name     string
	index    uint16
	tallies  []tally // by the name's index
}

type tally struct {
	count          int64
	total, longest time.Duration
}

// Track returns the track of that name, a new one where there is none.
func (r *Recorder) Track(name string) *Track { return r.track(name, name) }

// Tracks returns n tracks for goroutines that do the same work: "name 1", ...
func (r *Recorder) Tracks(name string, n int) []*Track {
	tracks := make([]*Track, n)
	if r != nil {
		for i := range tracks {
			tracks[i] = r.track(name, fmt.Sprintf("%s %d", name, i+1))
		}
	}
	return tracks
}

func (r *Recorder) track(group, name string) *Track {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.tracks {
		if t.name == name {
			return t
		}
	}
	t := &Track{recorder: r, group: group, name: name, index: uint16(len(r.tracks))}
	r.tracks = append(r.tracks, t)
	return t
}

// A Span is work that has begun.
type Span struct {
	track *Track
	name  string
	start time.Duration
}

// Start begins a span. Names are few: they say what is done, not to what.
func (t *Track) Start(name string) Span {
	if t == nil {
		return Span{}
	}
	return Span{t, name, t.recorder.now()}
}

// End ends the span.
func (s Span) End() {
	if s.track == nil {
		return
	}
	r := s.track.recorder
	length := r.now() - s.start
	r.mu.Lock()
	defer r.mu.Unlock()
	name := r.nameIndex(s.name)
	s.track.add(name, length)
	if len(r.spans) == r.limit {
		r.left++
		return
	}
	r.spans = append(r.spans, entry{s.start, length, s.track.index, uint16(name)})
}

func (r *Recorder) nameIndex(name string) int {
	for i, known := range r.names {
		if known == name {
			return i
		}
	}
	r.names = append(r.names, name)
	return len(r.names) - 1
}

func (t *Track) add(name int, length time.Duration) {
	for len(t.tallies) <= name {
		t.tallies = append(t.tallies, tally{})
	}
	a := &t.tallies[name]
	a.count++
	a.total += length
	a.longest = max(a.longest, length)
}
