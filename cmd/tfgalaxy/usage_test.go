package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the user typed wrongly, and all that the program says to it.
func TestUsage(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"train", "--epochs"}, "tfgalaxy: --epochs wants a value\nhint: tfgalaxy train --help lists the flags\n"},
		{[]string{"train", "--rotate=maybe"}, "tfgalaxy: --rotate = \"maybe\", want true or false\n"},
		{[]string{"train", "--rotate", "false", "--seed", "3"}, "tfgalaxy: unexpected argument \"false\" before --seed\nhint: a flag that is true or false takes its value after an equals sign: --FLAG=false\n"},
		{[]string{"train", "--epochs", "3", "epochs"}, "tfgalaxy: unexpected argument \"epochs\"\nhint: every value of tfgalaxy train is given by a flag; see tfgalaxy train --help\n"},
		{[]string{"train", "--", "--epochs", "3"}, "tfgalaxy: unexpected argument \"--epochs\"\nhint: every value of tfgalaxy train is given by a flag; see tfgalaxy train --help\n"},
		{[]string{"train", ""}, "tfgalaxy: unexpected argument \"\"\nhint: every value of tfgalaxy train is given by a flag; see tfgalaxy train --help\n"},
		{[]string{"train", "--config="}, "tfgalaxy: --config is empty, want a value\nhint: leave --config out if it is not wanted\n"},
		{[]string{"train", "--data", ""}, "tfgalaxy: --data is empty, want a value\nhint: leave --data out if it is not wanted\n"},
		{[]string{"train", "--resume", ""}, "tfgalaxy: --resume is empty, want a value\nhint: leave --resume out if it is not wanted\n"},
		{[]string{"train", "--qqqqqqqq"}, "tfgalaxy: unknown flag --qqqqqqqq\nhint: tfgalaxy train --help lists the flags\n"},
		{[]string{"data", "synth", "--count", "x"}, "tfgalaxy: --count = \"x\", want a whole number of at least 0\n"},
		{[]string{"data", "synth", "--count", "0", "--out", "d"}, "tfgalaxy: --count 0, want 1 to 1000000\n"},
		{[]string{"data", "synth", "--seed", "-1"}, "tfgalaxy: --seed = \"-1\", want a whole number of at least 0\n"},
		{[]string{"data", "--json"}, "tfgalaxy: unknown flag --json\nhint: flags follow their command: tfgalaxy data verify --json\n"},
		{[]string{"--json", "train"}, "tfgalaxy: unknown flag --json\nhint: flags follow their command: tfgalaxy train --json\n"},
		{[]string{"--epochs=3"}, "tfgalaxy: unknown flag --epochs\nhint: flags follow their command: tfgalaxy train --epochs\n"},
		{[]string{"-q"}, "tfgalaxy: unknown flag -q\nhint: tfgalaxy --help lists the flags\n"},
		{[]string{"qqqqqqqq"}, "tfgalaxy: tfgalaxy has no command \"qqqqqqqq\"\nhint: tfgalaxy --help lists the commands\n"},
		{[]string{"data", "qqqqqqqq"}, "tfgalaxy: tfgalaxy data has no command \"qqqqqqqq\"\nhint: tfgalaxy data --help lists the commands\n"},
		{[]string{"eval", "--model", "m", "--rows", "validation"}, "tfgalaxy: --rows validation wants --run: a model does not know which rows were held back\nhint: name the run by --run instead of --model\n"},
		{[]string{"prep", "--images", "a", "--data", "b", "--out", "c"}, "tfgalaxy: want --data or --images, not both\n"},
		{[]string{"train", "--data", "synthetic:9", "--crop", "roi", "--crop-width", "99"}, "tfgalaxy: --crop-width has no effect: the region of interest finds its own width (crop is roi: flag --crop)\nhint: set crop to centre, or leave crop-width out\n"},
	}
	for _, test := range tests {
		r := tfgalaxy(test.args...)
		if r.code != exitUsage || r.err != test.want || r.out != "" {
			t.Errorf("tfgalaxy %q: exit code %d, prints %q, says\n%s\nwant\n%s", test.args, r.code, r.out, r.err, test.want)
		}
	}
}

// A variable counts for the commands that have its flag, and is no fault for the
// others; one that no command knows is always a fault.
func TestVariablesOfOtherCommands(t *testing.T) {
	t.Setenv("TFGALAXY_CROP_WIDTH", "256") // without effect where the crop is roi
	t.Setenv("TFGALAXY_EPOCHS", "7")
	if r := tfgalaxy("data", "verify", "--data", "synthetic:2"); r.code != 0 {
		t.Errorf("data verify minds settings of training: exit code %d, %s", r.code, r.err)
	}
	if out := succeed(t, "train", "--data", "synthetic:9", "--dry-run"); !strings.Contains(out, "epochs: 7                        # environment TFGALAXY_EPOCHS\n") {
		t.Errorf("train does not take it: %s", out)
	}
	t.Setenv("TFGALAXY_DATA", filepath.Join(t.TempDir(), "none"))
	if r := tfgalaxy("data", "verify"); r.code != exitData {
		t.Errorf("data verify does not take its own: exit code %d, %s", r.code, r.err)
	}
	t.Setenv("TFGALAXY_GALAXIES", "1")
	if r := tfgalaxy("data", "verify", "--data", "synthetic:2"); r.code != exitUsage || !strings.Contains(r.err, "TFGALAXY_GALAXIES") {
		t.Errorf("a variable that nothing knows: exit code %d, %s", r.code, r.err)
	}
}

// Without --data there is ./data, and without that there are drawn galaxies,
// which is said, but not before what is wrong.
func TestDataThatNobodyNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	r := tfgalaxy("train", "--dry-run")
	if r.code != 0 || !strings.Contains(r.out, "data: synthetic:2000 ") || !strings.HasPrefix(r.err, "no --data given and no ./data here: using synthetic:2000") {
		t.Errorf("exit code %d, says %q, prints %q", r.code, r.err, r.out)
	}
	if r := tfgalaxy("train", "--dry-run", "--network", "seed4"); r.code != exitUsage || !strings.HasPrefix(r.err, "tfgalaxy: ") {
		t.Errorf("exit code %d, says %q, want the fault alone", r.code, r.err)
	}
	if r := tfgalaxy("eval", "--model", "none"); r.code != exitData || !strings.HasPrefix(r.err, "tfgalaxy: none: ") {
		t.Errorf("exit code %d, says %q, want the fault alone", r.code, r.err)
	}
	succeed(t, "data", "synth", "--out", "data", "--count", "3")
	r = tfgalaxy("train", "--dry-run")
	if r.code != 0 || r.err != "" || !strings.Contains(r.out, "data: data ") {
		t.Errorf("exit code %d, says %q, prints %q", r.code, r.err, r.out)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Folders for results are looked at before any work is done.
func TestFoldersThatAreTaken(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"full/of/something", "empty"} {
		if err := os.MkdirAll(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const taken = "is there already, and nothing is overwritten\nhint: name a"
	for _, args := range [][]string{
		{"train", "--data", "/nowhere", "--run-dir", "full"},
		{"train", "--data", "/nowhere", "--run-dir", "full", "--dry-run"},
		{"prep", "--data", "/nowhere", "--out", "full"},
		{"prep", "--data", "/nowhere", "--out", "empty"},
		{"export", "--run", "/nowhere", "--out", "full"},
		{"data", "synth", "--out", "full"},
	} {
		if r := tfgalaxy(args...); r.code != exitUsage || !strings.Contains(r.err, taken) {
			t.Errorf("tfgalaxy %v: exit code %d, %s", args, r.code, r.err)
		}
	}
	succeed(t, "data", "synth", "--out", "empty", "--count", "2") // as mktemp makes one
}
