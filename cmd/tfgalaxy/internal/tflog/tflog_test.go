package tflog

import (
	"errors"
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

func TestQuietlyReturnsTheError(t *testing.T) {
	want := errors.New("no device")
	if got := Quietly(func() error { return want }); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
