package imageproc

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"

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
	decoder       *Decoder
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
	sum, _, err := pixelChecksums(f, b.header)
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
	crops := make([][]byte, Visitors())
	for i := range crops {
		crops[i] = make([]byte, b.header.cropBytes())
	}
	faults, err := Visit(ctx, b.decoder, CatalogueSources(b.catalogue), b.progress, func(visitor, position int, img *image.NRGBA) error {
		crop := crops[visitor]
		PackRGB(crop, b.preprocessing.Cut(img))
		if _, err := f.WriteAt(crop, headerSize+int64(position)*int64(len(crop))); err != nil {
			return fmt.Errorf("failed to write crops: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return join(faults, b.header.count)
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
