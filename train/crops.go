package train

import (
	"bytes"
	"context"
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

// openCrops opens the crop cache, or builds it.
func (l *loop) openCrops(ctx context.Context) error {
	defer l.track.Start("crops").End()
	d, err := infer.OpenDecoder()
	if err != nil {
		return err
	}
	defer d.Close()
	if l.options.Timeline != nil {
		tracks := l.options.Timeline.Tracks("crops", imageproc.Visitors())
		d.Watch = func(visitor int, work string) func() { return tracks[visitor].Start(work).End }
	}
	l.cache, err = imageproc.OpenCache(ctx, l.config.Cache, &d.Decoder, l.plan.Catalogue, l.plan.Preprocessing, l.options.CropProgress)
	if err != nil {
		return err
	}
	return l.recheck(&d.Decoder)
}

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
	if err := in.fill(batch, rows, 0); err != nil {
		return err
	}
	want := make([]byte, len(batch.Pixels)/len(rows)) // of an image; none where the crops are on the device
	for i, position := range rows {
		g := &l.plan.Catalogue.Galaxies[position]
		same := true
		for c, x := range g.Votes {
			same = same && batch.Votes[i*galaxyzoo.NumAnswers+c] == float32(x)
		}
		var err error
		switch in.feed {
		case graph.FeedImages:
			err = l.cache.View(want, position, imageproc.Transform{})
		case graph.FeedCrops:
			err = l.cache.Crop(want, position)
		}
		if err != nil {
			return err
		}
		if !same || !bytes.Equal(want, batch.Image(i)) {
			return &galaxyzoo.DataError{File: g.File, Err: fmt.Errorf("galaxy %d comes into a batch with votes or an image that are not its own", g.ID)}
		}
	}
	return nil
}
