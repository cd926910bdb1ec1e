package tflog

import (
	"errors"
	"os"
	"testing"
)

func TestWithoutChatter(t *testing.T) {
	in := "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n" +
		"E0000 cuda_dnn.cc: something is wrong\n" +
		"I0000 00:00:1 9 mlir_graph_optimization_pass.cc:401] MLIR V1 optimization pass is not enabled\n" +
		"half a line"
	want := "E0000 cuda_dnn.cc: something is wrong\nhalf a line"
	if got := string(withoutChatter([]byte(in))); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSetLevel(t *testing.T) {
	tests := []struct {
		before string
		all    bool
		want   string
	}{{"", false, "3"}, {"", true, "0"}, {"1", false, "1"}, {"1", true, "0"}}
	for _, test := range tests {
		t.Setenv(level, test.before) // puts back what was there
		if test.before == "" {
			os.Unsetenv(level)
		}
		SetLevel(test.all)
		if got := os.Getenv(level); got != test.want {
			t.Errorf("level %q, all %v: %q, want %q", test.before, test.all, got, test.want)
		}
	}
}

func TestQuietlyReturnsTheError(t *testing.T) {
	want := errors.New("no device")
	if got := Quietly(func() error { return want }); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
