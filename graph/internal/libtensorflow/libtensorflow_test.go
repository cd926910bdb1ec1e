package libtensorflow

import (
	"os"
	"testing"
)

// What the user has set stays, and what is not set gets its default.
func TestLoad(t *testing.T) {
	t.Setenv("TF_DETERMINISTIC_OPS", "0")
	os.Unsetenv("TF_ENABLE_ONEDNN_OPTS")
	for range 2 {
		if err := Load(); err != nil {
			t.Fatal(err)
		}
	}
	if got := os.Getenv("TF_DETERMINISTIC_OPS"); got != "0" {
		t.Errorf("TF_DETERMINISTIC_OPS is %q, was set to 0", got)
	}
	if got := os.Getenv("TF_ENABLE_ONEDNN_OPTS"); got != "1" {
		t.Errorf("TF_ENABLE_ONEDNN_OPTS is %q, want 1", got)
	}
}
