package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
)

// result is what a command left: its exit code and its two outputs.
type result struct {
	code     int
	out, err string
}

// tfgalaxy runs the program in this process.
func tfgalaxy(args ...string) result {
	var out, err bytes.Buffer
	term := &terminal.Terminal{Out: &out, Err: &err, Width: func() int { return 0 }, Now: time.Now}
	code := execute(append([]string{"tfgalaxy"}, args...), term)
	return result{code, out.String(), err.String()}
}

// succeed runs a command that has to end well, and returns its output.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	r := tfgalaxy(args...)
	if r.code != 0 {
		t.Fatalf("tfgalaxy %s: exit code %d\n%s", strings.Join(args, " "), r.code, r.err)
	}
	return r.out
}

// dataFolder draws a small data folder.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "galaxies")
	succeed(t, "data", "synth", "--out", dir, "--count", "12")
	return dir
}

// Every command once, each on what the one before it left.
func TestCommands(t *testing.T) {
	data, cache, work := dataFolder(t), t.TempDir(), t.TempDir()
	if out := succeed(t, "data", "verify", "--data", data); !strings.Contains(out, "12 galaxies with votes and a good image") {
		t.Errorf("data verify says %q", out)
	}
	run := filepath.Join(work, "run")
	events := succeed(t, "train", "--data", data, "--cache", cache, "--run-dir", run, "--size", "16", "--epochs", "1",
		"--batch-size", "4", "--validation", "0.4", "--seed", "3", "--json")
	var kinds []string
	for line := range strings.Lines(events) {
		var e struct {
			Event           string
			Loss            *float64
			RMSE            *float64
			ImagesPerSecond *float64 `json:"images_per_second"`
			DataWait        *float64 `json:"data_wait"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if (e.Event == "epoch" || e.Event == "end") && (e.Loss == nil || e.RMSE == nil || e.ImagesPerSecond == nil || e.DataWait == nil) {
			t.Errorf("event %s lacks a number: %s", e.Event, line)
		}
		if len(kinds) == 0 || kinds[len(kinds)-1] != e.Event {
			kinds = append(kinds, e.Event)
		}
	}
	if got, want := strings.Join(kinds, " "), "start step epoch checkpoint end"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}

	for _, args := range [][]string{
		{"--run", run}, {"--run", run, "--rows", "all"}, {"--model", run, "--data", data},
		{"--model", filepath.Join(run, "saved_model"), "--data", data},
	} {
		var score struct {
			RMSE      float64
			Images    int
			Questions []float64
		}
		out := succeed(t, append([]string{"eval", "--json", "--cache", cache}, args...)...)
		if err := json.Unmarshal([]byte(out), &score); err != nil {
			t.Fatal(err)
		}
		if score.RMSE <= 0 || score.RMSE > 1 || score.Images < 1 || len(score.Questions) != 11 {
			t.Errorf("eval %v: %+v", args, score)
		}
	}
	t.Setenv("TFGALAXY_DATA", "/nowhere") // what a run was trained on is known without it
	if out := succeed(t, "eval", "--run", run, "--cache", cache); !strings.Contains(out, "validation rows") {
		t.Errorf("eval of a run does not say which rows: %s", out)
	}
	os.Unsetenv("TFGALAXY_DATA")
	processors := runtime.GOMAXPROCS(0)
	succeed(t, "eval", "--run", run, "--cache", cache, "--threads", "1")
	if n := runtime.GOMAXPROCS(processors); n != 1 {
		t.Errorf("--threads 1 leaves %d threads to Go", n)
	}
	model := filepath.Join(work, "model")
	succeed(t, "export", "--run", run, "--out", model)
	succeed(t, "eval", "--model", model, "--data", data, "--cache", cache)
	succeed(t, "prep", "--data", data, "--out", filepath.Join(work, "crops"))
	succeed(t, "prep", "--images", filepath.Join(data, "images_training_rev1"), "--out", filepath.Join(work, "more crops"), "--crop", "centre")
	succeed(t, "train", "--resume", run, "--epochs", "2")
	if out := succeed(t, "presets"); !strings.Contains(out, "60,340,295") {
		t.Error("presets does not give the weights of seed2")
	}
	if out := succeed(t, "train", "--data", data, "--preset", "seed3", "--dry-run"); !strings.Contains(out, "8,941,797") {
		t.Error("a dry run does not give the weights of seed3")
	}
	if out := succeed(t, "version", "--json"); !strings.Contains(out, `"tensorflow"`) {
		t.Errorf("version says %s", out)
	}
	succeed(t, "doctor", "--data", data, "--cache", cache, "--runs", work)

	refused := []struct {
		args []string
		want string
	}{
		{[]string{"export", "--run", run, "--out", model}, "is there already"},
		{[]string{"train", "--resume", run}, "has done all of its epochs: 2"},
		{[]string{"train", "--resume", run, "--epochs", "3", "--network", "seed3"}, "a resume goes on as it began"},
		{[]string{"train", "--resume", run, "--config", "x.yaml"}, "do not go together"},
		{[]string{"train", "--data", data, "--run-dir", run}, run},
		{[]string{"eval", "--run", run, "--run", run + "/"}, "given twice"},
	}
	for _, r := range refused {
		if got := tfgalaxy(r.args...); got.code != exitUsage || !strings.Contains(got.err, r.want) {
			t.Errorf("tfgalaxy %v: exit code %d, %s", r.args, got.code, got.err)
		}
	}
}

// What the user got wrong is said in a line, with the mend, and nothing else is
// printed.
func TestUsageErrors(t *testing.T) {
	tests := []struct {
		args []string
		want string
		hint string
	}{
		{[]string{"train", "foo", "--epochs", "3"}, `unexpected argument "foo" before --epochs`, "given by a flag"},
		{[]string{"train", "--epochs", "3", "foo"}, `unexpected argument "foo"`, "given by a flag"},
		{[]string{"train", "--epoch", "3"}, "unknown flag --epoch", "did you mean --epochs?"},
		{[]string{"train", "--epochs", "none"}, `--epochs`, ""},
		{[]string{"train", "--epochs", "0"}, `--epochs`, ""},
		{[]string{"train", "--preset", "sed3"}, `"sed3"`, "seed3"},
		{[]string{"train", "--network", "seed4", "--data", "synthetic:9"}, `"seed4"`, "seed"},
		{[]string{"train", "--data", "synthetic:x"}, "synthetic:N", "synthetic:2000"},
		{[]string{"train", "--config", "/nowhere.yaml"}, "/nowhere.yaml", ""},
		{[]string{"trian"}, `no command "trian"`, "did you mean tfgalaxy train?"},
		{[]string{"data", "verfy"}, `no command "verfy"`, "did you mean tfgalaxy data verify?"},
		{[]string{"eval"}, "want --model or --run", "tfgalaxy eval"},
		{[]string{"eval", "--model", "m", "--rows", "some"}, `--rows "some"`, ""},
		{[]string{"export"}, "want --run", "tfgalaxy export"},
		{[]string{"prep"}, "want --out", "tfgalaxy prep"},
		{[]string{"data", "synth"}, "want --out", "tfgalaxy data synth"},
		{[]string{"train", "--resume", "/nowhere"}, "/nowhere", ""},
	}
	for _, test := range tests {
		r := tfgalaxy(test.args...)
		name := fmt.Sprintf("tfgalaxy %s", strings.Join(test.args, " "))
		if r.code != exitUsage {
			t.Errorf("%s: exit code %d, want %d\n%s", name, r.code, exitUsage, r.err)
		}
		if !strings.HasPrefix(r.err, "tfgalaxy: ") || !strings.Contains(r.err, test.want) {
			t.Errorf("%s: says %q, want %q", name, r.err, test.want)
		}
		if test.hint != "" && !strings.Contains(r.err, "hint: ") || !strings.Contains(r.err, test.hint) {
			t.Errorf("%s: says %q, want the hint %q", name, r.err, test.hint)
		}
		if r.out != "" || strings.Contains(r.err, "USAGE") {
			t.Errorf("%s: prints help: %s%s", name, r.out, r.err)
		}
	}
	t.Setenv("TFGALAXY_EPOCS", "3")
	if r := tfgalaxy("train", "--data", "synthetic:9", "--dry-run"); r.code != exitUsage || !strings.Contains(r.err, "TFGALAXY_EPOCHS") {
		t.Errorf("a misspelt variable: exit code %d, %s", r.code, r.err)
	}
}

// Bad data: exit code 3, the file and what is wrong with it, and nothing left
// behind.
func TestBadData(t *testing.T) {
	const labels = "training_solutions_rev1.csv"
	image := func(id string) string { return filepath.Join("images_training_rev1", id+".jpg") }
	edit := func(t *testing.T, path string, change func(string) string) {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(change(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  string
	}{
		{"missing folder", func(t *testing.T, dir string) { os.RemoveAll(dir) }, "no such file"},
		{"wrong header", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, labels), func(s string) string { return strings.Replace(s, "Class1.1", "Class1.0", 1) })
		}, labels + ":1: "},
		{"value of 1.37", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, labels), func(s string) string {
				lines := strings.SplitAfter(s, "\n")
				fields := strings.Split(lines[2], ",")
				fields[1] = "1.37"
				lines[2] = strings.Join(fields, ",")
				return strings.Join(lines, "")
			})
		}, labels + ":3: Class1.1 = 1.37, want 0 to 1"},
		{"duplicate id", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, labels), func(s string) string {
				lines := strings.SplitAfter(s, "\n")
				return s + lines[1]
			})
		}, "already given on line 2"},
		{"truncated JPEG", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, image("5")), func(s string) string { return s[:len(s)/2] })
		}, image("5")},
		{"text as JPEG", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, image("6")), func(string) string { return "this is no picture" })
		}, image("6")},
		{"huge header", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, image("7")), func(s string) string {
				frame := strings.Index(s, "\xff\xc0") // then length, precision, height and width
				return s[:frame+5] + "\x75\x30\x75\x30" + s[frame+9:]
			})
		}, "30000"},
		{"empty catalogue", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, labels), func(s string) string { return s[:strings.Index(s, "\n")+1] })
		}, "no galaxy has both"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data := dataFolder(t)
			test.spoil(t, data)
			work := t.TempDir()
			runs, cache := filepath.Join(work, "runs"), filepath.Join(work, "cache")
			r := tfgalaxy("train", "--data", data, "--runs", runs, "--cache", cache, "--size", "16", "--epochs", "1")
			if r.code != exitData || !strings.Contains(r.err, test.want) {
				t.Errorf("exit code %d, says %q, want %d and %q", r.code, r.err, exitData, test.want)
			}
			if _, err := os.Stat(runs); err == nil {
				t.Error("a runs folder is left")
			}
			if left, _ := os.ReadDir(cache); len(left) > 0 {
				t.Errorf("%v is left in the cache", left)
			}
			if v := tfgalaxy("data", "verify", "--data", data); v.code != exitData || !strings.Contains(v.err, test.want) {
				t.Errorf("data verify: exit code %d, says %q", v.code, v.err)
			}
		})
	}
}

// A runs folder that cannot be made is said, and leaves nothing.
func TestUnwritableRuns(t *testing.T) {
	data, work := dataFolder(t), t.TempDir()
	file := filepath.Join(work, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r := tfgalaxy("train", "--data", data, "--runs", filepath.Join(file, "runs"), "--cache", filepath.Join(work, "cache"), "--size", "16", "--epochs", "1")
	if r.code == 0 || !strings.Contains(r.err, file) {
		t.Errorf("exit code %d, says %q", r.code, r.err)
	}
}
