package infer

import (
	"context"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// An Evaluation is the score of a model on galaxies whose votes are known.
type Evaluation struct {
	Model string `json:"model"` // the SavedModel's folder
	Data  string `json:"data"`
	Rows  string `json:"rows"` // which of them, in a word or two
	galaxyzoo.Score
	// MeanVote is the score of predicting the mean vote of these same rows for
	// every one of them: what a model has to beat.
	MeanVote float64 `json:"mean_vote_rmse"`
}

// Evaluate scores the model on the galaxies at the given positions of the
// catalogue. Their crops are taken from, or put into, the folder cache;
// cropProgress and progress may be nil.
func (m *Model) Evaluate(ctx context.Context, c *galaxyzoo.Catalogue, positions []int, cache string, batchSize int, cropProgress, progress func(done, total int)) (*Evaluation, error) {
	crops, err := OpenCrops(ctx, cache, c, m.Preprocessing, cropProgress)
	if err != nil {
		return nil, err
	}
	defer crops.Close()
	votes, err := Votes(ctx, m, crops, positions, batchSize, progress)
	if err != nil {
		return nil, err
	}
	cast := c.Votes(positions)
	e := &Evaluation{Model: m.Dir, Data: c.Name}
	if e.Score, err = galaxyzoo.NewScore(votes, cast); err != nil {
		return nil, err
	}
	mean, err := galaxyzoo.ScoreMeanVote(cast)
	e.MeanVote = mean.RMSE
	return e, err
}
