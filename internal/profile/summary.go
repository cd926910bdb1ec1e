package profile

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/tfgalaxy/tfgalaxy/internal/timeline"
)

// rest names the time that no span of the first track tells of.
const rest = "all else"

// A Summary is where the time went. Times are in seconds.
type Summary struct {
	Event         string           `json:"event"` // "profile"
	Dir           string           `json:"dir"`
	Seconds       float64          `json:"seconds"` // from Start to Stop
	Cores         int              `json:"cores"`   // that the process may use
	UserSeconds   float64          `json:"user_seconds"`
	SystemSeconds float64          `json:"system_seconds"`
	CoresUsed     float64          `json:"cores_used"` // share of the cores' time, all threads together
	MaxResident   int64            `json:"max_resident_bytes"`
	Spans         []timeline.Total `json:"spans"`
	SpansLeftOut  int              `json:"spans_left_out"` // of the timeline, not of Spans
}

func (p *Profile) summary() (*Summary, error) {
	now, err := used()
	if err != nil {
		return nil, err
	}
	s := &Summary{
		Event: "profile", Dir: p.dir, Cores: runtime.NumCPU(), MaxResident: now.resident,
		UserSeconds:   (now.user - p.begun.user).Seconds(),
		SystemSeconds: (now.system - p.begun.system).Seconds(),
	}
	s.Spans, s.Seconds, s.SpansLeftOut = p.Timeline.Totals()
	s.addRest()
	if s.Seconds > 0 {
		s.CoresUsed = (s.UserSeconds + s.SystemSeconds) / s.Seconds / float64(s.Cores)
	}
	return s, nil
}

// addRest puts behind the spans of the first track, which follow each other, what
// is left of the time.
func (s *Summary) addRest() {
	left, first := s.Seconds, 0
	for first < len(s.Spans) && s.Spans[first].Track == s.Spans[0].Track {
		left -= s.Spans[first].Seconds
		first++
	}
	if first > 0 && left > 0 {
		s.Spans = slices.Insert(s.Spans, first, timeline.Total{
			Track: s.Spans[0].Track, Tracks: 1, Name: rest, Count: 1,
			Seconds: left, Mean: left, Longest: left, Share: left / s.Seconds,
		})
	}
}

// String is a table for a reader, with a line feed at its end.
func (s *Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "where the time went: %.1f s on %d cores, of whose time it used %.0f %% (%.1f s user, %.1f s system); %.0f MiB resident at most\n",
		s.Seconds, s.Cores, 100*s.CoresUsed, s.UserSeconds, s.SystemSeconds, float64(s.MaxResident)/(1<<20))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "share\ttotal\ttimes\tmean\tlongest\t  work\n")
	for _, x := range s.Spans {
		name := x.Track + ": " + x.Name
		if x.Tracks > 1 {
			name += fmt.Sprintf(" (%d at once; share: their mean)", x.Tracks)
		}
		fmt.Fprintf(t, "%.1f %%\t%.2f s\t%d\t%.1f ms\t%.1f ms\t  %s\n", 100*x.Share, x.Seconds, x.Count, 1e3*x.Mean, 1e3*x.Longest, name)
	}
	t.Flush()
	if s.SpansLeftOut > 0 {
		fmt.Fprintf(&b, "the timeline leaves out the last %d spans\n", s.SpansLeftOut)
	}
	fmt.Fprintf(&b, "profile in %s; of TensorFlow's work, its *.pprof show no more than Go's calls of it (runtime.cgocall)\n", s.Dir)
	return b.String()
}
