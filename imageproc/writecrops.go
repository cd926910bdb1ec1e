package imageproc

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/internal/scratch"
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
	made, err := scratch.Make(dir)
	if err != nil {
		return fail(err)
	}
	defer made.Remove() // gone by then, unless something fails
	writers := make([]cropWriter, Visitors())
	faults, err := Visit(ctx, d, sources, progress, func(visitor, position int, img *image.NRGBA) error {
		return writers[visitor].write(filepath.Join(made.Path, sources[position].Name+".png"), p.Apply(img))
	})
	if err != nil {
		return err
	}
	if err := join(faults, len(sources)); err != nil {
		return err
	}
	if err := made.Place(); err != nil {
		return fail(err)
	}
	return nil
}

// A cropWriter writes PNG files, one at a time, and keeps what the compression
// needs from one to the next. The fastest compression takes a third of the time of
// the default, and makes the files of 64x64 crops 6 % larger.
type cropWriter struct {
	file    bytes.Buffer // written at once
	scratch *png.EncoderBuffer
}

// Get and Put make a cropWriter a png.EncoderBufferPool.
func (w *cropWriter) Get() *png.EncoderBuffer  { return w.scratch }
func (w *cropWriter) Put(b *png.EncoderBuffer) { w.scratch = b }

func (w *cropWriter) write(path string, img image.Image) error {
	w.file.Reset()
	encoder := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: w}
	err := encoder.Encode(&w.file, img)
	if err == nil {
		err = os.WriteFile(path, w.file.Bytes(), 0o666)
	}
	if err != nil {
		return fmt.Errorf("failed to write crop: %w", err)
	}
	return nil
}
