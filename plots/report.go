package plots

import (
	"math"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A Report is what report.html tells, as plain data.
type Report struct {
	Data      *DataSummary // nil without a catalogue
	Runs      []RunSummary // the first is the one whose predictions are drawn
	Split     Split
	Baselines []BaselineSummary
	// Scores are on the rows that the first run held back.
	Scores  Scores
	Figures []*Figure
	LeftOut []LeftOut
}

// A DataSummary is what is said of the catalogue.
type DataSummary struct {
	Name     string
	Galaxies int
	Counts   [galaxyzoo.NumAnswers]int // galaxies with a vote of Majority or more
	Mean     galaxyzoo.Votes
	// Entropy is the median of each question's entropy, NaN where nobody
	// reached it; see Entropy.
	Entropy [galaxyzoo.NumQuestions]float64
	// Images were read; Skipped could not be. Both are 0 where no figure
	// needed an image.
	Images, Skipped int
	// HalfLight and MostLight are the radii in pixels that enclose half and
	// nine tenths of the average image's light; 0 without images.
	HalfLight, MostLight int
}

// A RunSummary is what is said of a run.
type RunSummary struct {
	Name   string
	Info   run.Info
	Config run.Config
	Epochs []run.Epoch
	Layers []LayerSummary // of the network, where its activations were kept
}

// A LayerSummary is a layer's name and the shape of what it puts out.
type LayerSummary struct {
	Name  string
	Shape []int
}

// A Split says on how many galaxies the baselines were fitted and scored.
type Split struct {
	Share             float64 // held back, as asked for
	Seed              uint64
	Training, HeldOut int
	Folds             int // of the cross-validation; 0 for none
}

// A BaselineSummary is a row of the table of baselines. The latter two scores
// are nil where they were not asked for.
type BaselineSummary struct {
	Name                     string
	AllRows                  BaselineScore
	HoldOut, CrossValidation *BaselineScore
}

// A BaselineScore is the RMSE of predictions as they come, and brought into 0
// to 1.
type BaselineScore struct{ Unclipped, Clipped float64 }

// Report returns the report of the study with the figures that were drawn and
// those that were left out.
func (s *Study) Report(figures []*Figure, leftOut []LeftOut) Report {
	r := Report{Figures: figures, LeftOut: leftOut, Scores: s.Scores()}
	if s.Survey != nil {
		r.Data = s.Survey.summary()
	}
	for _, record := range s.Runs {
		summary := RunSummary{Name: record.Name, Info: record.Info, Config: record.Config, Epochs: record.Epochs}
		for _, l := range record.Layers {
			summary.Layers = append(summary.Layers, LayerSummary{Name: l.Name, Shape: l.Shape})
		}
		r.Runs = append(r.Runs, summary)
	}
	return r
}

func (s *Survey) summary() *DataSummary {
	d := &DataSummary{
		Name: s.Labels.File, Galaxies: len(s.Votes), Counts: CountMajorities(s.Votes), Mean: galaxyzoo.MeanVotes(s.Votes),
		Images: s.Mean.Images, Skipped: len(s.Bad),
	}
	for i, sorted := range Entropies(s.Votes) {
		d.Entropy[i] = math.NaN()
		if len(sorted) > 0 {
			d.Entropy[i] = stat.Quantile(0.5, stat.Empirical, sorted, nil)
		}
	}
	if s.Mean.check() == nil {
		l := measureLight(s.Mean)
		d.HalfLight, d.MostLight = l.radius(0.5), l.radius(0.9)
	}
	return d
}

// Last is the last epoch that ended, nil before the first has.
func (r *RunSummary) Last() *run.Epoch {
	if len(r.Epochs) == 0 {
		return nil
	}
	return &r.Epochs[len(r.Epochs)-1]
}

// A Setting is a row of the table of runs.
type Setting struct {
	Name   string
	Values []string // of each run
}

// Settings are what the runs were told and what came of it, side by side.
func (r *Report) Settings() []Setting {
	var rows []Setting
	add := func(name string, value func(*RunSummary) string) {
		row := Setting{Name: name}
		for i := range r.Runs {
			row.Values = append(row.Values, value(&r.Runs[i]))
		}
		rows = append(rows, row)
	}
	add("network", func(s *RunSummary) string { return s.Info.Network })
	add("weights", func(s *RunSummary) string { return Count(int(s.Info.Weights)) })
	for _, key := range []string{"crop", "size", "epochs", "batch-size", "loss", "learning-rate", "schedule", "precision", "augment", "seed"} {
		setting, found := run.Lookup(key)
		if !found {
			continue
		}
		add(strings.ReplaceAll(key, "-", " "), func(s *RunSummary) string { return setting.Format(&s.Config) })
	}
	add("training galaxies", func(s *RunSummary) string { return Count(s.Info.Data.Training) })
	add("held back", func(s *RunSummary) string { return Count(s.Info.Data.Validation) })
	add("best epoch", func(s *RunSummary) string {
		if s.Info.Best == nil {
			return "–"
		}
		return Count(s.Info.Best.Epoch)
	})
	add("RMSE", func(s *RunSummary) string {
		if s.Info.Best == nil || s.Info.Best.RMSE == nil {
			return "–"
		}
		return Decimal(*s.Info.Best.RMSE, 5)
	})
	add("images a second", func(s *RunSummary) string {
		if last := s.Last(); last != nil {
			return Decimal(last.ImagesPerSecond, 0)
		}
		return "–"
	})
	add("device", func(s *RunSummary) string { return s.Info.Device })
	add("status", func(s *RunSummary) string { return string(s.Info.Status) })
	return rows
}
