package main

import (
	"testing"
	"time"
)

func TestETA(t *testing.T) {
	begin := time.Date(2014, 4, 4, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		from, step, steps int64
		passed            time.Duration
		want              string
	}{
		{0, 0, 100, 0, "-"},
		{0, 1, 100, 9 * time.Second, "-"}, // the first step is slow
		{0, 2, 100, 2 * time.Second, "1 min 38 s"},
		{0, 50, 100, 50 * time.Second, "50 s"},
		{0, 100, 100, 100 * time.Second, "0.0 s"},
		{900, 901, 1000, time.Second, "-"}, // resumed: earlier steps took another's time
		{900, 950, 1000, 25 * time.Second, "25 s"},
	}
	for _, test := range tests {
		e := eta{from: test.from, begin: begin, now: func() time.Time { return begin.Add(test.passed) }}
		if got := e.of(test.step, test.steps); got != test.want {
			t.Errorf("step %d of %d, from %d, after %v: %q, want %q", test.step, test.steps, test.from, test.passed, got, test.want)
		}
	}
}

func TestSpeed(t *testing.T) {
	if got := speed(0, 0); got != "" {
		t.Errorf("before anything is measured: %q", got)
	}
	if got, want := speed(1520.3, 0.0123), "  1,520 images/s  data wait 1.2 %"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
