package plots_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// handmadeStudy is a study of a folder of n galaxies, the predictions being for
// its last half, and of a run. Its images are not read yet.
func handmadeStudy(t testing.TB, n int, going bool) (*plots.Study, *galaxyzoo.Catalogue) {
	t.Helper()
	dir := t.TempDir()
	data, runDir := filepath.Join(dir, "sky"), filepath.Join(dir, "0001-handmade")
	handmadeFolder(t, data, n)
	c, err := galaxyzoo.OpenCatalogue(data)
	if err != nil {
		t.Fatal(err)
	}
	o := handmadeOutcome(n)
	half := &plots.Outcome{IDs: o.IDs[n/2:], Predicted: o.Predicted[n/2:], Cast: o.Cast[n/2:]}
	handmadeRunFolder(t, runDir, data, half, going)
	record, err := plots.LoadRun(runDir)
	if err != nil {
		t.Fatal(err)
	}
	return plots.NewStudy(c, nil, []*plots.RunRecord{record}), c
}

func TestLoadRun(t *testing.T) {
	study, _ := handmadeStudy(t, 6, false)
	r := study.Runs[0]
	if len(r.Steps) != 60 || len(r.Epochs) != 3 || r.Info.Status != run.StatusDone || len(r.Lacking) != 0 {
		t.Fatalf("%d steps, %d epochs, status %s, lacking %v", len(r.Steps), len(r.Epochs), r.Info.Status, r.Lacking)
	}
	if !slices.Equal(r.Kernels.Values, handmadeKernels().Values) || r.Galaxy == nil || r.Augmented == nil || len(r.Predictions.IDs) != 3 {
		t.Error("a part of the folder came back as another")
	}
	var names []string
	for _, l := range r.Layers {
		names = append(names, l.Name)
	}
	if got := strings.Join(names, " "); got != "conv1 pool1 dropout1 dense1 dense2 sigmoid" {
		t.Errorf("layers %s", got)
	}
	// What the sigmoid makes of 0 and of 2.
	if votes := r.Layers[5].Values; votes[0] != 0.5 || votes[3] < 0.880 || votes[3] > 0.881 {
		t.Errorf("votes %v", votes[:4])
	}
}

// The votes that a run left behind its layers are not made of them anew.
func TestLoadRunWithVotes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "0001-handmade")
	handmadeRunFolder(t, dir, "sky", handmadeOutcome(6), false)
	left := handmadeLayers()[4]
	writeArray(t, filepath.Join(dir, "samples", "activations", "06-"+left.Name+".npy"), &left.Array)
	record, err := plots.LoadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if last := record.Layers[len(record.Layers)-1]; len(record.Layers) != 6 || !slices.Equal(last.Values, left.Values) {
		t.Errorf("%d layers, the last of which is %s; want 6, and the votes as they are", len(record.Layers), last.Name)
	}
}

func TestRunStillGoing(t *testing.T) {
	study, _ := handmadeStudy(t, 6, true)
	figures, leftOut := study.Draw(plots.FigureNames())
	var drawn []string
	for _, f := range figures {
		drawn = append(drawn, f.Name)
	}
	for _, name := range []string{"loss", "rmse", "augmented", "tree"} {
		if !slices.Contains(drawn, name) {
			t.Errorf("%s is not drawn", name)
		}
	}
	late := []string{"predicted-vs-true", "calibration", "confusion", "filters", "activations", "best", "worst"}
	for _, l := range leftOut {
		if slices.Contains(late, l.Name) && !strings.Contains(l.Reason, "run 0001-handmade is not that far yet") {
			t.Errorf("%s is left out for: %s", l.Name, l.Reason)
		}
	}
	if len(leftOut) != len(late)+3 { // and the three that show images, which were not read
		t.Errorf("left out: %v", leftOut)
	}
}

func TestBrokenPartsOfARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "0001-handmade")
	handmadeRunFolder(t, dir, "synthetic:4", handmadeOutcome(4), false)
	write(t, filepath.Join(dir, "samples", "kernels.npy"), []byte("no kernels"))
	write(t, filepath.Join(dir, "samples", "augmented.png"), []byte("no picture"))
	if err := os.RemoveAll(filepath.Join(dir, "samples", "activations")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "predictions", "validation.csv"), []byte("GalaxyID\n"))
	r, err := plots.LoadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]string{
		"kernels.npy": "kernels.npy: not a .npy file", "augmented.png": "augmented.png", "activations": "run 0001-handmade (done) did not leave it",
		"predictions": "validation.csv",
	} {
		if err := r.Lacking[part]; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", part, err, want)
		}
	}
	if _, err := plots.LoadRun(t.TempDir()); err == nil {
		t.Error("a folder that is no run: no error")
	}
}

func TestStudyReadsEachImageOnce(t *testing.T) {
	study, c := handmadeStudy(t, 8, false)
	if err := os.WriteFile(c.Galaxies[6].File, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	var seen [8]atomic.Int32
	err := study.ReadImages(context.Background(), nil, func(position int, img *image.NRGBA) { seen[position].Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	for i := range seen {
		want := int32(1)
		if i == 6 {
			want = 0
		}
		if got := seen[i].Load(); got != want {
			t.Errorf("image %d was shown %d times, want %d", i, got, want)
		}
	}
	figures, leftOut := study.Draw(plots.FigureNames())
	if len(figures) != len(plots.Figures) {
		t.Errorf("left out: %v", leftOut)
	}
	for _, f := range figures {
		switch f.Name {
		case "roi":
			if !strings.Contains(f.Caption, "left out: 1 image") {
				t.Errorf("caption %q", f.Caption)
			}
		case "best", "worst":
			said := false
			for _, text := range f.Texts(plots.Light) {
				said = said || strings.Contains(text.Text, "image could not")
			}
			if !said {
				t.Errorf("%s does not say that an image could not be read", f.Name)
			}
		}
	}
}

func TestStudyOfOtherData(t *testing.T) {
	study, _ := handmadeStudy(t, 6, false)
	if err := study.OtherData(); err == nil || !strings.Contains(err.Error(), "0001-handmade") {
		t.Errorf("the fingerprint differs: %v", err)
	}
	// Galaxies that the predictions are not of.
	study = plots.NewStudy(galaxyzoo.Synthetic(5, 1), nil, study.Runs)
	if _, err := study.Figure("confusion"); err == nil || !strings.Contains(err.Error(), "galaxy 1004 of the predictions is not in synthetic:5") {
		t.Errorf("error %v", err)
	}
	if _, err := study.Figure("loss"); err != nil {
		t.Errorf("the loss needs no data: %v", err)
	}
}

func TestStudyWithoutData(t *testing.T) {
	full, _ := handmadeStudy(t, 6, false)
	why := errors.New("the folder is gone")
	study := plots.NewStudy(nil, why, full.Runs)
	if study.NeedsImages(plots.FigureNames()) {
		t.Error("images are needed, and there are none")
	}
	figures, leftOut := study.Draw(plots.FigureNames())
	if len(figures) != 5 { // loss, rmse, augmented, filters, activations
		t.Errorf("%d figures are drawn", len(figures))
	}
	for _, l := range leftOut {
		if l.Reason != why.Error() {
			t.Errorf("%s is left out for: %s", l.Name, l.Reason)
		}
	}
}

func TestFigureNames(t *testing.T) {
	names := plots.FigureNames()
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(names) || len(names) != 19 {
		t.Errorf("%d names: %v", len(names), names)
	}
	study, _ := handmadeStudy(t, 6, false)
	if err := study.ReadImages(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := study.Figure(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if f.Name != name {
			t.Errorf("%s calls itself %s", name, f.Name)
		}
	}
	if _, err := study.Figure("pie"); err == nil {
		t.Error("a figure that there is not: no error")
	}
	if !study.NeedsImages([]string{"loss", "worst"}) || study.NeedsImages([]string{"loss", "tree"}) {
		t.Error("worst shows images, loss and tree show none")
	}
}

func TestWriteFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "figures")
	bar := func(name string) *plots.Figure {
		return &plots.Figure{Name: name, Width: 40, Height: 40, Draw: func(c *plots.Canvas) { c.FillRect(c.Rectangle, c.Theme.Accent) }}
	}
	var last int
	paths, err := plots.WriteFiles(context.Background(), dir, []*plots.Figure{bar("one"), bar("two")}, plots.SVG, plots.Dark,
		func(done, total int) { last = done })
	if err != nil || last != 2 {
		t.Fatalf("error %v, progress ends at %d", err, last)
	}
	if want := []string{filepath.Join(dir, "one.svg"), filepath.Join(dir, "two.svg")}; !slices.Equal(paths, want) {
		t.Errorf("paths %v", paths)
	}

	before, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	broken := bar("one")
	broken.Draw = func(*plots.Canvas) { panic("no scale") }
	if _, err := plots.WriteFiles(context.Background(), dir, []*plots.Figure{broken}, plots.SVG, plots.Dark, nil); err == nil {
		t.Error("a figure that cannot be drawn: no error")
	}
	after, err := os.ReadFile(paths[0])
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("a failure touched the file that was there (%v)", err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 2 {
		t.Errorf("%d files, want 2", len(entries))
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := plots.WriteFiles(ctx, dir, []*plots.Figure{bar("three")}, plots.PNG, plots.Light, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
