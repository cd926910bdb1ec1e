package run

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestKept(t *testing.T) {
	kept := func(to int64) (n int) {
		for step := int64(1); step <= to; step++ {
			if Kept(step) {
				n++
			}
		}
		return n
	}
	for _, test := range []struct {
		to   int64
		want int
	}{{100_000, 100_000}, {100_009, 100_000}, {100_010, 100_001}, {1_000_000, 190_000}, {1_000_099, 190_000}, {2_000_000, 200_000}} {
		if got := kept(test.to); got != test.want {
			t.Errorf("of %d steps %d are kept, want %d", test.to, got, test.want)
		}
	}
}

// The lines of two million steps are some 20 MB, and taking them up is no burden.
func TestOpenLongMetrics(t *testing.T) {
	r := &Run{Dir: t.TempDir()}
	const count = 2_000_000
	var lines []byte
	for step := int64(1); step <= count; step++ {
		if Kept(step) {
			s := Step{step, int(step/3000) + 1, 1 / float64(step), 1e-3}
			lines = s.appendJSON(lines)
		}
	}
	if len(lines) > 20<<20 {
		t.Errorf("%d bytes, want 20 MiB at most", len(lines))
	}
	if err := os.WriteFile(filepath.Join(r.Dir, MetricsJSONL), lines, 0o644); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := r.OpenMetrics(count - 50)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	defer m.Close()
	if all := (after.TotalAlloc - before.TotalAlloc) >> 20; all > 600 { // rubbish included; 380 is usual
		t.Errorf("%d MiB were allocated", all)
	}
	if m.lastStep != count-100 {
		t.Errorf("goes on after step %d, want the last that is kept", m.lastStep)
	}
}
