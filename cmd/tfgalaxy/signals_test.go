package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// start starts the program as a process of its own, in the folder dir. Whoever
// reads out ends with its last line; the process does not outlive the test.
func start(t *testing.T, dir string, args ...string) (c *exec.Cmd, out io.ReadCloser, said *strings.Builder) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said = &strings.Builder{}
	c = &exec.Cmd{Path: program, Args: append([]string{"tfgalaxy"}, args...), Dir: dir, Stderr: said}
	if out, err = c.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	return c, out, said
}

// long is a run that would take minutes.
var long = []string{"train", "--data", "synthetic:40", "--size", "16", "--epochs", "2000", "--batch-size", "4", "--cache", "cache", "--json"}

// untilStep reads events up to the first step.
func untilStep(t *testing.T, lines *bufio.Reader) {
	t.Helper()
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("no step: %v", err)
		}
		if strings.HasPrefix(line, `{"event":"step",`) {
			return
		}
	}
}

// told reads what run.json says of the end.
func told(t *testing.T, dir string) (status string, code int) {
	t.Helper()
	encoded, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var info struct {
		Status   string
		ExitCode int `json:"exit_code"`
	}
	if err := json.Unmarshal(encoded, &info); err != nil {
		t.Fatal(err)
	}
	return info.Status, info.ExitCode
}

// Whoever tells the program to stop, it saves, and says how to go on.
func TestSignalsSave(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name   string
		signal syscall.Signal
		want   int
	}{
		{"Ctrl-C", syscall.SIGINT, 130},
		{"kill", syscall.SIGTERM, 143},
		{"hang-up", syscall.SIGHUP, 129},
	}
	for _, test := range tests {
		if signal.Ignored(test.signal) { // and so by the program too, which is what nohup is for
			t.Logf("%s is not tried: it is ignored here", test.name)
			continue
		}
		name := "run of " + test.name
		c, out, said := start(t, dir, append(long, "--run-dir", name)...)
		lines := bufio.NewReader(out)
		untilStep(t, lines)
		c.Process.Signal(test.signal)
		rest, err := io.ReadAll(lines)
		if err != nil {
			t.Fatal(err)
		}
		c.Wait()
		if got := c.ProcessState.ExitCode(); got != test.want {
			t.Errorf("%s: exit code %d, want %d; it says %s", test.name, got, test.want, said)
		}
		if !strings.HasPrefix(said.String(), "stopping; once more to stop at once\ntfgalaxy: interrupted at step ") ||
			!strings.HasSuffix(said.String(), ", saved\nhint: tfgalaxy train --resume '"+name+"' goes on\n") {
			t.Errorf("%s: it says %s", test.name, said)
		}
		if !strings.Contains(string(rest), `{"event":"checkpoint","name":"last",`) || !strings.Contains(string(rest), `"status":"interrupted"`) {
			t.Errorf("%s: the events end with %s", test.name, rest)
		}
		if status, code := told(t, filepath.Join(dir, name)); status != "interrupted" || code != test.want {
			t.Errorf("%s: run.json says %s, exit code %d", test.name, status, code)
		}
	}
}

// When nobody reads the events any more, the run is saved too, without a word
// about the pipe: that is how head ends its input.
func TestClosedPipeSaves(t *testing.T) {
	dir := t.TempDir()
	c, out, said := start(t, dir, append(long, "--run-dir", "run")...)
	untilStep(t, bufio.NewReader(out))
	out.Close()
	c.Wait()
	if got := c.ProcessState.ExitCode(); got != 141 {
		t.Errorf("exit code %d, want 141", got)
	}
	if strings.Contains(said.String(), "pipe") || !strings.Contains(said.String(), "tfgalaxy: interrupted at step ") {
		t.Errorf("it says %s", said)
	}
	if status, code := told(t, filepath.Join(dir, "run")); status != "interrupted" || code != 141 {
		t.Errorf("run.json says %s, exit code %d", status, code)
	}

	// A command that only prints ends without a word at all.
	c, out, said = start(t, dir, "presets", "--json")
	out.Close()
	c.Wait()
	if got := c.ProcessState.ExitCode(); got != 141 || said.String() != "" {
		t.Errorf("presets: exit code %d, it says %s", got, said)
	}
}

// nohup has a hang-up ignored, and so the program does.
func TestHangUpIgnored(t *testing.T) {
	nohup, err := exec.LookPath("nohup")
	if err != nil {
		t.Skip("there is no nohup here")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	named := filepath.Join(dir, "tfgalaxy") // a program that TestMain knows by its name
	if err := os.Symlink(program, named); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(nohup, append([]string{named}, append(long, "--run-dir", "run")...)...)
	c.Dir = dir
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	lines := bufio.NewReader(out)
	untilStep(t, lines)
	c.Process.Signal(syscall.SIGHUP)
	for range 5 {
		untilStep(t, lines)
	}
	c.Process.Signal(syscall.SIGTERM)
	io.Copy(io.Discard, lines)
	c.Wait()
	if got := c.ProcessState.ExitCode(); got != 143 {
		t.Errorf("exit code %d, want 143: that of the signal that was not ignored", got)
	}
}

// SIGUSR1 has a run saved, which goes on.
func TestSignalSavesAndGoesOn(t *testing.T) {
	dir := t.TempDir()
	c, out, said := start(t, dir, append(long, "--run-dir", "run")...)
	lines := bufio.NewReader(out)
	untilStep(t, lines)
	c.Process.Signal(syscall.SIGUSR1)
	for asked := false; !asked; {
		line, err := lines.ReadString('\n')
		if err != nil || strings.HasPrefix(line, `{"event":"epoch","epoch":5,`) {
			t.Fatalf("no checkpoint: %v, %s; it says %s", err, line, said)
		}
		asked = strings.HasPrefix(line, `{"event":"checkpoint","name":"last",`) && strings.HasSuffix(line, `,"asked":true}`+"\n")
	}
	untilStep(t, lines)
	c.Process.Signal(syscall.SIGTERM)
	io.Copy(io.Discard, lines)
	c.Wait()
	if got := c.ProcessState.ExitCode(); got != 143 {
		t.Errorf("exit code %d, want 143: SIGUSR1 stops nothing; it says %s", got, said)
	}
}

// TensorFlow's own log is shown where it is asked for, and nowhere else.
func TestVerbose(t *testing.T) {
	dir := t.TempDir()
	args := []string{"train", "--data", "synthetic:12", "--size", "16", "--epochs", "1", "--cache", "cache", "--run-dir"}
	for _, verbose := range []bool{false, true} {
		name := "quiet"
		more := []string{name}
		if verbose {
			name = "verbose"
			more = []string{name, "--verbose"}
		}
		c, out, said := start(t, dir, append(args, more...)...)
		printed, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, said)
		}
		log := strings.Contains(said.String(), "tensorflow/") || strings.Contains(said.String(), "absl::")
		if log != verbose {
			t.Errorf("%s: it says %s", name, said)
		}
		if !strings.HasPrefix(string(printed), "done: 1 epoch in ") {
			t.Errorf("%s: it prints %s", name, printed)
		}
	}
}
