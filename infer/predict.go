package infer

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// mostRows of one run of a model take some gigabytes, the first layers of seed3 a
// megabyte each.
const mostRows = 4096

// Options say how images are predicted. The zero value of a field but BatchSize
// and Decoder asks for nothing.
type Options struct {
	BatchSize int               // rows of one run of a model, 1 to 4096; see Views
	Decoder   imageproc.Decoder // of the images
	// Views is the number of views of each image whose votes are averaged, those
	// of imageproc.Views or, for a network with the square's symmetry, of
	// imageproc.SymmetricViews, which are fewer; 0 is 1, the image as it is. All
	// views of an image are rows of one batch.
	Views int
	// Uncertainty asks for the spread of the votes over views, members and
	// DropoutSamples draws of dropout.
	Uncertainty    bool
	DropoutSamples int
	Consistent     bool // project the votes onto the tree; see galaxyzoo.Votes.Consistent
	Features       bool // of an ensemble with FeatureSize > 0: the mean over the views
}

// Check returns an error where the ensemble cannot do what the options ask for.
func (o Options) Check(e *Ensemble) error {
	if err := e.checkViews(o.Views); err != nil {
		return err
	}
	switch {
	case o.BatchSize < 1 || o.BatchSize > mostRows:
		return fmt.Errorf("batch size %d, want 1 to %d", o.BatchSize, mostRows)
	case o.DropoutSamples < 0:
		return fmt.Errorf("%d samples of dropout, want 0 or more", o.DropoutSamples)
	case o.Features && len(e.Members) > 1:
		return fmt.Errorf("%d models have no features in common, want one model", len(e.Members))
	case o.Features && e.FeatureSize() == 0:
		return fmt.Errorf("the model %s has no signature for features; write it anew with tfgalaxy export", e.Members[0].Dir)
	case o.Uncertainty && o.Views < 2 && len(e.Members) < 2 && (o.DropoutSamples == 0 || !e.HasDropout()):
		return fmt.Errorf("nothing spreads: want several views, several models or samples of dropout from networks that have it")
	}
	return nil
}

// A Prediction is what an ensemble says of one image, or why it says nothing.
type Prediction struct {
	Entry imageproc.Entry
	Err   error // the image could not be read; all below is empty

	Votes galaxyzoo.Votes
	// Spread is the standard deviation of each vote: over views and members,
	// plus that which dropout brings about each of these, added as variances.
	Spread   galaxyzoo.Votes
	Moved    float64   // root mean square change of the votes by Consistent
	Features []float32 // [FeatureSize]; valid until the next prediction
}

// Predict predicts the votes of the entries' images, in their order. Images are
// read and cut on all processors, some batches ahead of the models; memory does
// not depend on their number. An image that cannot be read is a Prediction with
// an error; an error of the iteration, the end of ctx among them, ends it. The
// options must pass Check. Votes depend neither on BatchSize nor on what else is
// predicted, but for the rounding of float32.
func (e *Ensemble) Predict(ctx context.Context, entries iter.Seq2[imageproc.Entry, error], o Options) iter.Seq2[Prediction, error] {
	return func(yield func(Prediction, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		r := e.newReader(o)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.read(ctx, entries)
		}()
		defer func() {
			stop()
			<-ended
		}()
		a := newAverage(e, o)
		for g := range r.ready {
			g.pending.Wait()
			if err := ctx.Err(); err != nil {
				yield(Prediction{}, err)
				return
			}
			if err := a.predict(g); err != nil {
				yield(Prediction{}, err)
				return
			}
			for i := range g.entries {
				if !yield(a.prediction(g, i), nil) {
					return
				}
			}
			if g.err != nil {
				yield(Prediction{}, g.err)
				return
			}
			r.free <- g // has room for all groups
		}
		if err := ctx.Err(); err != nil {
			yield(Prediction{}, err)
		}
	}
}

// An average is what the members say of the views of a group's images. Each member
// counts the same, and so does each of its views.
type average struct {
	ensemble *Ensemble
	options  Options

	row, sample  []galaxyzoo.Votes // of one run of a member, an image's views one after the other
	features     []float32         // the same
	mean, square []galaxyzoo.Votes // an image each: the mean over views and members, and that of the squares
	noise        []galaxyzoo.Votes // an image each: the mean square of what dropout changes
}

func newAverage(e *Ensemble, o Options) *average { return &average{ensemble: e, options: o} }

// predict runs the members on the group's batches.
func (a *average) predict(g *group) error {
	images := len(g.entries)
	a.mean, a.square, a.noise = zeroed(a.mean, images), zeroed(a.square, images), zeroed(a.noise, images)
	if images == 0 {
		return nil
	}
	for k, m := range a.ensemble.Members {
		batch := g.batches[a.ensemble.feed[k]]
		views := batch.Rows / images
		weight := 1 / float64(views*len(a.ensemble.Members))
		a.row = resized(a.row, batch.Rows)
		var err error
		if a.options.Features {
			a.features = resized(a.features, batch.Rows*a.ensemble.FeatureSize())
			err = m.Features(batch, a.row, a.features)
		} else {
			err = m.Predict(batch, a.row)
		}
		if err != nil {
			return fmt.Errorf("failed to predict with %s: %w", m.Dir, err)
		}
		for r := range a.row {
			if err := a.row[r].Finite(); err != nil && g.faults[r/views] == nil {
				return fmt.Errorf("the vote of %s for %w, for image %s", m.Dir, err, g.entries[r/views].File)
			}
			for c, x := range a.row[r] {
				a.mean[r/views][c] += weight * x
				a.square[r/views][c] += weight * x * x
			}
		}
		if a.options.Uncertainty && m.HasDropout() {
			if err := a.drawDropout(m, batch, views, weight); err != nil {
				return fmt.Errorf("failed to draw dropout with %s: %w", m.Dir, err)
			}
		}
	}
	return nil
}

// drawDropout adds the squares of what dropout changes in a member's votes, each row
// with a weight.
func (a *average) drawDropout(m *Model, batch *graph.Batch, views int, weight float64) error {
	a.sample = resized(a.sample, batch.Rows)
	for s := range a.options.DropoutSamples {
		if err := m.Sample(batch, uint64(s), a.sample); err != nil {
			return err
		}
		for r := range a.sample {
			for c, x := range a.sample[r] {
				d := x - a.row[r][c]
				a.noise[r/views][c] += weight * d * d / float64(a.options.DropoutSamples)
			}
		}
	}
	return nil
}

// prediction returns what came out for image i of the group.
func (a *average) prediction(g *group, i int) Prediction {
	p := Prediction{Entry: g.entries[i], Err: g.faults[i]}
	if p.Err != nil {
		return p
	}
	for c, mean := range a.mean[i] {
		p.Votes[c] = mean
		if a.options.Uncertainty {
			variance := max(0, a.square[i][c]-mean*mean) + a.noise[i][c]
			p.Spread[c] = math.Sqrt(variance)
		}
	}
	if a.options.Consistent {
		p.Votes, p.Moved = p.Votes.Consistent()
	}
	if a.options.Features {
		size := a.ensemble.FeatureSize()
		views := len(a.features) / size / len(a.mean)
		p.Features = a.features[i*views*size:][:size]
		for v := 1; v < views; v++ {
			for k, x := range a.features[(i*views+v)*size:][:size] {
				p.Features[k] += x
			}
		}
		for k := range p.Features {
			p.Features[k] /= float32(views)
		}
	}
	return p
}

// resized returns a slice of n elements, of which the first may hold anything.
func resized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

func zeroed[T any](s []T, n int) []T {
	s = resized(s, n)
	clear(s)
	return s
}
