package train

import (
	"context"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/internal/timeline"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// ahead is how many batches are prepared while one is being trained on.
const ahead = 2

// input prepares batches: the training rows in a new order each epoch, each
// image under a new transform. The batches are a ring that is filled again and
// again.
type input struct {
	catalogue *galaxyzoo.Catalogue
	cache     *imageproc.Cache
	rows      []int // positions in catalogue and cache
	seed      uint64
	batchSize int
	size      int // side of the network's input, pixels
	workers   int
	augment   imageproc.Augmentation
	feed      graph.Feed
	tracks    []*timeline.Track // of the workers

	ring  chan *graph.Batch // full batches to be filled
	short *graph.Batch      // for the rows left over at the end of an epoch; may be nil

	fault error // why an epoch's batches ended early; known once their channel is closed
}

// feedOf says what a configuration's steps are fed with.
func feedOf(c *run.Config) graph.Feed {
	switch {
	case c.Augment == run.AugmentGraph && c.CropsOn == run.CropsOnDevice:
		return graph.FeedRows
	case c.Augment == run.AugmentGraph:
		return graph.FeedCrops
	}
	return graph.FeedImages
}

// newInput prepares batches that newBatch makes.
func newInput(c *run.Config, catalogue *galaxyzoo.Catalogue, cache *imageproc.Cache, rows []int, newBatch func(rows int) (*graph.Batch, error)) (*input, error) {
	in := &input{
		catalogue: catalogue, cache: cache, rows: rows,
		seed: c.Seed, batchSize: min(c.BatchSize, len(rows)), size: c.Size, workers: c.InputThreads,
		feed: feedOf(c), ring: make(chan *graph.Batch, ahead+1),
	}
	if in.workers == 0 {
		in.workers = runtime.GOMAXPROCS(0)
	}
	in.tracks = make([]*timeline.Track, in.workers)
	if c.Augment != run.AugmentNone {
		in.augment = imageproc.Augmentation{
			Rotate: c.Rotate, Flip: c.Flip, Zoom: c.Zoom, Shift: c.Shift * float64(c.Size), Brightness: c.Brightness,
		}
	}
	for range cap(in.ring) {
		b, err := newBatch(in.batchSize)
		if err != nil {
			return nil, err
		}
		in.ring <- b
	}
	if left := len(rows) % in.batchSize; left > 0 {
		var err error
		if in.short, err = newBatch(left); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// batches returns the number of batches in an epoch.
func (in *input) batches() int { return (len(in.rows) + in.batchSize - 1) / in.batchSize }

// epoch sends the batches of an epoch, from the given one on, and then closes the
// channel; it does so early, with in.fault, where an image cannot be had. Each batch has
// to be given back by recycle. Once stop returns nothing reads the cache any more; it
// has to be called, and may be at any time.
func (in *input) epoch(epoch, from int) (feed <-chan *graph.Batch, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan *graph.Batch, ahead)
	order := in.order(epoch)
	go func() {
		defer close(ready)
		for k := from; k < in.batches(); k++ {
			rows := in.batch(order, k)
			b := in.short
			if len(rows) == in.batchSize {
				select {
				case b = <-in.ring:
				case <-ctx.Done():
					return
				}
			}
			if in.fault = in.fill(b, rows, epoch); in.fault != nil {
				in.recycle(b)
				return
			}
			select {
			case ready <- b:
			case <-ctx.Done():
				in.recycle(b)
				return
			}
		}
	}()
	return ready, func() {
		cancel()
		for b := range ready { // what was prepared in vain
			in.recycle(b)
		}
	}
}

// recycle gives a batch back to be filled again.
func (in *input) recycle(b *graph.Batch) {
	if b != in.short {
		in.ring <- b
	}
}

// order returns the training rows in the epoch's order.
func (in *input) order(epoch int) []int {
	rng := rand.New(rand.NewPCG(in.seed, uint64(epoch)))
	order := make([]int, len(in.rows))
	for i, k := range rng.Perm(len(in.rows)) {
		order[i] = in.rows[k]
	}
	return order
}

// batch returns the rows of batch k of an epoch's order.
func (in *input) batch(order []int, k int) []int {
	return order[k*in.batchSize : min((k+1)*in.batchSize, len(order))]
}

// fill writes the rows' images and votes into the batch.
func (in *input) fill(b *graph.Batch, rows []int, epoch int) error {
	var group errgroup.Group
	workers := min(in.workers, len(rows))
	for w := range workers {
		group.Go(func() error {
			defer in.tracks[w].Start("augment").End()
			dice := newDice()
			for i := w; i < len(rows); i += workers {
				if err := in.place(b, i, rows[i], in.draw(dice, rows[i], epoch)); err != nil {
					return err
				}
				b.SetVotes(i, &in.catalogue.Galaxies[rows[i]].Votes)
			}
			return nil
		})
	}
	return group.Wait()
}

// dice are a generator that can be set back.
type dice struct {
	source rand.PCG
	*rand.Rand
}

func newDice() *dice {
	d := &dice{}
	d.Rand = rand.New(&d.source)
	return d
}

// draw returns what becomes of the galaxy at a position in an epoch. It depends on
// the seed, the epoch and the galaxy's id, whoever draws it.
func (in *input) draw(d *dice, position, epoch int) imageproc.Transform {
	d.source.Seed(in.seed+uint64(epoch)<<32, uint64(in.catalogue.Galaxies[position].ID))
	return in.augment.Draw(d.Rand)
}

// place writes the galaxy at a position, so changed, to row i of the batch, or what
// the graph needs to make it.
func (in *input) place(b *graph.Batch, i, position int, change imageproc.Transform) error {
	if in.feed == graph.FeedImages {
		return in.cache.View(b.Image(i), position, change)
	}
	b.SetTransform(i, change.Projective(in.size, in.cache.Size(), in.cache.Scale()), change.Tint())
	if in.feed == graph.FeedRows {
		b.SetRow(i, position)
		return nil
	}
	return in.cache.Crop(b.Image(i), position)
}
