package plots_test

import (
	"io"
	"math"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

// fromVotes are the constructors that take votes alone.
var fromVotes = map[string]func([]galaxyzoo.Votes, plots.Source) (*plots.Figure, error){
	"tree": plots.Tree, "class-counts": plots.ClassCounts, "vote-histograms": plots.VoteHistograms,
	"agreement": plots.Agreement, "correlations": plots.Correlations, "correlations-all": plots.CorrelationsAll,
}

func TestVotesThatCannotBeDrawn(t *testing.T) {
	broken := handmadeVotes(3)
	broken[1][4] = math.NaN()
	beyond := handmadeVotes(3)
	beyond[2][0] = 1.5
	for name, draw := range fromVotes {
		for _, c := range []struct {
			votes []galaxyzoo.Votes
			want  string
		}{
			{nil, "no galaxies"},
			{broken, "row 2: Class2.2 = NaN, want 0 to 1"},
			{beyond, "row 3: Class1.1 = 1.5, want 0 to 1"},
		} {
			if _, err := draw(c.votes, plots.Source{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
		}
	}
}

func TestVotesAtTheirLimits(t *testing.T) {
	constant := handmadeVotes(20)
	for i := range constant {
		constant[i] = constant[0]
	}
	for name, votes := range map[string][]galaxyzoo.Votes{
		"one row":      handmadeVotes(1),
		"two rows":     handmadeVotes(2),
		"all the same": constant,
		"all zero":     make([]galaxyzoo.Votes, 5),
	} {
		for figure, draw := range fromVotes {
			f, err := draw(votes, plots.Source{File: "edge.csv", Galaxies: len(votes)})
			if err != nil {
				t.Errorf("%s of %s: %v", figure, name, err)
				continue
			}
			if err := f.Write(io.Discard, plots.SVG, plots.Light); err != nil {
				t.Errorf("%s of %s: %v", figure, name, err)
			}
			if strings.HasPrefix(figure, "correlations") && name != "two rows" && !strings.Contains(f.Caption, "A dash marks") {
				t.Errorf("%s of %s: the caption does not explain its dashes: %q", figure, name, f.Caption)
			}
		}
	}
}

func TestImagesThatCannotBeDrawn(t *testing.T) {
	if _, err := plots.MaxConfidence(nil, plots.Source{}); err == nil {
		t.Error("no examples: no error")
	}
	if _, err := plots.RegionsOfInterest([]plots.Example{{ID: 7}}, 64, plots.Source{}); err == nil ||
		!strings.Contains(err.Error(), "galaxy 7 has no image") {
		t.Errorf("an example without image: %v", err)
	}
	example := plots.Example{ID: 7, Image: handmadeImage(7)}
	if _, err := plots.RegionsOfInterest([]plots.Example{example}, 0, plots.Source{}); err == nil {
		t.Error("crops of no size: no error")
	}
	level := func(v float64) plots.MeanImage {
		m := plots.MeanImage{Size: 4, Images: 1, RGB: make([]float64, 48)}
		for i := range m.RGB {
			m.RGB[i] = v
		}
		return m
	}
	for name, m := range map[string]plots.MeanImage{
		"none": {}, "too short": {Size: 4, Images: 1, RGB: make([]float64, 3)}, "not a number": level(math.NaN()),
	} {
		if _, err := plots.AverageImage(m, plots.Source{}); err == nil {
			t.Errorf("mean image, %s: no error", name)
		}
	}
	// Black and evenly grey images have no light to centre on.
	for _, v := range []float64{0, 80} {
		f, err := plots.AverageImage(level(v), plots.Source{Galaxies: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.WritePNGAt(io.Discard, plots.Dark, goldenDPI); err != nil {
			t.Error(err)
		}
		if !strings.Contains(f.Caption, "no light above that of its edge") {
			t.Errorf("caption %q", f.Caption)
		}
	}
}

func TestClassCountsScale(t *testing.T) {
	// The full set's extremes, 4 and 53,115, are both drawn and labelled.
	votes := make([]galaxyzoo.Votes, 53115)
	for i := range votes {
		votes[i][14] = 1
		if i < 4 {
			votes[i][19] = 0.5
		}
	}
	counts := plots.CountMajorities(votes)
	if counts[14] != 53115 || counts[19] != 4 {
		t.Fatalf("counts %d and %d", counts[14], counts[19])
	}
	f, err := plots.ClassCounts(votes, plots.Source{Galaxies: len(votes)})
	if err != nil {
		t.Fatal(err)
	}
	var svg strings.Builder
	if err := f.Write(&svg, plots.SVG, plots.Light); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">53,115<", ">4<", "n = 53,115 galaxies"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the figure does not hold %s", want)
		}
	}
}

// TestTextHasItsPlace looks for letters off the page or on top of others.
func TestTextHasItsPlace(t *testing.T) {
	for _, d := range plots.DataFigures {
		f, err := handmade().Figure(d.Name)
		if err != nil {
			t.Fatal(err)
		}
		checkTexts(t, f)
	}
}

// checkTexts reports letters of a figure that are off the page or on top of
// others.
func checkTexts(t *testing.T, f *plots.Figure) {
	t.Helper()
	width, height := f.Size()
	texts := f.Texts(plots.Light)
	for i, a := range texts {
		if a.Min.X < 0 || a.Min.Y < 0 || a.Max.X > width || a.Max.Y > height {
			t.Errorf("%s: %q is drawn at %v, the page is %.0f x %.0f points", f.Name, a.Text, a.Rectangle, width, height)
		}
		for _, b := range texts[:i] {
			across := min(a.Max.X, b.Max.X) - max(a.Min.X, b.Min.X)
			down := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
			if across > 0.3 && down > 0.3 { // points: less than the space around a letter
				t.Errorf("%s: %q and %q overlap by %.1f x %.1f points", f.Name, a.Text, b.Text, across, down)
			}
		}
	}
	if len(texts) < 10 && f.Name != "filters" && f.Name != "augmented" { // which are all pictures
		t.Errorf("%s: only %d pieces of text", f.Name, len(texts))
	}
}
