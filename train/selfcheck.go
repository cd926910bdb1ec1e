package train

import (
	"bytes"
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// recheck insists on a cache whose crops are those of the images of the first, the
// middle and the last row that are trained on.
func (l *loop) recheck(d *imageproc.Decoder) error {
	rows := l.plan.Training
	return l.cache.Recheck(d, l.plan.Catalogue, l.plan.Preprocessing, rows[0], rows[len(rows)/2], rows[len(rows)-1])
}

// checkBatch fills a batch as training does, without augmentation, and insists on the
// votes and images of its galaxies. Errors are *galaxyzoo.DataError.
func (l *loop) checkBatch() error {
	defer l.track.Start("check batch").End()
	in := *l.input
	in.augment = imageproc.Augmentation{}
	rows := in.batch(in.order(0), 0)
	batch := <-in.ring
	defer in.recycle(batch)
	in.fill(batch, rows, 0)
	view := make([]byte, 3*in.size*in.size)
	for i, position := range rows {
		g := &l.plan.Catalogue.Galaxies[position]
		same := true
		for c, x := range g.Votes {
			same = same && batch.Votes[i*galaxyzoo.NumAnswers+c] == float32(x)
		}
		switch in.feed {
		case graph.FeedImages:
			l.cache.View(view, position, imageproc.Transform{})
			same = same && bytes.Equal(view, batch.Image(i))
		case graph.FeedCrops:
			same = same && bytes.Equal(l.cache.Crop(position), batch.Image(i))
		}
		if !same {
			return &galaxyzoo.DataError{File: g.File, Err: fmt.Errorf("galaxy %d comes into a batch with votes or an image that are not its own", g.ID)}
		}
	}
	return nil
}
