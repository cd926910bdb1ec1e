package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// longRuns are runs that nobody disturbs, and that must not grow.
var longRuns = []kind{
	{"a run of 20,000 steps", 0, 1, longRun},
}

const (
	longSteps   = 20_000
	longSamples = 400 // each after as many steps
)

// A sample is what a process takes.
type sample struct {
	resident, threads, files int
	seconds                  float64 // of processors, since it began
}

// sampleOf reads what Linux tells of a process.
func sampleOf(pid int) (s sample, err error) {
	proc := fmt.Sprintf("/proc/%d", pid)
	files, err1 := os.ReadDir(filepath.Join(proc, "fd"))
	status, err2 := os.ReadFile(filepath.Join(proc, "status"))
	stat, err3 := os.ReadFile(filepath.Join(proc, "stat"))
	if err := errors.Join(err1, err2, err3); err != nil {
		return s, err
	}
	s.files = len(files)
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		switch number, _, _ := strings.Cut(strings.TrimSpace(value), " "); name {
		case "VmRSS":
			s.resident, err1 = strconv.Atoi(number)
		case "Threads":
			s.threads, err2 = strconv.Atoi(number)
		}
	}
	// After the name, which may hold anything: state is field 3, the times are 14 and 15.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err3 := strconv.Atoi(fields[11])
	system, err4 := strconv.Atoi(fields[12])
	s.seconds = float64(user+system) / 100
	return s, errors.Join(err1, err2, err3, err4)
}

// longRun trains for longSteps and insists that, after the first tenth, neither memory
// nor threads nor open files grow, nor the processors' time for a step.
func longRun(t *trial) error {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return &skipError{"there is no /proc here"}
	}
	args := []string{"train", "--data", t.data, "--network", "seed3", "--size", "16", "--batch-size", "2", "--schedule", "constant",
		"--steps", strconv.Itoa(longSteps), "--threads", "1", "--run-dir", filepath.Join(t.dir, "run"), "--cache", filepath.Join(t.dir, "cache"), "--json"}
	ctx, stop := context.WithCancel(t)
	defer stop() // kills it where it says, or takes, what it should not
	c := t.command(ctx, args...)
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		return err
	}
	var samples []sample
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var e struct {
			Event string
			Step  int
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			stop()
			return errors.Join(fmt.Errorf("%w in %s", err, lines.Text()), c.Wait())
		}
		if e.Event == "step" && e.Step%(longSteps/longSamples) == 0 {
			s, err := sampleOf(c.Process.Pid)
			if err != nil {
				stop()
				return errors.Join(err, c.Wait())
			}
			samples = append(samples, s)
		}
	}
	if err := c.Wait(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, &said)
	}
	if len(samples) != longSamples {
		return fmt.Errorf("%d samples, want %d", len(samples), longSamples)
	}
	return judge(samples)
}

// judge compares the last quarter of a run with what came after its first tenth.
func judge(samples []sample) error {
	n := len(samples)
	early, late := samples[n/10:n/4], samples[n-n/4:]
	most := func(of []sample, what func(sample) int) int {
		return what(slices.MaxFunc(of, func(a, b sample) int { return cmp.Compare(what(a), what(b)) }))
	}
	perStep := func(from, to int) float64 {
		return (samples[to-1].seconds - samples[from].seconds) / float64((to-1-from)*longSteps/longSamples)
	}
	var faults []error
	for _, m := range []struct {
		name string
		what func(sample) int
		may  float64 // grow by this share
	}{
		{"KiB of memory", func(s sample) int { return s.resident }, .02},
		{"threads", func(s sample) int { return s.threads }, 0},
		{"open files", func(s sample) int { return s.files }, 0},
	} {
		a, b := most(early, m.what), most(late, m.what)
		fmt.Fprintf(os.Stderr, "  %s: at most %d early, %d late\n", m.name, a, b)
		if float64(b) > float64(a)*(1+m.may) {
			faults = append(faults, fmt.Errorf("%s grew from %d to %d", m.name, a, b))
		}
	}
	second, last := perStep(n/4, n/2), perStep(n-n/4, n)
	fmt.Fprintf(os.Stderr, "  processors' time for a step: %.3f ms in the second quarter, %.3f ms in the last\n", 1e3*second, 1e3*last)
	// Other attacks go on beside it, whose share of the caches and of the processors'
	// clock changes: a cost that grows with the steps doubles from the one to the other.
	if last > 1.5*second {
		faults = append(faults, fmt.Errorf("a step took %.3f ms of processors' time and takes %.3f ms", 1e3*second, 1e3*last))
	}
	return errors.Join(faults...)
}
