package train

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tfgalaxy/tfgalaxy/graph"
)

// WarnMemory is the warning of steps that want more memory than there is.
const WarnMemory = "memory"

// checkMemory warns of steps for which the computer has not enough memory left: a
// system that has none kills the program, or TensorFlow crashes, and neither says why.
func (l *loop) checkMemory() error {
	if !strings.HasPrefix(l.info.Device, "CPU") {
		return nil // a GPU says what it cannot hold, and workers have memory of their own
	}
	want, err := l.plan.Network.StepBytes(l.input.batchSize, graph.Precision(l.config.Precision))
	if err != nil {
		return err
	}
	if free := freeMemory(); want > free {
		l.warn(WarnMemory, fmt.Sprintf("a step of %d images takes about %s of memory, and %s are free: the system may kill the program; "+
			"--batch-size %d takes half", l.input.batchSize, mebibytes(want), mebibytes(free), max(1, l.input.batchSize/2)))
	}
	return nil
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// freeMemory returns the bytes that this process may still take: of the computer, of its
// control group and of its own limit. What the system does not tell of is no limit.
func freeMemory() int64 {
	free := int64(math.MaxInt64)
	if kibibytes, has := field("/proc/meminfo", "MemAvailable:"); has {
		free = kibibytes << 10
	}
	const group = "/sys/fs/cgroup/memory."
	if limit, has := field(group+"max", ""); has {
		used, _ := field(group+"current", "")
		cached, _ := field(group+"stat", "inactive_file") // given up where there is need
		free = min(free, max(0, limit-used+cached))
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err == nil && limit.Cur < math.MaxInt64 {
		mapped, _ := field("/proc/self/status", "VmSize:")
		free = min(free, max(0, int64(limit.Cur)-mapped<<10))
	}
	return free
}

// field reads the number that follows a word at the beginning of a file's line, or that
// a file begins with.
func field(path, word string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		rest, is := strings.CutPrefix(line, word)
		numbers := strings.Fields(rest)
		if !is || len(numbers) == 0 {
			continue
		}
		n, err := strconv.ParseInt(numbers[0], 10, 64)
		return n, err == nil
	}
	return 0, false
}
