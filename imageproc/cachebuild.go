package imageproc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Names of cache files: cachePrefix, the settings, the key and cacheSuffix;
// temporarySuffix after them marks one that is being built.
const (
	cachePrefix     = "crops-"
	cacheSuffix     = ".bin"
	temporarySuffix = ".tmp"
)

// maxImageErrors is how many faulty images an error names.
const maxImageErrors = 20

// A builder makes the cache file of one catalogue.
type builder struct {
	path          string
	header        cacheHeader
	catalogue     *galaxyzoo.Catalogue
	preprocessing Preprocessing
	progress      func(done, total int)
}

// build makes the file, or finds that another process has just done so.
func (b *builder) build(ctx context.Context) (err error) {
	removeStale(filepath.Dir(b.path))
	f, err := lockFile(ctx, b.path+temporarySuffix)
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		if !renamed {
			// While the lock is held: afterwards the file may be another's.
			err = errors.Join(err, os.Remove(f.Name()))
		}
		f.Close()
	}()
	if ready, err := mapCache(b.path, b.header); err == nil {
		return ready.Close()
	}

	if err := b.write(ctx, f); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), b.path); err != nil {
		return fmt.Errorf("failed to put crops into place: %w", err)
	}
	renamed = true
	return syncFolder(filepath.Dir(b.path))
}

// write fills f with the header and all crops and brings it to the disk.
func (b *builder) write(ctx context.Context, f *os.File) error {
	if err := f.Truncate(0); err != nil { // of what a killed process left
		return fmt.Errorf("failed to empty %s: %w", f.Name(), err)
	}
	if err := reserve(f, b.header.fileBytes()); err != nil {
		return fmt.Errorf("failed to reserve %.1f MB for crops in %s: %w",
			float64(b.header.fileBytes())/1e6, filepath.Dir(b.path), err)
	}
	if err := b.writeCrops(ctx, f); err != nil {
		return err
	}
	sum, err := pixelChecksum(f, b.header)
	if err != nil {
		return err
	}
	b.header.pixels = sum
	if _, err := f.WriteAt(b.header.encode(), 0); err != nil {
		return fmt.Errorf("failed to write crops: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("failed to write crops: %w", err)
	}
	return nil
}

// writeCrops decodes every image, on all processors, and writes its crop to f.
// A faulty image does not keep the others from being looked at; a failed write
// does.
func (b *builder) writeCrops(ctx context.Context, f *os.File) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	var (
		workers sync.WaitGroup
		next    atomic.Int64
		mu      sync.Mutex
		done    int
		faults  = make(map[int]error)
	)
	finish := func(i int, fault error) {
		mu.Lock()
		defer mu.Unlock()
		if fault != nil {
			faults[i] = fault
		}
		done++
		if b.progress != nil {
			b.progress(done, b.header.count)
		}
	}
	for range min(runtime.GOMAXPROCS(0), b.header.count) {
		workers.Go(func() {
			crop := make([]byte, b.header.cropBytes())
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= b.header.count {
					return
				}
				fault := b.crop(crop, i)
				if fault == nil {
					if _, err := f.WriteAt(crop, headerSize+int64(i)*int64(len(crop))); err != nil {
						stop(fmt.Errorf("failed to write crops: %w", err))
						return
					}
				}
				finish(i, fault)
			}
		})
	}
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return joinFaults(faults, b.header.count)
}

// crop fills dst with the crop of galaxy i.
func (b *builder) crop(dst []byte, i int) error {
	r, err := b.catalogue.Open(i)
	if err != nil {
		return err
	}
	defer r.Close()
	img, err := Decode(r, b.catalogue.Galaxies[i].File, DefaultLimits)
	if err != nil {
		return err
	}
	PackRGB(dst, b.preprocessing.Apply(img))
	return nil
}

// joinFaults makes one error of those of single images, in catalogue order.
func joinFaults(faults map[int]error, images int) error {
	if len(faults) == 0 {
		return nil
	}
	var told []error
	for i := 0; i < images && len(told) < maxImageErrors; i++ {
		if err := faults[i]; err != nil {
			told = append(told, err)
		}
	}
	if more := len(faults) - len(told); more > 0 {
		told = append(told, fmt.Errorf("and %d more of %d images are faulty", more, images))
	}
	return errors.Join(told...)
}

// syncFolder brings a renaming in dir to the disk.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("failed to open folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("failed to write folder %s: %w", dir, err)
	}
	return nil
}
