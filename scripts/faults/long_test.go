package main

import (
	"slices"
	"strings"
	"testing"
)

// What stays the same is let through, and each kind of growth is named.
func TestJudge(t *testing.T) {
	flat := make([]sample, longSamples)
	for i := range flat {
		flat[i] = sample{resident: 200_000, threads: 20, files: 15, seconds: float64(i)}
	}
	tests := []struct {
		name string
		grow func(i int, s *sample)
		want string
	}{
		{"flat", func(int, *sample) {}, ""},
		{"a start", func(i int, s *sample) {
			if i < longSamples/10 {
				s.resident /= 2
			}
		}, ""},
		{"memory", func(i int, s *sample) { s.resident += 30 * i }, "memory grew"},
		{"threads", func(i int, s *sample) { s.threads += i / 200 }, "threads grew"},
		{"files", func(i int, s *sample) { s.files += i / 200 }, "open files grew"},
		{"time", func(i int, s *sample) { s.seconds += float64(i*i) / 100 }, "a step took"},
	}
	for _, test := range tests {
		samples := slices.Clone(flat)
		for i := range samples {
			test.grow(i, &samples[i])
		}
		err := judge(samples)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}
