package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:   "doctor",
		Usage:  "check what is installed and found, and say how to mend what is not",
		Flags:  settingFlags("data", "cache", "runs"),
		Action: a.doctor,
	}
}

// A finding is one line of the doctor's.
type finding struct {
	Subject string `json:"subject"`
	Verdict string `json:"verdict"` // ok, warn or fail
	Found   string `json:"found"`
	Mend    string `json:"mend,omitempty"`

	err error // behind a fail, where there is one: it has the exit code
}

const (
	verdictOK   = "ok"
	verdictWarn = "warn"
	verdictFail = "fail"
)

// printFindings prints each as a line, and its mend on a line below.
func printFindings(w io.Writer, findings []finding) {
	width := 0
	for _, f := range findings {
		width = max(width, len(f.Subject))
	}
	for _, f := range findings {
		fmt.Fprintf(w, "%-4s  %-*s  %s\n", f.Verdict, width, f.Subject, f.Found)
		if f.Mend != "" {
			fmt.Fprintf(w, "%*s%s\n", width+8, "", f.Mend)
		}
	}
}

func (a *app) doctor(ctx *cli.Context) error {
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	c := &values.Config
	started := a.startRuntime(c)
	findings := []finding{
		{Subject: "program", Verdict: verdictOK, Found: fmt.Sprintf("tfgalaxy %s, %s, %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)},
		checkTensorFlow(started),
		checkDevices(started),
		{Subject: "processor", Verdict: verdictOK, Found: fmt.Sprintf("%d cores", runtime.NumCPU())},
		checkData(c.Data),
		checkFolder("crop cache", c.Cache, "--cache"),
		checkFolder("runs", c.Runs, "--runs"),
	}
	if ctx.Bool("json") {
		if err := printJSON(a.term.Out, findings); err != nil {
			return err
		}
	} else {
		printFindings(a.term.Out, findings)
	}
	if started != nil {
		return started
	}
	for _, f := range findings {
		switch {
		case f.Verdict == verdictFail && f.err != nil:
			return f.err
		case f.Verdict == verdictFail:
			return fmt.Errorf("%s: %s", f.Subject, f.Found)
		}
	}
	return nil
}

func checkTensorFlow(started error) finding {
	f := finding{Subject: "TensorFlow", Verdict: verdictOK, Found: graph.Version()}
	if path := mappedLibrary(); path != "" {
		f.Found += " in " + path
	}
	if started != nil {
		f.Verdict, f.Found, f.Mend = verdictFail, started.Error(), reinstall
	}
	return f
}

// mappedLibrary finds the TensorFlow library that this process has loaded.
func mappedLibrary() string {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(maps)) {
		if i := strings.Index(line, "/"); i >= 0 && strings.Contains(line[i:], "libtensorflow") {
			return filepath.Dir(strings.TrimSpace(line[i:]))
		}
	}
	return ""
}

func checkDevices(started error) finding {
	f := finding{Subject: "devices", Verdict: verdictOK}
	if started != nil {
		f.Verdict, f.Found = verdictFail, "TensorFlow did not start"
		return f
	}
	devices, err := graph.Devices()
	if err != nil {
		f.Verdict, f.Found = verdictFail, err.Error()
		return f
	}
	f.Found = strings.Join(devices, ", ")
	if !strings.Contains(f.Found, "GPU") {
		if _, err := os.Stat("/dev/nvidiactl"); err == nil {
			f.Verdict, f.Mend = verdictWarn, "this machine has an NVIDIA driver, but TensorFlow sees no GPU: make setup GPU=1 build"
		}
	}
	return f
}

func checkData(name string) finding {
	f := finding{Subject: "data", Verdict: verdictOK}
	if name == "" && isFolder("data") {
		name = "data"
	}
	if name == "" {
		f.Verdict, f.Found = verdictWarn, "none named or found here: galaxies are drawn"
		f.Mend = "name a folder by --data or TFGALAXY_DATA, or have ./data"
		return f
	}
	c, err := train.OpenData(name)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		f.Verdict, f.Found, f.Mend, f.err = verdictFail, first, "tfgalaxy data verify tells all that is wrong with it", err
		return f
	}
	f.Found = fmt.Sprintf("%s: %s galaxies with votes and an image", name, terminal.Count(c.Len()))
	if n := len(c.Missing); n > 0 {
		f.Verdict, f.Mend = verdictWarn, terminal.Count(n)+" rows have no image"
	}
	return f
}

// leastFree is how much disk a folder should have: a large network's checkpoints
// and model take about a gigabyte and a half.
const leastFree = 2 << 30

// checkFolder reports whether a folder that the program writes to, or the nearest
// one above it that exists, can be written to and has room.
func checkFolder(subject, dir, flag string) finding {
	f := finding{Subject: subject, Verdict: verdictOK}
	existing := dir
	for {
		if _, err := os.Stat(existing); err == nil || existing == filepath.Dir(existing) {
			break
		}
		existing = filepath.Dir(existing)
	}
	if !isFolder(existing) {
		f.Verdict, f.Found, f.Mend = verdictFail, existing+" is a file, want a folder", "name another by "+flag
		return f
	}
	if err := unix.Access(existing, unix.W_OK|unix.X_OK); err != nil {
		f.Verdict, f.Found, f.Mend = verdictFail, fmt.Sprintf("%s cannot be written to: %v", existing, err), "name another folder by "+flag
		return f
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(existing, &disk); err != nil {
		f.Verdict, f.Found = verdictFail, fmt.Sprintf("%s: %v", existing, err)
		return f
	}
	free := disk.Bavail * uint64(disk.Bsize)
	f.Found = fmt.Sprintf("%s, %.1f GiB free", dir, float64(free)/(1<<30))
	if free < leastFree {
		f.Verdict, f.Mend = verdictWarn, "a large network's checkpoints take more: name a folder on another disk by "+flag
	}
	return f
}
