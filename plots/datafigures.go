package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"
)

// CropSize is the side in pixels of the crops in the figure roi.
const CropSize = 64

// A DataFigure is an entry in the list of figures that are drawn from the data
// alone.
type DataFigure struct {
	Name string
	// Images is true for the figures that need Survey.ReadImages.
	Images bool
	draw   func(s *Survey) (*Figure, error)
}

// DataFigures are the figures of the data, in the order of the report.
var DataFigures = []DataFigure{
	{"tree", false, func(s *Survey) (*Figure, error) { return Tree(s.Votes, s.Labels) }},
	{"class-counts", false, func(s *Survey) (*Figure, error) { return ClassCounts(s.Votes, s.Labels) }},
	{"max-confidence", true, func(s *Survey) (*Figure, error) { return MaxConfidence(s.Examples, s.Images) }},
	{"average-image", true, func(s *Survey) (*Figure, error) { return AverageImage(s.Mean, s.Images) }},
	{"roi", true, func(s *Survey) (*Figure, error) { return RegionsOfInterest(s.Examples, CropSize, s.Images) }},
	{"vote-histograms", false, func(s *Survey) (*Figure, error) { return VoteHistograms(s.Votes, s.Labels) }},
	{"agreement", false, func(s *Survey) (*Figure, error) { return Agreement(s.Votes, s.Labels) }},
	{"correlations", false, func(s *Survey) (*Figure, error) { return Correlations(s.Votes, s.Labels) }},
	{"correlations-all", false, func(s *Survey) (*Figure, error) { return CorrelationsAll(s.Votes, s.Labels) }},
}

// Figure draws the figure of the given name, one of DataFigures.
func (s *Survey) Figure(name string) (*Figure, error) {
	for _, f := range DataFigures {
		if f.Name == name {
			return f.draw(s)
		}
	}
	return nil, fmt.Errorf("failed to draw figure %q: there is none of that name", name)
}

// Placeholder is an honest empty panel: a figure that says why there is
// nothing to show.
func Placeholder(name, title, reason string) *Figure {
	return &Figure{
		Name: name, Title: title, Width: FullWidth, Height: 90,
		Draw: func(c *Canvas) {
			c.FillRounded(c.Rectangle, 5, c.Theme.Panel)
			style := middle(c.Note(SizeBody))
			lines := Wrap(style, reason, c.Max.X-c.Min.X-40)
			y := (c.Min.Y+c.Max.Y)/2 + lineHeight(SizeBody)*0.5*vg.Length(len(lines)-1)
			for _, line := range lines {
				c.Text(style, (c.Min.X+c.Max.X)/2, y, line)
				y -= lineHeight(SizeBody)
			}
		},
	}
}
