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
	plain := []imageproc.Transform{{}}
	return votes, addVotes(ctx, votes, 1, []Predictor{p}, cache, positions, plain, batchSize, progress)
}

// addVotes adds weight times what each of the predictors says of each view of the
// galaxies to their votes. Batches hold batchSize rows at most, or one galaxy's views.
func addVotes(ctx context.Context, votes []galaxyzoo.Votes, weight float64, predictors []Predictor, cache *imageproc.Cache,
	positions []int, views []imageproc.Transform, batchSize int, progress func(done, total int)) error {
	galaxies := max(1, batchSize/len(views)) // in a batch
	var batch *graph.Batch
	var said []galaxyzoo.Votes
	for start := 0; start < len(positions); start += galaxies {
		if err := ctx.Err(); err != nil {
			return err
		}
		end := min(start+galaxies, len(positions))
		rows := (end - start) * len(views)
		if batch == nil || batch.Rows != rows {
			var err error
			if batch, err = graph.NewBatch(rows, cache.ViewSize()); err != nil {
				return err
			}
			said = make([]galaxyzoo.Votes, rows)
		}
		for row := range rows {
			if err := cache.View(batch.Image(row), positions[start+row/len(views)], views[row%len(views)]); err != nil {
				return err
			}
		}
		for _, p := range predictors {
			if err := p.Predict(batch, said); err != nil {
				return err
			}
			for row := range said {
				for c, x := range said[row] {
					votes[start+row/len(views)][c] += weight * x
				}
			}
		}
		if progress != nil {
			progress(end, len(positions))
		}
	}
	return nil
}
