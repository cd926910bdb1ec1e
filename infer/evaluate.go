package infer

import (
	"context"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// An Evaluation is the score of models on galaxies whose votes are known.
type Evaluation struct {
	Models []string `json:"models"` // the SavedModels' folders
	Data   string   `json:"data"`
	Rows   string   `json:"rows"`  // which of them, in a word or two
	Views  int      `json:"views"` // asked for
	// FewestViews are those of members that have fewer; 0 where none does.
	FewestViews int  `json:"fewest_views,omitempty"`
	Consistent  bool `json:"consistent"`
	galaxyzoo.Score
	// MeanVote is the score of predicting the mean vote of these same rows for
	// every one of them: what a model has to beat.
	MeanVote float64 `json:"mean_vote_rmse"`
	// Of a cross-validation, whose score is that of all its folds' rows at once;
	// errors want two folds.
	Folds []FoldScore `json:"folds,omitempty"`
	Of    int         `json:"folds_of,omitempty"` // folds that there are, scored or not
	*galaxyzoo.ScoreErrors
}

// Scoring says how models are scored.
type Scoring struct {
	Cache      string // folder of the crop caches
	BatchSize  int    // rows of one run of a model, 1 or more
	Views      int    // see Options
	Consistent bool   // project the votes onto the tree; see galaxyzoo.Votes.Consistent

	// Both may be nil.
	CropProgress, Progress func(done, total int)
}

// Votes predicts the votes of the galaxies at the given positions of the
// catalogue as Predict does, from the crop caches, which it builds where they are
// not there. Errors are *run.UsageError where there are not so many views.
func (e *Ensemble) Votes(ctx context.Context, c *galaxyzoo.Catalogue, positions []int, s Scoring) ([]galaxyzoo.Votes, error) {
	if err := e.checkViews(s.Views); err != nil {
		return nil, &run.UsageError{Err: err}
	}
	votes := make([]galaxyzoo.Votes, len(positions))
	heard := 0 // members
	for feed := range e.feeds {
		members := e.membersOf(feed)
		part := s
		if s.Progress != nil {
			part.Progress = func(done, total int) { s.Progress(heard*total+len(members)*done, len(e.Members)*total) }
		}
		if err := e.addFeed(ctx, votes, feed, members, c, positions, part); err != nil {
			return nil, err
		}
		heard += len(members)
	}
	if s.Consistent {
		for i := range votes {
			votes[i], _ = votes[i].Consistent()
		}
	}
	return votes, nil
}

// membersOf are those that take a feed.
func (e *Ensemble) membersOf(feed int) []Predictor {
	var members []Predictor
	for i, m := range e.Members {
		if e.feed[i] == feed {
			members = append(members, m)
		}
	}
	return members
}

// addFeed adds what the members that take a feed have to say in the votes.
func (e *Ensemble) addFeed(ctx context.Context, votes []galaxyzoo.Votes, feed int, members []Predictor, c *galaxyzoo.Catalogue, positions []int, s Scoring) error {
	views := e.feeds[feed].views(s.Views)
	crops, err := OpenCrops(ctx, s.Cache, c, e.feeds[feed].crop.ForViews(views), s.CropProgress)
	if err != nil {
		return err
	}
	defer crops.Close()
	weight := 1 / float64(len(views)*len(e.Members))
	return addVotes(ctx, votes, weight, members, crops, positions, views, s.BatchSize, s.Progress)
}

// Evaluate scores the ensemble on the galaxies at the given positions of the
// catalogue.
func (e *Ensemble) Evaluate(ctx context.Context, c *galaxyzoo.Catalogue, positions []int, s Scoring) (*Evaluation, error) {
	votes, err := e.Votes(ctx, c, positions, s)
	if err != nil {
		return nil, err
	}
	result, err := newEvaluation(c, positions, votes, s)
	if err != nil {
		return nil, err
	}
	for i, m := range e.Members {
		result.Models = append(result.Models, m.Dir)
		if n := len(e.feeds[e.feed[i]].views(s.Views)); n < result.Views {
			result.FewestViews = n
		}
	}
	return result, nil
}

func newEvaluation(c *galaxyzoo.Catalogue, positions []int, votes []galaxyzoo.Votes, s Scoring) (*Evaluation, error) {
	cast := c.Votes(positions)
	e := &Evaluation{Data: c.Name, Views: max(1, s.Views), Consistent: s.Consistent}
	var err error
	if e.Score, err = galaxyzoo.NewScore(votes, cast); err != nil {
		return nil, err
	}
	mean, err := galaxyzoo.ScoreMeanVote(cast)
	e.MeanVote = mean.RMSE
	return e, err
}
