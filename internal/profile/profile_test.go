package profile

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/timeline"
)

// busy has a processor work for a tenth of a second, ten samples of the profile.
func busy(t *testing.T) {
	t.Helper()
	begun, err := used()
	for now := begun; now.user-begun.user < 100*time.Millisecond; now, err = used() {
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100_000 {
			sink += math.Sqrt(float64(i))
		}
	}
}

var sink float64

func TestProfile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "profile")
	p, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	track := p.Timeline.Track("train")
	span := track.Start("step")
	busy(t)
	span.End()
	p.Timeline.Track("input").Start("augment").End()
	if _, err := Start(t.TempDir()); err == nil {
		t.Error("a second profile at the same time was begun")
	}
	s, err := p.Stop()
	if err != nil {
		t.Fatal(err)
	}

	var read Summary
	encoded, err := os.ReadFile(filepath.Join(dir, summaryFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &read); err != nil || !reflect.DeepEqual(&read, s) {
		t.Errorf("%s holds %s, %v; Stop returned %+v", summaryFile, encoded, err, s)
	}
	var names []string
	first := 0.0
	for _, x := range s.Spans {
		names = append(names, x.Name)
		if x.Track == "train" {
			first += x.Seconds
		}
	}
	if want := []string{"step", rest, "augment"}; !slices.Equal(names, want) {
		t.Errorf("spans %v, want %v", names, want)
	}
	// Sums of floats that are exact to a nanosecond.
	if math.Abs(first-s.Seconds) > 1e-8 {
		t.Errorf("the first track's spans are %v s of %v", first, s.Seconds)
	}
	if s.UserSeconds <= 0 || s.CoresUsed <= 0 || s.MaxResident < 1<<20 {
		t.Errorf("used: %+v", s)
	}
	for _, name := range []string{cpuFile, heapFile, blockFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.HasPrefix(content, []byte{0x1f, 0x8b}) { // gzip, as pprof's files are
			t.Errorf("%s: %v, %d bytes", name, err, len(content))
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, timelineFile))
	if err != nil || !json.Valid(content) || !bytes.Contains(content, []byte(`"name":"step"`)) {
		t.Errorf("%s: %v, %s", timelineFile, err, content)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 5 {
		t.Errorf("%v, want 5 files", entries)
	}
}

func TestBadFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(filepath.Join(file, "below")); err == nil {
		t.Error("a profile below a file was begun")
	}
	// Nothing is left running, and what cannot be written is told of.
	dir := filepath.Join(t.TempDir(), "profile")
	p, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Stop(); err == nil {
		t.Error("a profile was written to a folder that is gone")
	}
}

func TestString(t *testing.T) {
	s := Summary{
		Dir: "profile", Seconds: 10, Cores: 2, UserSeconds: 14.5, SystemSeconds: 0.5, CoresUsed: 0.75, MaxResident: 100 << 20,
		Spans: []timeline.Total{
			{Track: "train", Tracks: 1, Name: "step", Count: 4, Seconds: 8, Mean: 2, Longest: 2.5, Share: 0.8},
			{Track: "input", Tracks: 2, Name: "augment", Count: 8, Seconds: 1, Mean: 0.125, Longest: 0.25, Share: 0.05},
		},
		SpansLeftOut: 3,
	}
	want := `where the time went: 10.0 s on 2 cores, of whose time it used 75 % (14.5 s user, 0.5 s system); 100 MiB resident at most
   share   total  times       mean    longest  work
  80.0 %  8.00 s      4  2000.0 ms  2500.0 ms  train: step
   5.0 %  1.00 s      8   125.0 ms   250.0 ms  input: augment (2 at once; share: their mean)
the timeline leaves out the last 3 spans
profile in profile; of TensorFlow's work, its *.pprof show no more than Go's calls of it (runtime.cgocall)
`
	if got := s.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", strings.ReplaceAll(got, " ", "."), strings.ReplaceAll(want, " ", "."))
	}
}
