package infer

import (
	"context"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// A Decoder decodes images as training and prediction do, JPEGs by TensorFlow.
type Decoder struct {
	imageproc.Decoder
	jpeg *graph.JPEGDecoder
}

// OpenDecoder starts the decoder. Close it after use.
func OpenDecoder() (*Decoder, error) {
	jpeg, err := graph.NewJPEGDecoder()
	if err != nil {
		return nil, err
	}
	d := &Decoder{Decoder: imageproc.DefaultDecoder, jpeg: jpeg}
	d.JPEG = jpeg
	return d, nil
}

// Close frees what it holds.
func (d *Decoder) Close() error { return d.jpeg.Close() }

// OpenCrops opens the crops of a catalogue as imageproc.OpenCache does, with this
// decoder.
func OpenCrops(ctx context.Context, dir string, c *galaxyzoo.Catalogue, p imageproc.Preprocessing, progress func(done, total int)) (*imageproc.Cache, error) {
	d, err := OpenDecoder()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return imageproc.OpenCache(ctx, dir, &d.Decoder, c, p, progress)
}
