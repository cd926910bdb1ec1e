package plots

import (
	"fmt"
	"slices"
)

// A StudyFigure is an entry in the list of figures.
type StudyFigure struct {
	Name string
	// Images is true for figures that need Study.ReadImages.
	Images bool
	draw   func(s *Study) (*Figure, error)
}

// Figures are all figures, in the order of the report.
var Figures = listFigures()

func listFigures() []StudyFigure {
	var figures []StudyFigure
	for _, d := range DataFigures {
		figures = append(figures, StudyFigure{d.Name, d.Images, func(s *Study) (*Figure, error) {
			if s.Survey == nil {
				return nil, s.noData
			}
			return d.draw(s.Survey)
		}})
	}
	return append(figures,
		ofRun("augmented", augmentedFile, func(r *RunRecord) (*Figure, error) {
			return Augmented(r.Augmented, r.Config.Size, r.File("samples", augmentedFile))
		}),
		ofRuns("loss", false, func(s *Study, curves []Curves) (*Figure, error) { return Loss(curves) }),
		ofRuns("rmse", true, func(s *Study, curves []Curves) (*Figure, error) { return RMSE(curves, s.Scores()) }),
		ofOutcome("predicted-vs-true", PredictedVersusTrue),
		ofOutcome("calibration", Calibration),
		ofOutcome("confusion", Confusion),
		ofRun("filters", kernelsFile, func(r *RunRecord) (*Figure, error) {
			return Filters(r.Kernels, r.File("samples", kernelsFile))
		}),
		ofRun("activations", activationsFolder, func(r *RunRecord) (*Figure, error) {
			return Activations(r.Galaxy, r.Layers, r.File("samples", activationsFolder))
		}),
		ofCases("best", Best, func(s *Study) []int { return s.best }),
		ofCases("worst", Worst, func(s *Study) []int { return s.worst }),
	)
}

// ofRuns is a figure of all runs laid over each other.
func ofRuns(name string, images bool, draw func(*Study, []Curves) (*Figure, error)) StudyFigure {
	return StudyFigure{name, images, func(s *Study) (*Figure, error) {
		if len(s.Runs) == 0 {
			return nil, errNoRun
		}
		var curves []Curves
		for _, r := range s.Runs {
			curves = append(curves, r.Curves())
		}
		return draw(s, curves)
	}}
}

// ofRun is a figure of a part of the first run's folder.
func ofRun(name, part string, draw func(*RunRecord) (*Figure, error)) StudyFigure {
	return StudyFigure{name, false, func(s *Study) (*Figure, error) {
		if len(s.Runs) == 0 {
			return nil, errNoRun
		}
		if err := s.Runs[0].Lacking[part]; err != nil {
			return nil, err
		}
		return draw(s.Runs[0])
	}}
}

// ofOutcome is a figure of the first run's predictions.
func ofOutcome(name string, draw func(*Outcome, Source) (*Figure, error)) StudyFigure {
	return StudyFigure{name, false, func(s *Study) (*Figure, error) {
		if s.outcome == nil {
			return nil, s.noOutcome
		}
		return draw(s.outcome, s.predictions())
	}}
}

func ofCases(name string, draw func([]Case, Source) (*Figure, error), rows func(*Study) []int) StudyFigure {
	return StudyFigure{name, true, func(s *Study) (*Figure, error) {
		if s.outcome == nil {
			return nil, s.noOutcome
		}
		return draw(s.cases(rows(s)), s.predictions())
	}}
}

// predictions is the source of the figures of predictions.
func (s *Study) predictions() Source {
	return Source{File: s.Runs[0].File("predictions", "validation.csv"), Galaxies: len(s.outcome.IDs)}
}

// FigureNames are the names of all figures, in the order of the report.
func FigureNames() []string {
	names := make([]string, len(Figures))
	for i, f := range Figures {
		names[i] = f.Name
	}
	return names
}

// NeedsImages reports whether one of the figures named shows something of the
// images.
func (s *Study) NeedsImages(names []string) bool {
	if s.Survey == nil {
		return false
	}
	for _, f := range Figures {
		if f.Images && slices.Contains(names, f.Name) {
			return true
		}
	}
	return false
}

// Figure draws the figure of the given name, one of FigureNames. The error says
// why it has to be left out.
func (s *Study) Figure(name string) (*Figure, error) {
	for _, f := range Figures {
		if f.Name == name {
			return f.draw(s)
		}
	}
	return nil, fmt.Errorf("failed to draw figure %q: there is none of that name", name)
}
