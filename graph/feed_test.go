package graph

import (
	"math"
	"math/rand/v2"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
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
		} else if err := trainer.LoadCrops(func(dst []byte, i int) error { copy(dst, wide.Image(rows-1-i)); return nil }); err != nil {
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

func TestBatchOfAnotherFeed(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{Feed: FeedCrops, CropSize: 12})
	if _, err := trainer.Step(randomBatch(t, 2, 12, 1), 0); err == nil {
		t.Error("a batch of images is taken for one of crops and transforms")
	}
}

func TestLoadCropsWantsRows(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{})
	if err := trainer.LoadCrops(nil); err == nil {
		t.Error("crops are loaded that no step would look at")
	}
}

// The graph and the host make the same of a crop. The host rounds to whole levels,
// half a level at most, and weighs neighbours by 13 bits, which adds a sixteenth.
func TestGraphTransformsAsTheHost(t *testing.T) {
	const rows, tolerance = 32, 0.5 + 1./16
	net := tiny()
	for _, crop := range []struct {
		side  int
		scale float64 // pixels of the crop to one of the image
	}{{net.Size, 1}, {net.Size + 6, 1}, {net.Size * 3 / 2, 1.5}, {net.Size*3/2 + 9, 1.5}, {2*net.Size + 8, 2}} {
		side := crop.side
		trainer := newTrainer(t, net, Options{Feed: FeedCrops, CropSize: side})
		crops := randomBatch(t, rows, side, 3)
		batch, err := trainer.NewBatch(rows)
		if err != nil {
			t.Fatal(err)
		}
		copy(batch.Pixels, crops.Pixels)
		augmentation := imageproc.Augmentation{Rotate: true, Flip: true, Zoom: 1.3, Shift: 2, Brightness: 3}
		rng := rand.New(rand.NewPCG(1, 2))
		changes := make([]imageproc.Transform, rows)
		for i := range changes {
			changes[i] = augmentation.Draw(rng)
			batch.SetTransform(i, changes[i].Projective(net.Size, side, crop.scale), changes[i].Tint())
		}
		feeds, err := trainer.feed.feeds(batch)
		if err != nil {
			t.Fatal(err)
		}
		out, err := trainer.session.Run(feeds, []tf.Output{trainer.feed.out[0]}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := copyFloats(out[0])
		want, sum := make([]byte, Channels*net.Size*net.Size), 0.0
		for i, change := range changes {
			change.WarpRGB(want, net.Size, crops.Image(i), side, crop.scale)
			for k, level := range want {
				d := float64(got[i*len(want)+k]) - float64(level)
				if sum += d; math.Abs(d) > tolerance {
					t.Fatalf("crops of %d, image %d, %+v: value %d is %.3f in the graph, %d on the host", side, i, change, k, got[i*len(want)+k], level)
				}
			}
		}
		// Rounding goes up as often as down: 13,824 errors of at most half a level.
		if mean := sum / float64(len(got)); math.Abs(mean) > 0.02 {
			t.Errorf("crops of %d: the graph's levels are %.4f above the host's on average", side, mean)
		}
	}
}
