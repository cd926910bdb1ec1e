package infer

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// ahead is how many groups are read while one is predicted.
const ahead = 2

// A reader reads images and cuts them for the members of an ensemble, in groups
// that fill a batch.
type reader struct {
	crops   []imageproc.Preprocessing // of each feed
	views   [][]imageproc.Transform   // of each feed, 1 or more
	decoder imageproc.Decoder
	images  int // in a group: as many as fill a batch with the most views

	free  chan *group // to be filled
	ready chan *group // in the order of the entries; wait for pending before use
}

// A group is some images in a row and their crops.
type group struct {
	entries []imageproc.Entry
	faults  []error        // of each entry, nil where its rows are good
	batches []*graph.Batch // one for each feed; image i has the rows from i*views on
	err     error          // ended the entries behind these
	pending sync.WaitGroup // images that are being read
}

func (e *Ensemble) newReader(o Options) *reader {
	r := &reader{
		decoder: o.Decoder,
		free:    make(chan *group, ahead+1),
		ready:   make(chan *group, ahead+1),
	}
	most := 1
	for _, f := range e.feeds {
		views := f.views(o.Views)
		r.crops, r.views = append(r.crops, f.crop.ForViews(views)), append(r.views, views)
		most = max(most, len(views))
	}
	r.images = max(1, o.BatchSize/most)
	for range cap(r.free) {
		r.free <- &group{}
	}
	return r
}

// read fills groups until the entries or ctx end, and closes ready.
func (r *reader) read(ctx context.Context, entries iter.Seq2[imageproc.Entry, error]) {
	defer close(r.ready)
	type job struct {
		group *group
		image int
	}
	jobs := make(chan job)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			cutter := newCutter(r)
			for j := range jobs {
				if ctx.Err() == nil { // else nobody looks at it
					j.group.faults[j.image] = cutter.cut(j.group, j.image)
				}
				j.group.pending.Done()
			}
		})
	}
	defer workers.Wait()
	defer close(jobs)

	next, stop := iter.Pull2(entries)
	defer stop()
	for more := true; more; {
		var g *group
		select {
		case <-ctx.Done():
			return
		case g = <-r.free:
		}
		more = g.take(next, r.images)
		if err := g.makeRoom(r); err != nil {
			g.entries, g.err, more = nil, err, false
		}
		g.pending.Add(len(g.entries))
		r.ready <- g // has room for all groups
		for i := range g.entries {
			jobs <- job{g, i}
		}
	}
}

// take lists the next images, and reports whether more may follow.
func (g *group) take(next func() (imageproc.Entry, error, bool), images int) bool {
	g.entries, g.err = g.entries[:0], nil
	for len(g.entries) < images {
		entry, err, ok := next()
		if !ok || err != nil {
			g.err = err
			return false
		}
		g.entries = append(g.entries, entry)
	}
	return true
}

// makeRoom sees to batches of the right size.
func (g *group) makeRoom(r *reader) error {
	g.faults = zeroed(g.faults, len(g.entries))
	images := len(g.entries)
	if images == 0 || len(g.batches) > 0 && g.batches[0].Rows == images*len(r.views[0]) {
		return nil
	}
	g.batches = nil
	for k, crop := range r.crops {
		batch, err := graph.NewBatch(images*len(r.views[k]), crop.Size)
		if err != nil {
			return err
		}
		g.batches = append(g.batches, batch)
	}
	return nil
}

// A cutter makes the rows of one image at a time.
type cutter struct {
	*reader
	crop []byte // packed RGB of the largest
}

func newCutter(r *reader) *cutter {
	largest := 0
	for _, p := range r.crops {
		largest = max(largest, p.CropSize())
	}
	return &cutter{reader: r, crop: make([]byte, 3*largest*largest)}
}

// cut reads an image of the group and fills its rows in every batch.
func (c *cutter) cut(g *group, position int) error {
	img, err := c.decoder.Read(g.entries[position].Source())
	if err != nil {
		return err
	}
	for k, p := range c.crops {
		imageproc.PackRGB(c.crop, p.Cut(img))
		for v, view := range c.views[k] {
			view.WarpRGB(g.batches[k].Image(position*len(c.views[k])+v), p.Size, c.crop, p.CropSize(), p.Scale())
		}
	}
	return nil
}
