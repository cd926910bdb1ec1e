package timeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sync"
	"testing"
	"time"
)

// byHand returns a recorder whose time is set by hand.
func byHand(limit int) (*Recorder, *time.Duration) {
	r, now := New(limit), new(time.Duration)
	r.now = func() time.Duration { return *now }
	return r, now
}

// span records one of the given length, from now on.
func span(t *Track, now *time.Duration, name string, length time.Duration) {
	s := t.Start(name)
	*now += length
	s.End()
}

type chromeEvent struct {
	Phase     string   `json:"ph"`
	Name      string   `json:"name"`
	Process   *int     `json:"pid"`
	Thread    *int     `json:"tid"`
	Timestamp *float64 `json:"ts"`
	Duration  *float64 `json:"dur"`
	Args      map[string]any
}

// events reads back what WriteChrome writes, and takes what the format wants.
func events(t *testing.T, r *Recorder) (spans []chromeEvent, threads map[int]string) {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteChrome(&b, `a "title"`); err != nil {
		t.Fatal(err)
	}
	var file struct {
		TraceEvents []chromeEvent `json:"traceEvents"`
	}
	if err := json.Unmarshal(b.Bytes(), &file); err != nil {
		t.Fatalf("%v in %s", err, &b)
	}
	threads = map[int]string{}
	for _, e := range file.TraceEvents {
		switch {
		case e.Process == nil || e.Name == "":
			t.Errorf("event without pid or name: %+v", e)
		case e.Phase == "M" && e.Name == "process_name":
			if e.Args["name"] != `a "title"` {
				t.Errorf("the process is %v", e.Args["name"])
			}
		case e.Phase == "M" && e.Name == "thread_name":
			threads[*e.Thread] = e.Args["name"].(string)
		case e.Phase == "X":
			if e.Thread == nil || e.Timestamp == nil || e.Duration == nil || threads[*e.Thread] == "" {
				t.Errorf("complete event without thread, its name, ts or dur: %+v", e)
			}
			spans = append(spans, e)
		}
	}
	return spans, threads
}

func TestChrome(t *testing.T) {
	r, now := byHand(10)
	train, workers := r.Track("train"), r.Tracks("augment", 2)
	span(train, now, "step", 1500*time.Microsecond)
	span(workers[1], now, "fill \"x\"\n", 250*time.Nanosecond)
	spans, threads := events(t, r)
	if want := map[int]string{1: "train", 2: "augment 1", 3: "augment 2"}; !reflect.DeepEqual(threads, want) {
		t.Errorf("threads %v, want %v", threads, want)
	}
	if len(spans) != 2 {
		t.Fatalf("%d spans, want 2", len(spans))
	}
	step, fill := spans[0], spans[1]
	if step.Name != "step" || *step.Thread != 1 || *step.Timestamp != 0 || *step.Duration != 1500 {
		t.Errorf("the step is %+v", step)
	}
	if fill.Name != "fill \"x\"\n" || *fill.Thread != 3 || *fill.Timestamp != 1500 || *fill.Duration != 0.25 {
		t.Errorf("the filling is %+v", fill)
	}
}

func TestTotals(t *testing.T) {
	r, now := byHand(10)
	train, workers := r.Track("train"), r.Tracks("augment", 2)
	span(train, now, "wait", time.Second)
	span(workers[0], now, "fill", 2*time.Second)
	span(workers[1], now, "fill", 4*time.Second)
	span(train, now, "wait", 3*time.Second)
	got, seconds, left := r.Totals()
	want := []Total{
		{Track: "train", Tracks: 1, Name: "wait", Count: 2, Seconds: 4, Mean: 2, Longest: 3, Share: 0.4},
		{Track: "augment", Tracks: 2, Name: "fill", Count: 2, Seconds: 6, Mean: 3, Longest: 4, Share: 0.3},
	}
	if !reflect.DeepEqual(got, want) || seconds != 10 || left != 0 {
		t.Errorf("totals %+v of %v s, %d left out", got, seconds, left)
	}
	if again := r.Track("train"); again != train {
		t.Error("a second track of one name")
	}
}

// Beyond the limit spans are counted, and cost no memory.
func TestLimit(t *testing.T) {
	r, now := byHand(3)
	track := r.Track("train")
	for range 8 {
		span(track, now, "step", time.Second)
	}
	if spans, _ := events(t, r); len(spans) != 3 || *spans[2].Timestamp != 2e6 {
		t.Errorf("spans %+v, want the first 3", spans)
	}
	totals, _, left := r.Totals()
	if len(totals) != 1 || totals[0].Count != 8 || totals[0].Seconds != 8 || left != 5 {
		t.Errorf("totals %+v, %d left out", totals, left)
	}
	if allocations := testing.AllocsPerRun(100, func() { track.Start("step").End() }); allocations != 0 {
		t.Errorf("%v allocations for a span", allocations)
	}
}

func TestNil(t *testing.T) {
	var r *Recorder
	tracks := append(r.Tracks("augment", 2), r.Track("train"))
	allocations := testing.AllocsPerRun(100, func() {
		for _, track := range tracks {
			track.Start("step").End()
		}
	})
	if allocations != 0 || len(tracks) != 3 {
		t.Errorf("%v allocations, %d tracks", allocations, len(tracks))
	}
	if totals, seconds, left := r.Totals(); totals != nil || seconds != 0 || left != 0 {
		t.Errorf("totals %v, %v s, %d left out", totals, seconds, left)
	}
	if spans, _ := events(t, r); spans != nil {
		t.Errorf("spans %v", spans)
	}
}

// Goroutines record, ask for tracks, sum and write at the same time, and nothing
// is lost.
func TestConcurrent(t *testing.T) {
	r := New(1000)
	const goroutines, each = 8, 500
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			track := r.Tracks("worker", goroutines)[g]
			for i := range each {
				track.Start(fmt.Sprint("name ", i%3)).End()
				if i%100 == 0 {
					r.Totals()
					r.WriteChrome(&bytes.Buffer{}, "title")
				}
			}
		})
	}
	wg.Wait()
	totals, seconds, left := r.Totals()
	count, share := int64(0), 0.0
	for _, total := range totals {
		count += total.Count
		share += total.Share
	}
	if count != goroutines*each || left != goroutines*each-1000 {
		t.Errorf("%d spans, %d left out", count, left)
	}
	if seconds <= 0 || share <= 0 || share > 1 || math.IsNaN(share) {
		t.Errorf("share %v of %v s", share, seconds)
	}
}

func BenchmarkSpan(b *testing.B) {
	track := New(DefaultLimit).Track("train")
	b.ReportAllocs()
	for b.Loop() {
		track.Start("step").End()
	}
}
