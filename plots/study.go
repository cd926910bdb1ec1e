package plots

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Study is everything that the figures are drawn from: a catalogue and the
// records of runs. Either may be lacking; the figures that need it are then
// left out.
type Study struct {
	Survey *Survey // nil without a catalogue
	Runs   []*RunRecord
	// Baselines are scores on the rows that the first run held back. They are
	// worked out elsewhere.
	Baselines []NamedScore

	catalogue *galaxyzoo.Catalogue
	noData    error // why there is no catalogue
	noOutcome error // why there are no predictions to draw

	outcome     *Outcome // of the first run
	best, worst []int    // rows of outcome
	mu          sync.Mutex
	images      map[int64]*image.NRGBA // of the galaxies in best and worst
	score       []NamedScore           // of runs that held the same rows back
}

// NewStudy returns the study of a catalogue and of runs. The catalogue may be
// nil, and noData then says why. Predictions are those of the first run.
func NewStudy(c *galaxyzoo.Catalogue, noData error, runs []*RunRecord) *Study {
	s := &Study{Runs: runs, catalogue: c, noData: noData, images: map[int64]*image.NRGBA{}}
	if c != nil {
		s.Survey = NewSurvey(c)
	} else if noData == nil {
		s.noData = errors.New("no data was given")
	}
	s.pair()
	return s
}

// pair matches the runs' predictions with the votes.
func (s *Study) pair() {
	switch {
	case len(s.Runs) == 0:
		s.noOutcome = errNoRun
		return
	case s.catalogue == nil:
		s.noOutcome = s.noData
		return
	case s.Runs[0].Predictions == nil:
		s.noOutcome = s.Runs[0].Lacking[predictionsPart]
		return
	}
	if s.outcome, s.noOutcome = Match(s.Runs[0].Predictions, s.catalogue); s.noOutcome != nil {
		s.outcome = nil
		return
	}
	s.best, s.worst = s.outcome.Extremes(CasesShown)
	for _, i := range slices.Concat(s.best, s.worst) {
		s.images[s.outcome.IDs[i]] = nil
	}
	for _, r := range s.Runs {
		if r.Predictions == nil || !slices.Equal(r.Predictions.IDs, s.outcome.IDs) {
			continue
		}
		if score, err := galaxyzoo.NewScore(r.Predictions.Votes, s.outcome.Cast); err == nil {
			s.score = append(s.score, NamedScore{Name: r.Name, Score: score})
		}
	}
}

var errNoRun = errors.New("no run was given")

// Scores returns the scores of the runs that held the same rows back as the
// first, and of the baselines.
func (s *Study) Scores() Scores { return Scores{Runs: s.score, Baselines: s.Baselines} }

// OtherData returns an error where the first run was trained on other data than
// the study's catalogue, as far as fingerprints tell.
func (s *Study) OtherData() error {
	if s.catalogue == nil || len(s.Runs) == 0 {
		return nil
	}
	if trained := s.Runs[0].Info.Data; trained.Fingerprint != s.catalogue.Fingerprint() {
		return fmt.Errorf("%s is not, or no longer, what run %s was trained on (%s)", s.catalogue.Name, s.Runs[0].Name, trained.Name)
	}
	return nil
}

// ReadImages reads every image of the catalogue once, for the survey, for the
// galaxies predicted best and worst, and for whoever else watches. See
// Survey.ReadImages.
func (s *Study) ReadImages(ctx context.Context, progress func(done, total int), watchers ...func(position int, img *image.NRGBA)) error {
	keep := func(position int, img *image.NRGBA) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if id := s.catalogue.Galaxies[position].ID; s.shows(id) {
			s.images[id] = img
		}
	}
	return s.Survey.ReadImages(ctx, s.catalogue, progress, append(watchers, keep)...)
}

func (s *Study) shows(id int64) bool {
	_, shown := s.images[id]
	return shown
}

// cases are the rows of the outcome as Best and Worst draw them.
func (s *Study) cases(rows []int) []Case {
	cases := make([]Case, len(rows))
	for k, i := range rows {
		cases[k] = Case{ID: s.outcome.IDs[i], Image: s.images[s.outcome.IDs[i]],
			Predicted: s.outcome.Predicted[i], Cast: s.outcome.Cast[i]}
	}
	return cases
}
