package train

import (
	"os"
	"runtime"
	"testing"
)

// Neither goroutines nor open files gather over epochs. The harness of scripts/faults
// looks at a whole process for longer.
func TestNothingGathers(t *testing.T) {
	const fds = "/proc/self/fd"
	if _, err := os.Stat(fds); err != nil {
		t.Skip("there is no /proc here")
	}
	count := func() (goroutines, files int) {
		entries, err := os.ReadDir(fds)
		if err != nil {
			t.Fatal(err)
		}
		return runtime.NumGoroutine(), len(entries)
	}
	var early, late [2]int // most of epochs 3 to 12, and of 13 to 22
	_, err := trainNew(t, t.Context(), func(e Event) {
		ended, is := e.(EpochEnded)
		if !is || ended.Epoch.Epoch < 3 {
			return
		}
		most := &early
		if ended.Epoch.Epoch > 12 {
			most = &late
		}
		goroutines, files := count()
		most[0], most[1] = max(most[0], goroutines), max(most[1], files)
	}, "epochs", "22", "tensorboard", "true")
	if err != nil {
		t.Fatal(err)
	}
	// A checkpoint that is being written has one more goroutine and some files open.
	if late[0] > early[0]+2 || late[1] > early[1]+4 || early[0] == 0 {
		t.Errorf("at most %d goroutines and %d files, then %d and %d", early[0], early[1], late[0], late[1])
	}
}
