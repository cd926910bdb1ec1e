package timeline

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Chrome's trace-event format, "JSON object format": one process, a thread for
// each track, and a complete event ("X") for each span, in microseconds.
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
const process = 1

// WriteChrome writes the spans that have ended, as chrome://tracing and
// ui.perfetto.dev read them. title names the process.
func (r *Recorder) WriteChrome(w io.Writer, title string) error {
	spans, tracks, names := r.snapshot()
	b := bufio.NewWriter(w)
	b.WriteString(`{"displayTimeUnit":"ms","traceEvents":[`)
	fmt.Fprintf(b, "\n"+`{"ph":"M","name":"process_name","pid":%d,"args":{"name":%s}}`, process, quote(title))
	for i, track := range tracks {
		fmt.Fprintf(b, ",\n"+`{"ph":"M","name":"thread_name","pid":%d,"tid":%d,"args":{"name":%s}}`, process, i+1, quote(track))
		fmt.Fprintf(b, ",\n"+`{"ph":"M","name":"thread_sort_index","pid":%d,"tid":%d,"args":{"sort_index":%d}}`, process, i+1, i)
	}
	for i, name := range names {
		names[i] = quote(name)
	}
	for _, s := range spans {
		fmt.Fprintf(b, ",\n"+`{"ph":"X","name":%s,"pid":%d,"tid":%d,"ts":%.3f,"dur":%.3f}`,
			names[s.name], process, s.track+1, float64(s.start.Nanoseconds())/1e3, float64(s.length.Nanoseconds())/1e3)
	}
	b.WriteString("\n]}\n")
	return b.Flush()
}

// snapshot copies what is written, so that writing holds nobody up.
func (r *Recorder) snapshot() (spans []entry, tracks, names []string) {
	if r == nil {
		return nil, nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.tracks {
		tracks = append(tracks, t.name)
	}
	return slices.Clone(r.spans), tracks, slices.Clone(r.names)
}

// quote returns a text as JSON has it.
func quote(text string) string {
	encoded, _ := json.Marshal(text) // of a string never fails
	return string(encoded)
}
