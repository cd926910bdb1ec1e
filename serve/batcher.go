package serve

import (
	"context"
	"fmt"
	"math/bits"
	"net/http"
	"slices"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
)

// linger is how long an image waits for company where the model is idle. It is
// short beside a run of any network that is worth serving.
const linger = 2 * time.Millisecond

// A predictor is what a server wants of an infer.Model.
type predictor interface {
	Predict(b *graph.Batch, votes []galaxyzoo.Votes) error
	FeatureSize() int
	Features(b *graph.Batch, votes []galaxyzoo.Votes, features []float32) error
}

// An output is what a model says of some images.
type output struct {
	votes    []galaxyzoo.Votes
	features []float32 // [images, FeatureSize]
}

// An order is images that are to be predicted together.
type order struct {
	ctx    context.Context // ends when nobody waits for it any more
	crops  [][]byte        // [size, size, 3] each
	output output          // set, or else err, when done is closed
	err    error
	done   chan struct{}
}

// A batcher runs a model on the images of several requests at once, one run after
// another: a run on some images takes little longer than one on a single image.
type batcher struct {
	model   predictor
	size    int              // side of the crops
	rows    int              // most images of a run
	observe func(images int) // is told of each run

	queue   chan *order
	closing chan struct{} // closed by close
	closed  chan struct{} // closed when the model is in use no more

	// Of the goroutine that runs the model: batches by their rows, which are
	// powers of two but for the largest, so that few are made and a device sees
	// few shapes.
	batches map[int]*graph.Batch
}

func newBatcher(m predictor, size, rows int, observe func(images int)) *batcher {
	b := &batcher{
		model: m, size: size, rows: rows, observe: observe,
		queue: make(chan *order), closing: make(chan struct{}), closed: make(chan struct{}),
		batches: map[int]*graph.Batch{},
	}
	go b.run()
	return b
}

// close ends the work and waits for the run that is under way.
func (b *batcher) close() {
	close(b.closing)
	<-b.closed
}

var errClosing = refuse(http.StatusServiceUnavailable, "the server is stopping")

// predict returns the model's output for crops, one or more and no more than fit
// a run. It returns early with the error of ctx.
func (b *batcher) predict(ctx context.Context, crops [][]byte) (output, error) {
	o := &order{ctx: ctx, crops: crops, done: make(chan struct{})}
	select {
	case b.queue <- o:
	case <-b.closing:
		return output{}, errClosing
	case <-ctx.Done():
		return output{}, ctx.Err()
	}
	select {
	case <-o.done:
		return o.output, o.err
	case <-ctx.Done():
		return output{}, ctx.Err()
	}
}

// run serves the queue until the batcher is closed.
func (b *batcher) run() {
	defer close(b.closed)
	var first *order
	for {
		if first == nil {
			select {
			case first = <-b.queue:
			case <-b.closing:
				return
			}
		}
		var orders []*order
		orders, first = b.collect(first)
		b.serve(orders)
	}
}

// collect adds to an order those that come soon, up to a full run. It returns the
// one that did not fit, if any.
func (b *batcher) collect(first *order) (orders []*order, next *order) {
	orders = append(orders, first)
	images := len(first.crops)
	late := time.NewTimer(linger)
	defer late.Stop()
	for images < b.rows {
		select {
		case o := <-b.queue:
			if images+len(o.crops) > b.rows {
				return orders, o
			}
			orders = append(orders, o)
			images += len(o.crops)
		case <-late.C:
			return orders, nil
		}
	}
	return orders, nil
}

// serve runs the model on the orders that somebody still waits for.
func (b *batcher) serve(orders []*order) {
	orders = slices.DeleteFunc(orders, func(o *order) bool { return o.ctx.Err() != nil })
	images := 0
	for _, o := range orders {
		images += len(o.crops)
	}
	if images == 0 {
		return
	}
	out, err := b.predictNow(orders, images)
	b.observe(images) // before anybody has an answer, and looks
	width := b.model.FeatureSize()
	for _, o := range orders {
		n := len(o.crops)
		o.err = err
		if err == nil {
			o.output = output{votes: out.votes[:n], features: out.features[:n*width]}
			out = output{votes: out.votes[n:], features: out.features[n*width:]}
			o.err = finite(o.output.votes)
		}
		close(o.done)
	}
}

func (b *batcher) predictNow(orders []*order, images int) (output, error) {
	rows := min(1<<bits.Len(uint(images-1)), b.rows)
	batch := b.batches[rows]
	if batch == nil {
		var err error
		if batch, err = graph.NewBatch(rows, b.size); err != nil {
			return output{}, err
		}
		b.batches[rows] = batch
	}
	i := 0
	for _, o := range orders {
		for _, crop := range o.crops {
			copy(batch.Image(i), crop)
			i++
		}
	}
	// What earlier runs left in the rows behind is predicted along.
	out := output{votes: make([]galaxyzoo.Votes, rows), features: make([]float32, rows*b.model.FeatureSize())}
	if len(out.features) > 0 {
		return out, b.model.Features(batch, out.votes, out.features)
	}
	return out, b.model.Predict(batch, out.votes)
}

// finite returns an error where a vote is no number.
func finite(votes []galaxyzoo.Votes) error {
	for i := range votes {
		if err := votes[i].Finite(); err != nil {
			return fmt.Errorf("the model's vote for %w", err)
		}
	}
	return nil
}
