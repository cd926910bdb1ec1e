package imageproc

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"sync"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Limits bound what Decode accepts, so that a hostile or broken file costs
// neither memory nor time.
type Limits struct {
	MaxBytes            int64 // of the encoded file
	MaxWidth, MaxHeight int   // pixels
}

// DefaultLimits are far above the challenge's images (424x424 pixels, about
// 14 kB) and let a survey's larger cutouts through: a decoded image takes at
// most 64 MiB.
var DefaultLimits = Limits{MaxBytes: 32 << 20, MaxWidth: 4096, MaxHeight: 4096}

// A JPEGDecoder decodes JPEGs in another way than Go's package. Its methods may
// be called concurrently.
type JPEGDecoder interface {
	// Name tells its pixels apart from those of other decoders.
	Name() string
	// DecodeJPEG decodes to opaque pixels with bounds from (0, 0). It must not keep
	// what it is given.
	DecodeJPEG(encoded []byte) (*image.NRGBA, error)
}

// A Decoder says how images are decoded. Start from DefaultDecoder.
type Decoder struct {
	Limits  Limits
	Stretch Stretch // of FITS images
	// JPEG, unless nil, is tried before Go's own decoder, which has the word on
	// all that it cannot read.
	JPEG JPEGDecoder
	// Watch, unless nil, is called by each of Visit's visitors as it begins to
	// decode or to cut an image ("decode", "cut"), and what it returns at the end
	// of that.
	Watch func(visitor int, work string) (end func())
}

func (d *Decoder) watch(visitor int, work string) (end func()) {
	if d.Watch == nil {
		return func() {}
	}
	return d.Watch(visitor, work)
}

// DefaultDecoder decodes with Go's packages alone.
var DefaultDecoder = Decoder{Limits: DefaultLimits, Stretch: DefaultStretch}

// Decode decodes as DefaultDecoder does, within other limits.
func Decode(r io.Reader, name string, l Limits) (*image.NRGBA, error) {
	d := Decoder{Limits: l, Stretch: DefaultStretch}
	return d.Decode(r, name)
}

// Decode reads a JPEG, a PNG or a FITS image; which of them is seen from its
// content, never from its name. Grey, CMYK, paletted and 16-bit images become
// 8-bit RGB, and transparency is laid over black, the colour of the sky; what
// FITS becomes, DecodeFITS says. The dimensions are checked before pixels are
// allocated for. The error is a *galaxyzoo.DataError that carries the given name
// and what is wrong with the file.
func (d *Decoder) Decode(r io.Reader, name string) (*image.NRGBA, error) {
	img, err := d.decode(r)
	if err != nil {
		return nil, &galaxyzoo.DataError{File: name, Err: err}
	}
	return img, nil
}

// Read decodes the source's image.
func (d *Decoder) Read(s Source) (*image.NRGBA, error) {
	r, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return d.Decode(r, s.File)
}

// files are buffers for encoded images: one that has grown reads a file in one go.
var files = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (d *Decoder) decode(r io.Reader) (*image.NRGBA, error) {
	l := d.Limits
	file := files.Get().(*bytes.Buffer)
	defer files.Put(file)
	file.Reset()
	// One byte beyond the limit tells a file of just that size from a larger one.
	if _, err := file.ReadFrom(io.LimitReader(r, l.MaxBytes+1)); err != nil {
		return nil, fmt.Errorf("failed to read image: %w", err)
	}
	encoded := file.Bytes()
	if err := l.checkBytes(encoded); err != nil {
		return nil, err
	}

	// image.Decode would accept whatever format some imported package has
	// registered (imaging registers GIF, TIFF and BMP).
	var format codec
	switch kind := sniff(encoded); kind {
	case "JPEG":
		format = codec{kind, jpeg.DecodeConfig, jpeg.Decode}
	case "PNG":
		format = codec{kind, png.DecodeConfig, png.Decode}
	case "FITS":
		return DecodeFITS(encoded, l, d.Stretch)
	case "":
		return nil, errors.New("the file is empty, want a JPEG, PNG or FITS image")
	default:
		return nil, fmt.Errorf("the content is %s, want a JPEG, PNG or FITS image", kind)
	}

	config, err := format.decodeConfig(bytes.NewReader(encoded))
	if err != nil {
		return nil, format.fail(err)
	}
	if err := l.check(config.Width, config.Height); err != nil {
		return nil, err
	}
	if format.name == "JPEG" {
		if err := checkScans(encoded); err != nil {
			return nil, err
		}
	}
	if format.name == "JPEG" && d.JPEG != nil {
		if img, err := d.JPEG.DecodeJPEG(encoded); err == nil {
			return img, nil
		}
	}
	img, err := format.decode(bytes.NewReader(encoded))
	if err != nil {
		return nil, format.fail(err)
	}
	return flatten(img), nil
}

func (l Limits) checkBytes(encoded []byte) error {
	if int64(len(encoded)) > l.MaxBytes {
		return fmt.Errorf("image file is larger than the limit of %d bytes", l.MaxBytes)
	}
	return nil
}

func (l Limits) check(width, height int) error {
	if width < 1 || height < 1 {
		return fmt.Errorf("the image is %dx%d pixels: it holds none", width, height)
	}
	if width > l.MaxWidth || height > l.MaxHeight {
		return fmt.Errorf("the image is %dx%d pixels, the limit is %dx%d", width, height, l.MaxWidth, l.MaxHeight)
	}
	return nil
}

// A codec is one of the formats that Go's own packages read.
type codec struct {
	name         string
	decodeConfig func(io.Reader) (image.Config, error)
	decode       func(io.Reader) (image.Image, error)
}

func (c codec) fail(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("failed to decode %s: the file is truncated: %w", c.name, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("failed to decode %s: %w", c.name, err)
}

// flatten copies img onto opaque black.
func flatten(img image.Image) *image.NRGBA {
	if smooth, ok := smoothChroma(img); ok {
		return smooth
	}
	bounds := img.Bounds()
	// Premultiplied and plain pixels are the same bytes where all are opaque,
	// and draw has its fast loops for the premultiplied kind.
	canvas := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	op := draw.Src
	if o, ok := img.(interface{ Opaque() bool }); !ok || !o.Opaque() {
		for i := 3; i < len(canvas.Pix); i += 4 {
			canvas.Pix[i] = 0xff
		}
		op = draw.Over
	}
	draw.Draw(canvas, canvas.Rect, img, bounds.Min, op)
	return &image.NRGBA{Pix: canvas.Pix, Stride: canvas.Stride, Rect: canvas.Rect}
}

// sniff names what the content starts with: "JPEG", "PNG", "FITS", "" for no
// content at all, or words for a message about anything else.
func sniff(content []byte) string {
	if len(content) == 0 {
		return ""
	}
	for _, s := range signatures {
		if bytes.HasPrefix(content, []byte(s.prefix)) {
			return s.kind
		}
	}
	start := content[:min(len(content), 512)]
	for _, b := range start {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' || b == 0x7f {
			return "of an unknown kind"
		}
	}
	return "text"
}

var signatures = []struct{ prefix, kind string }{
	{"\xff\xd8", "JPEG"},
	{"\x89PNG\r\n\x1a\n", "PNG"},
	{"GIF8", "a GIF image"},
	{"II*\x00", "a TIFF image"},
	{"MM\x00*", "a TIFF image"},
	{"BM", "a BMP image"},
	{"RIFF", "a RIFF file (WebP?)"},
	{"SIMPLE  =", "FITS"},
	{"\x1f\x8b", "gzip-compressed"},
	{"PK\x03\x04", "a ZIP archive"},
}
