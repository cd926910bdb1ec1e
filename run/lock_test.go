package run

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// lockFor names the run that this test binary, started by a test, locks until
// it is killed.
const lockFor = "RUN_TEST_LOCK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(lockFor); dir != "" {
		if _, err := (&Run{Dir: dir}).Lock(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("locked")
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck // ends with the test
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestLockAgainstAnotherProcess(t *testing.T) {
	r := create(t)
	if _, held := r.Holder(); held {
		t.Error("a new run is held")
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), lockFor+"="+r.Dir)
	stdin, err := child.StdinPipe() // kept open: the child ends with it
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "locked\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}

	_, err = r.Lock()
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Holder.PID != child.Process.Pid || locked.Dir != r.Dir {
		t.Fatalf("error = %v, want that process %d holds it", err, child.Process.Pid)
	}
	host, _ := os.Hostname()
	if want := fmt.Sprintf("run %s is in use by process %d on %s since ", r.Dir, child.Process.Pid, host); !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error = %v\n want = %s...", err, want)
	}
	if h, held := r.Holder(); !held || h.PID != child.Process.Pid || time.Since(h.Since) > time.Minute {
		t.Errorf("holder = %+v, %v", h, held)
	}

	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait() //nolint:errcheck // it was killed
	if _, held := r.Holder(); held {
		t.Error("a killed process holds the run")
	}
	l, err := r.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if h, held := r.Holder(); !held || h.PID != os.Getpid() {
		t.Errorf("holder = %+v, %v; want this process", h, held)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	if left := names(t, r.Dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

// However often many take and give back the lock, two never hold it.
func TestLockIsExclusive(t *testing.T) {
	r := create(t)
	var holders, taken atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				l, err := r.Lock()
				var locked *LockedError
				if errors.As(err, &locked) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				taken.Add(1)
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				holders.Add(-1)
				if err := l.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() == 0 {
		t.Error("nobody got the lock")
	}
}

func TestLockErrors(t *testing.T) {
	r := create(t)
	l, err := r.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(r.Path(LockFile), 0); err != nil { // as it is before it is signed
		t.Fatal(err)
	}
	if _, err := r.Lock(); err == nil || err.Error() != "run "+r.Dir+" is in use by another process" {
		t.Errorf("error = %v", err)
	}
	if removed, err := r.Discard(); !removed || err != nil {
		t.Fatalf("a locked run: removed = %v, %v", removed, err)
	}
	if err := l.Release(); err != nil {
		t.Errorf("release after the run was discarded: %v", err)
	}
	if _, err := r.Lock(); err == nil || err.Error() != "failed to lock run "+r.Dir+": no such file or directory" {
		t.Errorf("error = %v", err)
	}
}

// Both taking a run up again and looking at it repair what a killed one left,
// but looking leaves a run that is going alone.
func TestRecoveryOnOpening(t *testing.T) {
	abandoned := func(t *testing.T) *Run {
		r := create(t)
		touch(t, r.Path(ConfigFile))
		fillDir(t, r.Checkpoint(Best)+".old", "now")
		fillDir(t, r.Checkpoint(Best)+".new", "next")
		return r
	}
	t.Run("lock", func(t *testing.T) {
		r := abandoned(t)
		l, err := r.Lock()
		if err != nil {
			t.Fatal(err)
		}
		defer l.Release() //nolint:errcheck // the folder goes with the test
		if got, err := textOf(r.Checkpoint(Best)); got != "now" {
			t.Errorf("best holds %q, %v", got, err)
		}
	})
	t.Run("open", func(t *testing.T) {
		r := abandoned(t)
		if _, err := Open(r.Dir); err != nil {
			t.Fatal(err)
		}
		if got, err := textOf(r.Checkpoint(Best)); got != "now" {
			t.Errorf("best holds %q, %v", got, err)
		}
		if _, err := os.Stat(r.Path(LockFile)); err == nil {
			t.Error("a lock was left")
		}
	})
	t.Run("open a run that is going", func(t *testing.T) {
		r := create(t)
		touch(t, r.Path(ConfigFile))
		l, err := r.Lock()
		if err != nil {
			t.Fatal(err)
		}
		defer l.Release() //nolint:errcheck // the folder goes with the test
		fillDir(t, r.Checkpoint(Best)+".old", "now")
		fillDir(t, r.Checkpoint(Best)+".new", "next")
		if _, err := Open(r.Dir); err != nil {
			t.Fatal(err)
		}
		if got := names(t, filepath.Dir(r.Checkpoint(Best))); len(got) != 2 {
			t.Errorf("a reader changed a run that is going: %q", got)
		}
	})
}

// Who takes a run removes what a killed process was writing there, and nothing else.
func TestLockRemovesTemporaryFiles(t *testing.T) {
	r := create(t)
	stay := []string{r.Path(InfoFile), r.Path(".run.json.swp"), r.Path(".notes7"), r.Predictions()}
	for _, path := range append([]string{
		r.Path(".run.json17"), r.Path(".config.yaml5"), r.Path(".metrics.csv5"), r.Path(".metrics.jsonl6"), r.Path(".SHA256SUMS12"), r.Path(".diverged.json8"),
		r.Path("predictions", ".validation.csv9"), r.Path("samples", ".augmented.png3"), r.Path("samples", ".kernels.npy3"),
	}, stay...) {
		touch(t, path)
	}
	l, err := r.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	for _, path := range stay {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if got := append(names(t, r.Dir), append(names(t, r.Path("predictions")), names(t, r.Samples())...)...); len(got) != 6 {
		t.Errorf("left %q", got)
	}
}
