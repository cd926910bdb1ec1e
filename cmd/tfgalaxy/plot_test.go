package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/baseline"
	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func TestPlotAndBaseline(t *testing.T) {
	data, work := dataFolder(t), t.TempDir()
	run, out := filepath.Join(work, "run"), filepath.Join(work, "figures")
	succeed(t, "train", "--data", data, "--cache", t.TempDir(), "--run-dir", run, "--size", "16", "--epochs", "1",
		"--batch-size", "4", "--validation", "0.4", "--seed", "3")

	var all plotted
	if err := json.Unmarshal([]byte(succeed(t, "plot", "--run", run, "--out", out, "--json")), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Files) != len(plots.Figures) || len(all.LeftOut) != 0 || all.Images != 12 || all.Report != filepath.Join(out, plots.ReportFile) {
		t.Errorf("plot says %+v", all)
	}
	for _, name := range plots.FigureNames() {
		if _, err := os.Stat(filepath.Join(out, name+".png")); err != nil {
			t.Error(err)
		}
	}
	page, err := os.ReadFile(all.Report)
	if err != nil || !strings.Contains(string(page), "central pixel</td>") {
		t.Errorf("the report lacks the baselines (%v)", err)
	}

	var scores struct {
		Training, Images int
		HeldOut          int `json:"held_out"`
		Baselines        []struct {
			Name    string
			AllRows struct{ Unclipped, Clipped struct{ RMSE float64 } } `json:"all_rows"`
		}
	}
	if err := json.Unmarshal([]byte(succeed(t, "baseline", "--data", data, "--validation", "0.3", "--folds", "3", "--json")), &scores); err != nil {
		t.Fatal(err)
	}
	if scores.Images != 12 || scores.Training+scores.HeldOut != 12 || len(scores.Baselines) != 3 || scores.Baselines[0].AllRows.Unclipped.RMSE <= 0 {
		t.Errorf("baseline says %+v", scores)
	}
	if text := succeed(t, "baseline", "--data", data); !strings.Contains(text, "average colour") || !strings.Contains(text, "5-fold") {
		t.Errorf("baseline says %q", text)
	}
}

func TestPlotWithABrokenImage(t *testing.T) {
	data, out := dataFolder(t), filepath.Join(t.TempDir(), "figures")
	broken := filepath.Join(data, galaxyzoo.TrainingFolder, "3.jpg")
	if err := os.WriteFile(broken, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := tfgalaxy("plot", "--data", data, "--out", out, "--only", "average-image,tree", "--format", "svg", "--theme", "dark")
	if r.code != 0 || !strings.Contains(r.err, "left out: "+broken) {
		t.Errorf("exit code %d, said %q", r.code, r.err)
	}
	if want := "2 figures in " + out + "; 1 of 12 images could not be read\n"; r.out != want {
		t.Errorf("printed %q, want %q", r.out, want)
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 2 || entries[0].Name() != "average-image.svg" || entries[1].Name() != "tree.svg" {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}

func TestPlotRefuses(t *testing.T) {
	out := filepath.Join(t.TempDir(), "figures")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--data", "synthetic:4"}, exitUsage, "want --out"},
		{[]string{"--data", "synthetic:4", "--out", out, "--only", "tee"}, exitUsage, "did you mean tree?"},
		{[]string{"--data", "synthetic:4", "--out", out, "--only", "pie chart"}, exitUsage, "the figures are tree, class-counts"},
		{[]string{"--data", "synthetic:4", "--out", out, "--format", "gif"}, exitUsage, "want one of png, svg, pdf"},
		{[]string{"--data", "synthetic:4", "--out", out, "--theme", "blue"}, exitUsage, "want light or dark"},
		{[]string{"--data", "synthetic:4", "--out", out, "--dpi", "7"}, exitUsage, "--dpi 7, want 50 to 1200"},
		{[]string{"--data", "synthetic:4", "--out", out, "--dpi", "100", "--format", "pdf"}, exitUsage, "--dpi goes with --format png"},
		{[]string{"--run", out, "--out", out}, exitUsage, out},
		{[]string{"--data", "synthetic:4", "--out", out, "--only", "loss"}, exitFailure, "nothing could be drawn: loss: no run was given"},
	} {
		r := tfgalaxy(append([]string{"plot"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("plot %v: exit code %d, want %d; said %q, want %q", c.args, r.code, c.code, r.err, c.want)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("a folder of figures was made (%v)", err)
	}
	for _, folds := range []string{"1", "-2", "50"} {
		if r := tfgalaxy("baseline", "--data", "synthetic:4", "--folds", folds); r.code != exitUsage || !strings.Contains(r.err, "--folds") {
			t.Errorf("baseline --folds %s: exit code %d, said %q", folds, r.code, r.err)
		}
	}
}

// The baselines that a report compares with a run hold out what it held back.
func TestBaselinesHoldOutAsTheRun(t *testing.T) {
	c := galaxyzoo.Synthetic(30, 1)
	config := run.Default()
	for _, config.Folds = range []int{0, 3} {
		config.Fold = 2
		_, want, err := train.Rows(&config, c.IDs())
		if err != nil {
			t.Fatal(err)
		}
		var o baseline.Options
		if err := holdOutAs(&config, c, &o); err != nil {
			t.Fatal(err)
		}
		var got []int
		for i, id := range c.IDs() {
			if o.HeldOut(id) {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) || o.Share != train.HeldBackShare(&config) || o.Seed != config.SplitSeed {
			t.Errorf("%d folds: %v are held out, a share of %v by seed %d; want %v", config.Folds, got, o.Share, o.Seed, want)
		}
	}
	config.Folds = 31
	o := baseline.Options{Share: 0.1, Seed: 7}
	if err := holdOutAs(&config, c, &o); err != nil || o.Share != 0.1 || o.Seed != 7 || o.HeldOut != nil {
		t.Errorf("31 folds of 30 galaxies: error %v, a share of %v by seed %d", err, o.Share, o.Seed)
	}
}
