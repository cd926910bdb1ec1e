package imageproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"strings"
)

// DecodeFITS reads the first image of a FITS file (Pence et al. 2010, A&A 524,
// A42) and stretches it to 8 bits: one plane becomes grey, three planes, NAXIS3 =
// 3, in the order i, r, g become red, green and blue, as in the composites of the
// Sloan survey. Further axes may have the length 1. Pixels are integers or floats
// of any size, with BSCALE, BZERO and BLANK. The first row of a FITS image is its
// lowest: the result is upright.
//
// Width and height are checked before pixels are allocated for, of which none may
// be missing: infinite, not a number, BLANK, or beyond the 1e30 that some software
// writes instead. The error does not name the file.
func DecodeFITS(encoded []byte, l Limits, s Stretch) (*image.NRGBA, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := l.checkBytes(encoded); err != nil {
		return nil, err
	}
	f, err := firstFITSImage(encoded)
	if err != nil {
		return nil, fmt.Errorf("failed to decode FITS: %w", err)
	}
	if err := l.check(f.width, f.height); err != nil {
		return nil, err
	}
	planes, err := f.pixels()
	if err != nil {
		return nil, fmt.Errorf("failed to decode FITS: %w", err)
	}
	return s.apply(planes, f.width, f.height)
}

// A fitsImage is what the header of an image says, and what follows it.
type fitsImage struct {
	width, height, planes int
	bitpix                int64
	scale, zero           float64
	blank                 string // as it is written; "" for none
	rest                  []byte // of the file, behind the header
}

// firstFITSImage passes over what comes before the first image: an empty primary
// part, and tables.
func firstFITSImage(content []byte) (*fitsImage, error) {
	compressed := false
	// What follows the last extension, the standard leaves open.
	for rest, first := content, true; first || bytes.HasPrefix(rest, []byte("XTENSION")); first = false {
		h, size, err := readFITSHeader(rest)
		if err != nil {
			return nil, err
		}
		rest = rest[size:]
		axes, err := h.axes()
		if err != nil {
			return nil, err
		}
		if len(axes) > 0 && (first || h["XTENSION"] == "IMAGE") {
			return newFITSImage(h, axes, rest)
		}
		compressed = compressed || h["ZIMAGE"] == "T"
		data, err := h.dataSize(axes, len(rest))
		if err != nil {
			return nil, err
		}
		rest = rest[min(data, len(rest)):]
	}
	if compressed {
		return nil, errors.New("the image is compressed; unpack it with funpack")
	}
	return nil, errors.New("the file holds no image, at most tables")
}

func newFITSImage(h fitsHeader, axes []int64, rest []byte) (*fitsImage, error) {
	f := &fitsImage{planes: 1, blank: h["BLANK"], rest: rest}
	shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(axes), "[]"), " ", "x")
	for len(axes) > 2 && axes[len(axes)-1] == 1 {
		axes = axes[:len(axes)-1]
	}
	if len(axes) == 3 && axes[2] == 3 {
		f.planes = 3
		axes = axes[:2]
	}
	if len(axes) != 2 {
		return nil, fmt.Errorf("the image is %s pixels, want WIDTHxHEIGHT, or WIDTHxHEIGHTx3 for the bands i, r and g", shape)
	}
	f.width, f.height = int(axes[0]), int(axes[1])

	var err error
	if f.bitpix, err = h.bitpix(); err != nil {
		return nil, err
	}
	if f.scale, err = h.number("BSCALE", 1); err != nil {
		return nil, err
	}
	if f.zero, err = h.number("BZERO", 0); err != nil {
		return nil, err
	}
	if f.blank != "" && f.bitpix > 0 {
		if _, err := h.integer("BLANK"); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// missingPixel is the value from which on a pixel does not count as one.
const missingPixel = 1e30

// pixels reads the planes, each in the order of the file.
func (f *fitsImage) pixels() ([][]float32, error) {
	size := int(max(f.bitpix, -f.bitpix) / 8)
	n := f.width * f.height
	if want := n * f.planes * size; want > len(f.rest) {
		return nil, fmt.Errorf("the file is truncated: %d of the image's %d bytes are there: %w", len(f.rest), want, io.ErrUnexpectedEOF)
	}
	value := f.reader()
	planes := make([][]float32, f.planes)
	missing := make([]bool, n)
	for k := range planes {
		planes[k] = make([]float32, n)
		for i := range n {
			x := f.zero + f.scale*value(f.rest[size*(k*n+i):])
			if !(math.Abs(x) < missingPixel) { // NaN too
				missing[i] = true
			}
			planes[k][i] = float32(x)
		}
	}
	count := 0
	for _, m := range missing {
		if m {
			count++
		}
	}
	if count > 0 {
		return nil, fmt.Errorf("%d of %d pixels are not numbers", count, n)
	}
	return planes, nil
}

// reader returns what reads a pixel as it is stored; a blank one is NaN.
func (f *fitsImage) reader() func([]byte) float64 {
	switch f.bitpix {
	case -32:
		return func(b []byte) float64 { return float64(math.Float32frombits(binary.BigEndian.Uint32(b))) }
	case -64:
		return func(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }
	}
	integer := map[int64]func([]byte) int64{
		8:  func(b []byte) int64 { return int64(b[0]) },
		16: func(b []byte) int64 { return int64(int16(binary.BigEndian.Uint16(b))) },
		32: func(b []byte) int64 { return int64(int32(binary.BigEndian.Uint32(b))) },
		64: func(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) },
	}[f.bitpix]
	if f.blank == "" {
		return func(b []byte) float64 { return float64(integer(b)) }
	}
	blank, _ := parseFITSInteger(f.blank) // was checked
	return func(b []byte) float64 {
		x := integer(b)
		if x == blank {
			return math.NaN()
		}
		return float64(x)
	}
}
