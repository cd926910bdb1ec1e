package galaxyzoo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tfgalaxy/tfgalaxy/internal/scratch"
)

// Export writes the catalogue to a folder in Kaggle's layout, which
// OpenCatalogue reads: the label table and one ID.jpg per galaxy. The folder's
// parent must exist, the folder itself must not, or must be empty. It is written
// beside its place, by several goroutines, and renamed into it at the end, so
// that an error or the end of ctx leaves nothing. finish may be nil, or adds to the
// folder that it is given before that is renamed. progress may be nil; its calls do
// not overlap.
func Export(ctx context.Context, c *Catalogue, dir string, finish func(made string) error, progress func(done, total int)) (err error) {
	place, err := emptyPlace(dir)
	if err != nil {
		return err
	}
	made, err := scratch.Make(place)
	if err != nil {
		return fmt.Errorf("failed to write the folder %q: %w", dir, err)
	}
	defer func() { err = errors.Join(err, made.Remove()) }()
	images := filepath.Join(made.Path, TrainingFolder)
	if err := os.Mkdir(images, 0o777); err != nil {
		return fmt.Errorf("failed to write the folder %q: %w", dir, err)
	}
	if err := c.writeImages(ctx, images, progress); err != nil {
		return err
	}
	if err := c.writeLabels(filepath.Join(made.Path, LabelFile)); err != nil {
		return err
	}
	if finish != nil {
		if err := finish(made.Path); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// Fails if somebody has put something there meanwhile.
	if err := os.Remove(place); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("failed to write the folder %q: %w", dir, err)
	}
	if err := made.Place(); err != nil {
		return fmt.Errorf("failed to write the folder %q: %w", dir, err)
	}
	return nil
}

// emptyPlace returns the path, links followed, at which dir can be made.
func emptyPlace(dir string) (string, error) {
	place, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("failed to write the folder %q: %w", dir, err)
	}
	if target, err := filepath.EvalSymlinks(place); err == nil {
		place = target
	}
	entries, err := os.ReadDir(place)
	if errors.Is(err, fs.ErrNotExist) {
		return place, nil
	}
	if err != nil {
		return "", fmt.Errorf("failed to write the folder %q: %w", dir, Reason(err))
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("failed to write the folder %q: it exists and is not empty; name another, or remove it first", dir)
	}
	return place, nil
}

func (c *Catalogue) writeImages(ctx context.Context, dir string, progress func(done, total int)) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	done := 0
	for i := range c.Galaxies {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err // the user's, or another image has failed
			}
			if err := c.writeImage(i, dir); err != nil {
				return err
			}
			if progress != nil {
				mu.Lock()
				defer mu.Unlock()
				done++
				progress(done, c.Len())
			}
			return nil
		})
	}
	return group.Wait()
}

func (c *Catalogue) writeImage(i int, dir string) (err error) {
	r, err := c.Open(i)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.Create(filepath.Join(dir, strconv.FormatInt(c.Galaxies[i].ID, 10)+".jpg"))
	if err != nil {
		return fmt.Errorf("failed to write an image: %w", err)
	}
	_, err = io.Copy(f, r)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("failed to write the image of galaxy %d: %w", c.Galaxies[i].ID, err)
	}
	return nil
}

func (c *Catalogue) writeLabels(path string) error {
	labels := &Labels{IDs: c.IDs()}
	for i := range c.Galaxies {
		labels.Votes = append(labels.Votes, c.Galaxies[i].Votes)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("failed to write votes: %w", err)
	}
	return errors.Join(labels.Write(f), f.Close())
}
