package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tfgalaxy/tfgalaxy/internal/elftest"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
)

// commands are the programs that a script can run.
var commands = map[string]func(){
	"tfgalaxy": func() { os.Exit(execute(os.Args, terminal.New(os.Stdout, os.Stderr))) },
}

// TestMain runs the tests or, where a script has started this binary under the
// name of a program, that program.
func TestMain(m *testing.M) { testscript.Main(tests{m}, commands) }

// tests keep the settings of whoever runs them out. A program that a script runs
// has the variables that the script gives it.
type tests struct{ *testing.M }

func (t tests) Run() int {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "TFGALAXY_") {
			os.Unsetenv(name)
		}
	}
	return t.M.Run()
}

// TestScripts runs the program as a process of its own, as users do. The scripts
// see nothing of the environment of whoever runs the tests.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			slurm, err := filepath.Abs(filepath.Join("..", "..", "scripts", "slurm"))
			e.Setenv("SLURM", slurm)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"interrupt": interrupt,
			"field":     field,
			"same":      same,
			"losses":    losses,
			"cell":      cell,
			"halve":     halve,
			"enlarge":   enlarge,
			"tmpfs":     tmpfs,
			"hide":      hide,
			"modes":     modes,
			"private":   private,
			"name":      name,
			"fifo":      fifo,
			"picture":   picture,
			"ports":     ports,
			"listens":   listens,
			"near":      near,
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "mount":
				return mayMount(t), nil
			case "hideable":
				return mayHide(t), nil
			}
			return false, errors.New("unknown condition")
		},
	})
}

// exits CODE ARGS... runs tfgalaxy, which has to end with that code. An error is
// told in lines that say whose they are, without the help and without a trace.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	checkExit(ts, want, ts.Exec("tfgalaxy", args[1:]...))
	if want == 0 {
		return
	}
	said := ts.ReadFile("stderr")
	if !strings.Contains("\n"+said, "\ntfgalaxy: ") {
		ts.Fatalf("no line of stderr begins with \"tfgalaxy: \"")
	}
	for _, noise := range []string{"Usage:", "USAGE", "goroutine ", "internal error"} {
		if strings.Contains(said+ts.ReadFile("stdout"), noise) {
			ts.Fatalf("the error comes with %q", noise)
		}
	}
}

func checkExit(ts *testscript.TestScript, want int, err error) {
	got := 0
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		got = ended.ExitCode()
	case err != nil:
		ts.Fatalf("failed to run tfgalaxy: %v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// interrupt STEP ARGS... runs tfgalaxy with --json, presses Ctrl-C when it has
// told of that step, and leaves its events in the file events.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupt STEP ARGS...")
	}
	at, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	program, err := exec.LookPath("tfgalaxy")
	ts.Check(err)
	c := exec.Command(program, append(args[1:], "--json")...)
	c.Dir = ts.Getenv("WORK")
	c.Env = []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH")}
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	ts.Check(err)
	ts.Check(c.Start())
	// The program is not left running where the test gives up.
	ts.Defer(func() { c.Process.Kill() })

	var events bytes.Buffer
	sent := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		events.Write(append(lines.Bytes(), '\n'))
		var e struct {
			Event string
			Step  int64
		}
		ts.Check(json.Unmarshal(lines.Bytes(), &e))
		if !sent && e.Event == "step" && e.Step >= at {
			sent = true
			ts.Check(c.Process.Signal(os.Interrupt))
		}
	}
	ts.Check(lines.Err())
	err = c.Wait()
	ts.Logf("%s", said.String())
	ts.Check(os.WriteFile(ts.MkAbs("events"), events.Bytes(), 0o644))
	if !sent {
		ts.Fatalf("step %d was not reached", at)
	}
	checkExit(ts, 128+int(syscall.SIGINT), err)
	stopped := "tfgalaxy: interrupted"
	if args[1] == "train" {
		stopped += " at step "
	}
	if !strings.Contains(said.String(), stopped) || !strings.Contains(said.String(), "\nhint: ") {
		ts.Fatalf("it does not say where it stopped and how to go on")
	}
}

// field FILE PATH WANT compares a value of a JSON file, such as best.epoch, in
// JSON's notation.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: field FILE PATH WANT")
	}
	if got := valueAt(ts, args[0], args[1]); (got == args[2]) == neg {
		ts.Fatalf("%s: %s is %s", args[0], args[1], got)
	}
}

// same FILE PATH OTHER PATH compares values in two JSON files.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: same FILE PATH OTHER PATH")
	}
	if a, b := valueAt(ts, args[0], args[1]), valueAt(ts, args[2], args[3]); (a == b) == neg {
		ts.Fatalf("%s: %s is %s; %s: %s is %s", args[0], args[1], a, args[2], args[3], b)
	}
}

// valueAt is the value at a path of keys, and of positions in lists, in a file of
// JSON.
func valueAt(ts *testscript.TestScript, file, path string) string {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &value))
	for _, key := range strings.Split(path, ".") {
		switch within := value.(type) {
		case map[string]any:
			value = within[key]
		case []any:
			value = nil
			if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(within) {
				value = within[i]
			}
		default:
			value = nil
		}
		if value == nil {
			ts.Fatalf("%s has no %s", file, path)
		}
	}
	encoded, err := json.Marshal(value)
	ts.Check(err)
	return string(encoded)
}

// losses A B compares two metrics.csv files to the last digit, in all that does
// not depend on the speed of the machine.
func losses(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: losses A B")
	}
	read := func(name string) string {
		rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(name))).ReadAll()
		ts.Check(err)
		if len(rows) < 2 {
			ts.Fatalf("%s has no epochs", name)
		}
		var b strings.Builder
		for _, row := range rows {
			for i, title := range rows[0] {
				switch title {
				case "epoch", "step", "loss", "validation_loss", "rmse", "learning_rate":
					b.WriteString(row[i] + " ")
				}
			}
			b.WriteString("\n")
		}
		return b.String()
	}
	a, b := read(args[0]), read(args[1])
	if (a == b) == neg {
		ts.Fatalf("%s:\n%s%s:\n%s", args[0], a, args[1], b)
	}
}

// cell FILE LINE COLUMN VALUE sets a cell of a CSV file; both count from 1.
func cell(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: cell FILE LINE COLUMN VALUE")
	}
	line, err := strconv.Atoi(args[1])
	ts.Check(err)
	column, err := strconv.Atoi(args[2])
	ts.Check(err)
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	rows[line-1][column-1] = args[3]
	var b bytes.Buffer
	ts.Check(csv.NewWriter(&b).WriteAll(rows))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
}

// halve FILE cuts a file in the middle.
func halve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: halve FILE")
	}
	content := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(content[:len(content)/2]), 0o644))
}

// enlarge FILE SIDE has the header of a JPEG claim a square of that side.
func enlarge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: enlarge FILE SIDE")
	}
	side, err := strconv.ParseUint(args[1], 10, 16)
	ts.Check(err)
	content := []byte(ts.ReadFile(args[0]))
	frame := bytes.Index(content, []byte{0xff, 0xc0}) // then length, precision, height and width
	if frame < 0 {
		ts.Fatalf("%s has no header of a baseline JPEG", args[0])
	}
	binary.BigEndian.PutUint16(content[frame+5:], uint16(side))
	binary.BigEndian.PutUint16(content[frame+7:], uint16(side))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o644))
}

// tmpfs FOLDER SIZE makes the folder a disk of that size, until the script ends.
func tmpfs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tmpfs FOLDER SIZE")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	ts.Defer(func() {
		for range 50 { // a program that has just ended may still hold it
			if syscall.Unmount(dir, 0) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		ts.Logf("failed to unmount %s", dir)
	})
}

// mayMount reports whether the tests have the right to mount a disk.
func mayMount(t *testing.T) bool {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Logf("no disk can be mounted: %v", err)
		return false
	}
	return syscall.Unmount(dir, 0) == nil
}

// hide FOLDER puts a tfgalaxy there that does not find TensorFlow's library.
func hide(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hide FOLDER")
	}
	ts.Check(elftest.HideLibraries(ts.MkAbs(filepath.Join(args[0], "tfgalaxy"))))
}

// mayHide reports whether a program finds TensorFlow's library by nothing but its
// rpath, when it is first needed.
func mayHide(t *testing.T) bool {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return false
	}
	program := filepath.Join(t.TempDir(), "tfgalaxy")
	if err := elftest.HideLibraries(program); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "version")
	c.Env = []string{}
	return c.Run() != nil
}
