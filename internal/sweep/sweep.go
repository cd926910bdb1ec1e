// Package sweep visits every image of a catalogue once, on all processors.
//
// Invariant: an image that cannot be read never stops a sweep; it is reported
// with the name of its file and left out.
package sweep

import (
	"context"
	"fmt"
	"image"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// A Bad image is one that could not be read.
type Bad struct {
	Position int // in the catalogue
	Err      error
}

// Workers is how many images Images visits at once.
func Workers() int { return runtime.GOMAXPROCS(0) }

// Images decodes each image of the catalogue and passes it to visit with its
// position and the number of the worker, 0 to Workers()-1. A worker makes one
// call at a time; the order of the images is not defined. progress may be nil;
// its calls do not overlap and end with done == total. The bad images are
// returned in catalogue order; the error is that of a context that ended.
func Images(ctx context.Context, c *galaxyzoo.Catalogue, progress func(done, total int),
	visit func(worker, position int, img *image.NRGBA)) ([]Bad, error) {

	var (
		next atomic.Int64
		mu   sync.Mutex // guards done, bad and calls of progress
		done int
		bad  []Bad
	)
	group, ctx := errgroup.WithContext(ctx)
	for worker := range Workers() {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= c.Len() {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				img, err := open(c, i)
				if err == nil {
					visit(worker, i, img)
				}
				mu.Lock()
				if err != nil {
					bad = append(bad, Bad{Position: i, Err: err})
				}
				done++
				if progress != nil {
					progress(done, c.Len())
				}
				mu.Unlock()
			}
		})
	}
	err := group.Wait()
	slices.SortFunc(bad, func(a, b Bad) int { return a.Position - b.Position })
	if err != nil {
		return bad, fmt.Errorf("failed to read the images: stopped after %d of %d: %w", done, c.Len(), err)
	}
	return bad, nil
}

func open(c *galaxyzoo.Catalogue, i int) (*image.NRGBA, error) {
	name := c.Galaxies[i].File
	r, err := c.Open(i)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return imageproc.Decode(r, name, imageproc.DefaultLimits)
}
