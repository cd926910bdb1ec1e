package main

import (
	"encoding/json"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// ports NAME... sets variables to ports that are free.
func ports(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer l.Close()
		ts.Setenv(name, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
}

// listens PORT... waits until somebody listens at each.
func listens(ts *testscript.TestScript, neg bool, args []string) {
	deadline := time.Now().Add(time.Minute)
	for _, port := range args {
		for {
			c, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err == nil {
				c.Close()
				break
			}
			if time.Now().After(deadline) {
				ts.Fatalf("nobody listens at %s", port)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// near TOLERANCE STEPS A B compares the losses of that many steps of two runs.
func near(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: near TOLERANCE STEPS A B")
	}
	tolerance, err := strconv.ParseFloat(args[0], 64)
	ts.Check(err)
	read := func(dir string) (losses []float64) {
		text, err := os.ReadFile(ts.MkAbs(filepath.Join(dir, run.MetricsJSONL)))
		ts.Check(err)
		for line := range strings.Lines(string(text)) {
			var s run.Step
			ts.Check(json.Unmarshal([]byte(line), &s))
			losses = append(losses, s.Loss)
		}
		if strconv.Itoa(len(losses)) != args[1] {
			ts.Fatalf("%s has %d steps, want %s", dir, len(losses), args[1])
		}
		return losses
	}
	a, b := read(args[2]), read(args[3])
	for i := range a {
		if d := math.Abs(a[i] - b[i]); !(d <= tolerance) {
			ts.Fatalf("step %d: loss %g in %s, %g in %s", i+1, a[i], args[2], b[i], args[3])
		}
	}
}
