package plots_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/plots"
)

// handmadeReport is the report of a handmade study with the figures named.
func handmadeReport(t testing.TB, going bool, names ...string) plots.Report {
	t.Helper()
	study, _ := handmadeStudy(t, 8, going)
	if study.NeedsImages(names) {
		if err := study.ReadImages(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
	}
	study.Baselines = handmadeScores(t, handmadeOutcome(8)).Baselines
	r := study.Report(study.Draw(names))
	r.Split = plots.Split{Share: 0.5, Seed: 1, Training: 4, HeldOut: 4, Folds: 2}
	half := plots.BaselineScore{Unclipped: 0.1254, Clipped: 0.1212}
	r.Baselines = []plots.BaselineSummary{{Name: "mean vote", AllRows: half, HoldOut: &half}}
	return r
}

func page(t testing.TB, r plots.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := plots.WriteReport(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var dataURI = regexp.MustCompile(`data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+`)

func TestReport(t *testing.T) {
	r := handmadeReport(t, false, "tree", "filters")
	r.Figures = nil
	for _, name := range plots.FigureNames() { // pictures that are quick to draw: this is of the page
		r.Figures = append(r.Figures, &plots.Figure{Name: name, Title: "About " + name, Width: 40, Height: 40,
			Draw: func(c *plots.Canvas) { c.FillRect(c.Rectangle, c.Theme.Accent) }})
	}
	html := page(t, r)
	if n := len(dataURI.FindAllString(html, -1)); n != 2*len(plots.Figures) {
		t.Errorf("%d pictures, want each of %d figures for light and dark", n, len(plots.Figures))
	}
	rest := dataURI.ReplaceAllString(html, "")
	for _, outside := range []string{"http:", "https:", "//", "@import", "url(", "<script", "<link"} {
		if strings.Contains(rest, outside) {
			t.Errorf("the page refers to something outside of it: %s", outside)
		}
	}
	if strings.Contains(rest, "ZgotmplZ") {
		t.Error("the template left something out as unsafe")
	}

	// It tells the study in its order.
	at := -1
	for _, want := range []string{"Background", "Figure 1.", "Exploration", "Benchmarks", "0.1254", "0.1212", "Preprocessing", "Network", "12,345 weights",
		"Training", "Result", "held back, run 0001-handmade has an RMSE of", "11 arms", "Figure 19.", "How it was made"} {
		i := strings.Index(rest[at+1:], want)
		if i < 0 {
			t.Fatalf("%q does not follow in its place", want)
		}
		at += i + 1
	}
	for _, never := range []string{"NaN", "&lt;nil&gt;", "%!"} {
		if strings.Contains(rest, never) {
			t.Errorf("the page holds %s", never)
		}
	}
}

func TestReportOfARunStillGoing(t *testing.T) {
	html := page(t, handmadeReport(t, true, "loss", "tree", "confusion"))
	for _, want := range []string{"There are no predictions to score yet", "confusion: run 0001-handmade is not that far yet", "After 1 epoch of 3, 20 steps"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestReportsAreTheSameBytes(t *testing.T) {
	r := handmadeReport(t, false, "loss", "filters", "tree")
	first := page(t, r)
	if again := page(t, r); first != again {
		t.Error("two pages of the same report differ")
	}
}

func TestReportEscapes(t *testing.T) {
	r := handmadeReport(t, false, "loss")
	r.Runs[0].Name = `<script>alert("x")</script>`
	if html := page(t, r); strings.Contains(html, "<script") {
		t.Error("a run's name is taken for markup")
	}
}

func TestWriteReportFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	path, err := plots.WriteReportFile(dir, plots.Report{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(data, []byte("<!DOCTYPE html>")) && !bytes.Contains(data[:200], []byte("<!DOCTYPE html>")) {
		t.Errorf("error %v, the file begins %.60q", err, data)
	}
	broken := plots.Report{Figures: []*plots.Figure{{Name: "broken", Draw: func(*plots.Canvas) { panic("no scale") }}}}
	if _, err := plots.WriteReportFile(dir, broken); err == nil {
		t.Error("a figure that cannot be drawn: no error")
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, data) {
		t.Errorf("a failure touched the report that was there (%v)", err)
	}
}
