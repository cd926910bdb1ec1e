package train

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"

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
	tracks    []*timeline.Track // of the workers

	ring  chan *graph.Batch // full batches to be filled
	short *graph.Batch      // for the rows left over at the end of an epoch; may be nil
}

func newInput(c *run.Config, catalogue *galaxyzoo.Catalogue, cache *imageproc.Cache, rows []int) (*input, error) {
	in := &input{
		catalogue: catalogue, cache: cache, rows: rows,
		seed: c.Seed, batchSize: min(c.BatchSize, len(rows)), size: c.Size, workers: c.Workers,
		ring: make(chan *graph.Batch, ahead+1),
	}
	if in.workers == 0 {
		in.workers = runtime.GOMAXPROCS(0)
	}
	in.tracks = make([]*timeline.Track, in.workers)
	if c.Augment == run.AugmentHost {
		in.augment = imageproc.Augmentation{
			Rotate: c.Rotate, Flip: c.Flip, Zoom: c.Zoom, Shift: c.Shift * float64(c.Size), Brightness: c.Brightness,
		}
	}
	for range cap(in.ring) {
		b, err := graph.NewBatch(in.batchSize, c.Size)
		if err != nil {
			return nil, err
		}
		in.ring <- b
	}
	if left := len(rows) % in.batchSize; left > 0 {
		var err error
		if in.short, err = graph.NewBatch(left, c.Size); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// batches returns the number of batches in an epoch.
func (in *input) batches() int { return (len(in.rows) + in.batchSize - 1) / in.batchSize }

// epoch sends the batches of an epoch, from the given one on, and then closes
// the channel. Each has to be given back by recycle. Once stop returns nothing
// reads the cache any more; it has to be called, and may be at any time.
func (in *input) epoch(epoch, from int) (feed <-chan *graph.Batch, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan *graph.Batch, ahead)
	order := in.order(epoch)
	go func() {
		defer close(ready)
		for k := from; k < in.batches(); k++ {
			rows := order[k*in.batchSize : min((k+1)*in.batchSize, len(order))]
			b := in.short
			if len(rows) == in.batchSize {
				select {
				case b = <-in.ring:
				case <-ctx.Done():
					return
				}
			}
			in.fill(b, rows, epoch)
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

// fill writes the rows' images and votes into the batch. An image's transform
// depends on the seed, the epoch and its id, whoever draws it.
func (in *input) fill(b *graph.Batch, rows []int, epoch int) {
	var wg sync.WaitGroup
	workers := min(in.workers, len(rows))
	for w := range workers {
		wg.Go(func() {
			defer in.tracks[w].Start("augment").End()
			var source rand.PCG
			rng := rand.New(&source)
			for i := w; i < len(rows); i += workers {
				galaxy := &in.catalogue.Galaxies[rows[i]]
				source.Seed(in.seed+uint64(epoch)<<32, uint64(galaxy.ID))
				change := in.augment.Draw(rng)
				change.WarpRGB(b.Image(i), in.size, in.cache.Crop(rows[i]), in.cache.Size())
				b.SetVotes(i, &galaxy.Votes)
			}
		})
	}
	wg.Wait()
}
