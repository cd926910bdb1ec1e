package timeline

import "slices"

// A Total sums up the spans of one name on one track, or on tracks that do the
// same work. Times are in seconds.
type Total struct {
	Track   string  `json:"track"`
	Tracks  int     `json:"tracks"` // how many do this work, side by side
	Name    string  `json:"name"`
	Count   int64   `json:"count"`
	Seconds float64 `json:"seconds"` // over all tracks
	Mean    float64 `json:"mean"`
	Longest float64 `json:"longest"`
	Share   float64 `json:"share"` // of the time since the start, mean over the tracks
}

// Totals returns the totals so far, in the order in which tracks were made and
// names first ended; the length of time that they are shares of, in seconds;
// and how many spans the limit kept out of the timeline.
func (r *Recorder) Totals() (totals []Total, seconds float64, left int) {
	if r == nil {
		return nil, 0, 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	seconds = r.now().Seconds()
	var groups []string
	for _, t := range r.tracks {
		if !slices.Contains(groups, t.group) {
			groups = append(groups, t.group)
		}
	}
	for _, group := range groups {
		for name := range r.names {
			if total := r.total(group, name, seconds); total.Count > 0 {
				totals = append(totals, total)
			}
		}
	}
	return totals, seconds, r.left
}

func (r *Recorder) total(group string, name int, seconds float64) Total {
	sum := Total{Track: group, Name: r.names[name]}
	for _, t := range r.tracks {
		if t.group != group {
			continue
		}
		sum.Tracks++
		if name < len(t.tallies) {
			a := t.tallies[name]
			sum.Count += a.count
			sum.Seconds += a.total.Seconds()
			sum.Longest = max(sum.Longest, a.longest.Seconds())
		}
	}
	if sum.Count > 0 {
		sum.Mean = sum.Seconds / float64(sum.Count)
	}
	if seconds > 0 {
		sum.Share = sum.Seconds / seconds / float64(sum.Tracks)
	}
	return sum
}
