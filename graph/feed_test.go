package graph

import (
	"math"
	"testing"
)

// The three feeds, given the same images, make the same step.
func TestFeedsAgree(t *testing.T) {
	const rows, margin = 8, 3
	net := tiny()
	side := net.Size + 2*margin
	want := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	images := randomBatch(t, rows, net.Size, 4)
	wide := randomBatch(t, rows, side, 5)
	for i := range rows { // the images lie in the middle of the wide crops
		for y := range net.Size {
			copy(wide.Image(i)[Channels*((y+margin)*side+margin):], images.Image(i)[Channels*y*net.Size:][:Channels*net.Size])
		}
	}
	losses := steps(t, want, images, 3)

	for _, feed := range []Feed{FeedCrops, FeedRows} {
		trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1, Feed: feed, CropSize: side, Crops: rows})
		batch, err := trainer.NewBatch(rows)
		if err != nil {
			t.Fatal(err)
		}
		copy(batch.Votes, images.Votes)
		if feed == FeedCrops {
			copy(batch.Pixels, wide.Pixels)
		} else if err := trainer.LoadCrops(func(i int) []byte { return wide.Image(rows - 1 - i) }); err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			batch.SetTransform(i, [8]float32{1, 0, margin, 0, 1, margin}, [Channels]float32{})
			if feed == FeedRows {
				batch.SetRow(i, rows-1-i)
			}
		}
		for k, got := range steps(t, trainer, batch, 3) {
			if math.Abs(got-losses[k]) > 1e-6 { // the order of sums may differ
				t.Errorf("feed %d, step %d: loss %.8f, want %.8f", feed, k, got, losses[k])
			}
		}
		// A change of colour and place counts.
		for i := range rows {
			batch.SetTransform(i, [8]float32{1, 0, 0, 0, 1, 0}, [Channels]float32{200, 0, -200})
		}
		if moved := steps(t, trainer, batch, 1)[0]; math.Abs(moved-losses[2]) < 1e-4 {
			t.Errorf("feed %d: other images have the same loss %.6f", feed, moved)
		}
	}
}

func TestLoadCropsWantsRows(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{})
	if err := trainer.LoadCrops(nil); err == nil {
		t.Error("crops are loaded that no step would look at")
	}
}
