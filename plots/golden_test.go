package plots_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/plot/cmpimg"

	"github.com/tfgalaxy/tfgalaxy/plots"
)

var update = flag.Bool("update", false, "rewrite the golden pictures")

const (
	// goldenDPI keeps the pictures small; letters are still told apart.
	goldenDPI = 60
	// goldenTolerance is the largest difference of a pixel, 0 to 1 of that
	// between black and white. Processors that fuse multiplication and addition
	// place an edge up to a hundredth of a pixel elsewhere; whatever is moved,
	// left out or drawn in another colour differs by far more.
	goldenTolerance = 0.06
)

// compare compares a figure with its golden picture.
func compare(t *testing.T, f *plots.Figure, theme plots.Theme) {
	t.Helper()
	var got bytes.Buffer
	if err := f.WritePNGAt(&got, theme, goldenDPI); err != nil {
		t.Fatal(err)
	}
	name := f.Name
	if theme.Name != plots.Light.Name {
		name += "-" + theme.Name
	}
	path := filepath.Join("testdata", name+".png")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test ./plots -update writes it", err)
	}
	same, err := cmpimg.EqualApprox("png", got.Bytes(), want, goldenTolerance)
	if err != nil {
		t.Fatal(err)
	}
	if !same {
		wrong := filepath.Join(os.TempDir(), "tfgalaxy-"+name+".png")
		if err := os.WriteFile(wrong, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("figure %s differs from %s: what was drawn is in %s; look at both, and if the new one is right, go test ./plots -update",
			f.Name, path, wrong)
	}
}

func TestGolden(t *testing.T) {
	for _, d := range plots.DataFigures {
		t.Run(d.Name, func(t *testing.T) {
			f, err := handmade().Figure(d.Name)
			if err != nil {
				t.Fatal(err)
			}
			if f.Name != d.Name {
				t.Errorf("the figure calls itself %q", f.Name)
			}
			compare(t, f, plots.Light)
			if d.Name == "agreement" || d.Name == "correlations" {
				compare(t, f, plots.Dark)
			}
		})
	}
	t.Run("placeholder", func(t *testing.T) {
		compare(t, plots.Placeholder("placeholder", "The average of all images", "no image could be read"), plots.Light)
	})
}

// TestGoldenNotices changes one vote's worth of a figure, which the comparison
// has to see.
func TestGoldenNotices(t *testing.T) {
	votes := handmadeVotes(400)
	draw := func() []byte {
		f, err := plots.ClassCounts(votes, plots.Source{})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := f.WritePNGAt(&b, plots.Light, goldenDPI); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	before := draw()
	for i := range votes[0] {
		votes[0][i] = 1 - votes[0][i]
	}
	same, err := cmpimg.EqualApprox("png", before, draw(), goldenTolerance)
	if err != nil {
		t.Fatal(err)
	}
	if same {
		t.Error("the counts of one galaxy changed and the pictures compare as the same")
	}
}
