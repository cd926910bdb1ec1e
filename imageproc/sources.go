package imageproc

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Source is an encoded image that can be opened.
type Source struct {
	Name string // without folder and extension: a galaxy's id
	File string // for messages
	Open func() (io.ReadCloser, error)
}

// CatalogueSources returns the images of a catalogue, in its order.
func CatalogueSources(c *galaxyzoo.Catalogue) []Source {
	sources := make([]Source, c.Len())
	for i, g := range c.Galaxies {
		sources[i] = Source{
			Name: strconv.FormatInt(g.ID, 10), File: g.File,
			Open: func() (io.ReadCloser, error) { return c.Open(i) },
		}
	}
	return sources
}

// FolderSources returns the JPEG and PNG files in a folder, by their names, in
// the order of the names. Errors are *galaxyzoo.DataError.
func FolderSources(dir string) ([]Source, error) {
	fail := func(err error) ([]Source, error) { return nil, &galaxyzoo.DataError{File: dir, Err: err} }
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fail(fmt.Errorf("failed to list images: %w", galaxyzoo.Reason(err)))
	}
	var sources []Source
	seen := map[string]string{}
	for _, e := range entries {
		extension := filepath.Ext(e.Name())
		if !slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(extension)) {
			continue
		}
		file := filepath.Join(dir, e.Name())
		name := strings.TrimSuffix(e.Name(), extension)
		if other, twice := seen[name]; twice {
			return fail(fmt.Errorf("%s and %s have one name without their extensions", galaxyzoo.Quoted(other), galaxyzoo.Quoted(e.Name())))
		}
		seen[name] = e.Name()
		sources = append(sources, Entry{ID: name, File: file}.Source())
	}
	if len(sources) == 0 {
		return fail(errors.New("holds no .jpg or .png file"))
	}
	return sources, nil
}

// A Fault is an image that could not be read.
type Fault struct {
	Position int // among the sources
	Err      error
}

// Visitors is how many images Visit visits at once.
func Visitors() int { return runtime.GOMAXPROCS(0) }

// Visit decodes every image, on all processors, and hands it to visit with the
// number of the visitor, 0 to Visitors()-1, and its position. A visitor makes
// one call at a time; the order of images is not defined. An image that cannot
// be read is left out and returned as a fault, in the order of the sources; an
// error of visit, or the end of ctx, ends all. progress, unless nil, is called
// after each image, one call at a time and with done rising by one.
func Visit(ctx context.Context, d *Decoder, sources []Source, progress func(done, total int), visit func(visitor, position int, img *image.NRGBA) error) ([]Fault, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		visitors sync.WaitGroup
		next     atomic.Int64
		mu       sync.Mutex
		done     int
		faults   []Fault
	)
	finish := func(position int, fault error) {
		mu.Lock()
		defer mu.Unlock()
		if fault != nil {
			faults = append(faults, Fault{position, fault})
		}
		done++
		if progress != nil {
			progress(done, len(sources))
		}
	}
	for visitor := range min(Visitors(), len(sources)) {
		visitors.Go(func() {
			for ctx.Err() == nil {
				position := int(next.Add(1)) - 1
				if position >= len(sources) {
					return
				}
				end := d.watch(visitor, "decode")
				img, fault := d.Read(sources[position])
				end()
				if fault == nil {
					end := d.watch(visitor, "cut")
					err := visit(visitor, position, img)
					end()
					if err != nil {
						stop(err)
						return
					}
				}
				finish(position, fault)
			}
		})
	}
	visitors.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	slices.SortFunc(faults, func(a, b Fault) int { return a.Position - b.Position })
	return faults, nil
}

// Verify decodes every image and returns an error that joins those of the first
// 20 that cannot be read.
func Verify(ctx context.Context, d *Decoder, sources []Source, progress func(done, total int)) error {
	faults, err := Visit(ctx, d, sources, progress, func(int, int, *image.NRGBA) error { return nil })
	if err != nil {
		return err
	}
	return join(faults, len(sources))
}

// join makes one error of the faults of single images.
func join(faults []Fault, images int) error {
	var told []error
	for i, f := range faults {
		if i == maxImageErrors {
			told = append(told, fmt.Errorf("and %d more of %d images are faulty", len(faults)-i, images))
			break
		}
		told = append(told, f.Err)
	}
	return errors.Join(told...)
}
