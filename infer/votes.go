package infer

import (
	"context"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// A Predictor turns a batch of images into votes: a Model, or a network that is
// being trained.
type Predictor interface {
	Predict(b *graph.Batch, votes []galaxyzoo.Votes) error
}

// Votes predicts the votes of the galaxies at the given positions of the cache,
// batchSize at a time, in their order, from what a network sees of the crops.
// progress, unless nil, is called after each batch. Ending ctx stops it between batches.
func Votes(ctx context.Context, p Predictor, cache *imageproc.Cache, positions []int, batchSize int, progress func(done, total int)) ([]galaxyzoo.Votes, error) {
	votes := make([]galaxyzoo.Votes, len(positions))
	var batch *graph.Batch
	for start := 0; start < len(positions); start += batchSize {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		end := min(start+batchSize, len(positions))
		if batch == nil || batch.Rows != end-start {
			var err error
			if batch, err = graph.NewBatch(end-start, cache.ViewSize()); err != nil {
				return nil, err
			}
		}
		for i, position := range positions[start:end] {
			cache.View(batch.Image(i), position, imageproc.Transform{})
		}
		if err := p.Predict(batch, votes[start:end]); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(end, len(positions))
		}
	}
	return votes, nil
}
