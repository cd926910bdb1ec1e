package galaxyzoo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestReason(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	_, opening := os.Open(nowhere)
	plain := errors.New("plain")
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"opening", opening, "no such file or directory"},
		{"renaming", os.Rename(nowhere, nowhere+"2"), "no such file or directory"},
		{"wrapped", fmt.Errorf("once more: %w", opening), "no such file or directory"},
		{"another", plain, "plain"},
	} {
		if got := Reason(test.err); got.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.name, got, test.want)
		}
	}
}
