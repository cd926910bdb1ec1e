package imageproc

import (
	"image"
)

// A JPEGDecoder decodes JPEGs in another way than Go's package. Its methods may
// be called concurrently.
type JPEGDecoder interface {
	// Name tells its pixels apart from those of other decoders.
	Name() string
	// DecodeJPEG decodes to opaque pixels with bounds from (0, 0).
	DecodeJPEG(encoded []byte) (*image.NRGBA, error)
}

// A Decoder says how images are decoded. Start from DefaultDecoder.
type Decoder struct {
	Limits Limits
	// JPEG, unless nil, is tried before Go's own decoder, which has the word on
	// all that it cannot read.
	JPEG JPEGDecoder
}

// DefaultDecoder decodes with Go's packages alone.
var DefaultDecoder = Decoder{Limits: DefaultLimits}

// Read decodes the source's image.
func (d *Decoder) Read(s Source) (*image.NRGBA, error) {
	r, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return Decode(r, s.File, d.Limits)
}
