package imageproc

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// WriteCrops writes the crop of every image as NAME.png into the new folder dir.
// The folder appears once all crops are in it; where an image cannot be read, or
// ctx ends, there is none.
func WriteCrops(ctx context.Context, dir string, d *Decoder, sources []Source, p Preprocessing, progress func(done, total int)) (err error) {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("failed to make folder %s: %w; name a new one", dir, fs.ErrExist)
	}
	fail := func(err error) error { return fmt.Errorf("failed to write crops: %w", err) }
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return fail(err)
	}
	temporary, err := os.MkdirTemp(parent, "."+strings.TrimPrefix(filepath.Base(dir), ".")+"-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(temporary) // gone by then, unless something fails
	faults, err := Visit(ctx, d, sources, progress, func(_, position int, img *image.NRGBA) error {
		return writeCrop(filepath.Join(temporary, sources[position].Name+".png"), p.Apply(img))
	})
	if err != nil {
		return err
	}
	if err := join(faults, len(sources)); err != nil {
		return err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return fail(err)
	}
	if err := os.Rename(temporary, dir); err != nil {
		return fail(err)
	}
	return nil
}

func writeCrop(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("failed to write crop: %w", err)
	}
	if err := png.Encode(f, img); err != nil {
		f.Close()
		return fmt.Errorf("failed to write crop: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("failed to write crop: %w", err)
	}
	return nil
}
