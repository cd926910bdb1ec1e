package terminal

import (
	"math"
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	for _, test := range []struct {
		n    int
		want string
	}{
		{0, "0"}, {999, "999"}, {1000, "1,000"}, {61578, "61,578"}, {1234567, "1,234,567"}, {-61578, "-61,578"},
	} {
		if got := Count(test.n); got != test.want {
			t.Errorf("Count(%d) = %q, want %q", test.n, got, test.want)
		}
	}
}

func TestRate(t *testing.T) {
	for _, test := range []struct {
		perSecond float64
		want      string
	}{
		{0, "0.00 images/s"},
		{2.406, "2.41 images/s"},
		{9.994, "9.99 images/s"},
		{9.996, "10.0 images/s"},
		{99.94, "99.9 images/s"},
		{99.96, "100 images/s"},
		{134.4, "134 images/s"},
		{1520, "1,520 images/s"},
		{-1, "- images/s"},
		{math.NaN(), "- images/s"},
		{math.Inf(1), "- images/s"},
	} {
		if got := Rate(test.perSecond, "images"); got != test.want {
			t.Errorf("Rate(%v) = %q, want %q", test.perSecond, got, test.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0.0 s"},
		{420 * time.Millisecond, "0.4 s"},
		{9940 * time.Millisecond, "9.9 s"},
		{9950 * time.Millisecond, "10 s"},
		{59400 * time.Millisecond, "59 s"},
		{59500 * time.Millisecond, "1 min 00 s"},
		{185 * time.Second, "3 min 05 s"},
		{time.Hour - 501*time.Millisecond, "59 min 59 s"},
		{time.Hour - 500*time.Millisecond, "1 h 00 min"},
		{2*time.Hour + 7*time.Minute + 29*time.Second, "2 h 07 min"},
		{24*time.Hour - 30*time.Second, "1 d 00 h"},
		{76 * time.Hour, "3 d 04 h"},
		{-185 * time.Second, "-3 min 05 s"},
		{math.MinInt64, "-106751 d 23 h"},
	} {
		if got := Duration(test.d); got != test.want {
			t.Errorf("Duration(%d) = %q, want %q", test.d, got, test.want)
		}
	}
}
