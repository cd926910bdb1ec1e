package imageproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// fitsPart is a part of a FITS file: the cards of its header, as KEY=VALUE, and
// what follows, both filled up to whole blocks.
func fitsPart(cards string, data []byte) []byte {
	var b bytes.Buffer
	for card := range strings.FieldsSeq(cards + " END") {
		name, value, given := strings.Cut(card, "=")
		if given {
			name = fmt.Sprintf("%-8s= %20s / a comment", name, value)
		}
		fmt.Fprintf(&b, "%-80s", name)
	}
	b.WriteString(strings.Repeat(" ", fitsBlocks(b.Len())-b.Len()))
	b.Write(data)
	b.Write(make([]byte, fitsBlocks(b.Len())-b.Len()))
	return b.Bytes()
}

// fitsFloats is a FITS file of float32 planes, the first row the lowest.
func fitsFloats(width, height int, planes ...[]float32) []byte {
	cards := fmt.Sprintf("SIMPLE=T BITPIX=-32 NAXIS=2 NAXIS1=%d NAXIS2=%d", width, height)
	if len(planes) != 1 {
		cards = fmt.Sprintf("SIMPLE=T BITPIX=-32 NAXIS=3 NAXIS1=%d NAXIS2=%d NAXIS3=%d", width, height, len(planes))
	}
	var data bytes.Buffer
	for _, plane := range planes {
		binary.Write(&data, binary.BigEndian, plane)
	}
	return fitsPart(cards, data.Bytes())
}

// fitsGalaxy is a disc of light in a noisy sky, in three bands.
func fitsGalaxy(width, height int) []byte {
	rng := rand.New(rand.NewPCG(1, 1))
	planes := make([][]float32, 3)
	for k := range planes {
		planes[k] = make([]float32, width*height)
		for i := range planes[k] {
			dx, dy := float64(i%width)-float64(width)/2, float64(i/width)-float64(height)/2
			light := 300 * math.Exp(-math.Hypot(dx, dy)/float64(width)*12)
			planes[k][i] = float32(rng.NormFloat64() + light*float64(3-k))
		}
	}
	return fitsFloats(width, height, planes...)
}

// The files in testdata/fits are astropy's. See make.py there for their pixels.
func TestFITSPixels(t *testing.T) {
	for name, planes := range map[string]int{
		"uint8": 1, "uint16": 1, "scaled32": 1, "int64": 1, "cube32": 3, "second64": 1,
	} {
		content, err := os.ReadFile(filepath.Join("testdata", "fits", name+".fits"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := firstFITSImage(content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := f.pixels()
		if err != nil || f.width != 7 || f.height != 5 || len(got) != planes {
			t.Errorf("%s: %d planes of %dx%d, %v, want %d of 7x5", name, len(got), f.width, f.height, err, planes)
			continue
		}
		for k, plane := range got {
			for i, v := range plane {
				if want := float32(100 + 10*(i/7) + i%7 + 1000*k); v != want {
					t.Errorf("%s: pixel %d of plane %d is %v, want %v", name, i, k, v, want)
				}
			}
		}
		img, err := Decode(bytes.NewReader(content), name, DefaultLimits)
		if err != nil || img.Rect != image.Rect(0, 0, 7, 5) || !img.Opaque() {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// The brightest pixel is the last of the file, the darkest its first.
		if top := img.NRGBAAt(6, 0).G; top <= img.NRGBAAt(0, 0).G || top <= img.NRGBAAt(6, 1).G || img.NRGBAAt(0, 4).G != 0 {
			t.Errorf("%s: the image is not upright", name)
		}
	}
}

func TestFITSForms(t *testing.T) {
	square := make([]byte, 8)
	copy(square, []byte{0, 0, 0, 9})
	tests := []struct{ name, cards string }{
		{"one plane of three axes", "SIMPLE=T BITPIX=8 NAXIS=3 NAXIS1=2 NAXIS2=2 NAXIS3=1"},
		{"five axes", "SIMPLE=T BITPIX=8 NAXIS=5 NAXIS1=2 NAXIS2=2 NAXIS3=1 NAXIS4=1 NAXIS5=1"},
		{"not quite standard", "SIMPLE=F BITPIX=8 NAXIS=2 NAXIS1=2 NAXIS2=2"},
		{"Fortran's exponents", "SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=2 NAXIS2=2 BSCALE=1.5D2 BZERO=-3.D+0"},
		{"keywords that come twice", "SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=2 NAXIS2=2 NAXIS1=7 BITPIX=64"},
		{"values that are not there", "SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=2 NAXIS2=2 BSCALE= BLANK="},
	}
	for _, test := range tests {
		content := fitsPart(test.cards, square)
		for _, c := range [][]byte{content, content[:fitsBlock+4], append(content, "whatever"...)} {
			img, err := DecodeFITS(c, DefaultLimits, DefaultStretch)
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			} else if got := img.NRGBAAt(1, 0); got.R == 0 || got.R != got.B || img.NRGBAAt(1, 1).R != 0 {
				t.Errorf("%s: pixels are %v", test.name, img.Pix)
			}
		}
	}
}

func TestFITSRefuses(t *testing.T) {
	corpus := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join("testdata", "fits", name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	const plain = "SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=2 NAXIS2=2"
	four := []byte{1, 2, 3, 4}
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"tables alone", corpus("table.fits"), "failed to decode FITS: the file holds no image, at most tables"},
		{"compressed", corpus("compressed.fits"), "failed to decode FITS: the image is compressed; unpack it with funpack"},
		{"nothing but a header", fitsPart("SIMPLE=T BITPIX=8 NAXIS=0", nil), "failed to decode FITS: the file holds no image, at most tables"},
		{"zeros behind the header", append(fitsPart("SIMPLE=T BITPIX=8 NAXIS=0", nil), make([]byte, fitsBlock)...), "the file holds no image, at most tables"},
		{"a line", fitsPart("SIMPLE=T BITPIX=8 NAXIS=1 NAXIS1=4", four), "the image is 4 pixels, want WIDTHxHEIGHT, or WIDTHxHEIGHTx3 for the bands i, r and g"},
		{"two planes", fitsFloats(2, 1, []float32{1, 2}, []float32{3, 4}), "the image is 2x1x2 pixels, want WIDTHxHEIGHT, or WIDTHxHEIGHTx3"},
		{"four axes", fitsPart("SIMPLE=T BITPIX=8 NAXIS=4 NAXIS1=1 NAXIS2=1 NAXIS3=1 NAXIS4=4", four), "the image is 1x1x1x4 pixels, want"},
		{"no width", fitsPart("SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=0 NAXIS2=9", nil), "the image is 0x9 pixels: it holds none"},
		{"too wide", fitsPart("SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=4097 NAXIS2=9", nil), "the image is 4097x9 pixels, the limit is 4096x4096"},
		{"huge", fitsPart("SIMPLE=T BITPIX=-64 NAXIS=3 NAXIS1=2000000000 NAXIS2=2000000000 NAXIS3=3", nil), "the image is 2000000000x2000000000 pixels, the limit is"},
		{"a side beyond all", fitsPart("SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=9223372036854775807 NAXIS2=9", nil), "NAXIS1 = 9223372036854775807 in the header, want 0 to 2147483647"},
		{"a negative side", fitsPart("SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=-2 NAXIS2=2", four), "NAXIS1 = -2 in the header, want 0 to 2147483647"},
		{"negative axes", fitsPart("SIMPLE=T BITPIX=8 NAXIS=-1", four), "NAXIS = -1 in the header, want 0 to 999"},
		{"a million axes", fitsPart("SIMPLE=T BITPIX=8 NAXIS=1000000", four), "NAXIS = 1000000 in the header, want 0 to 999"},
		{"an axis without length", fitsPart("SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=2", four), "the header has no NAXIS2"},
		{"a length that is none", fitsPart("SIMPLE=T BITPIX=8 NAXIS=2 NAXIS1=2 NAXIS2=two", four), "NAXIS2 = two in the header, want a whole number"},
		{"no axes", fitsPart("SIMPLE=T BITPIX=8", four), "the header has no NAXIS"},
		{"no BITPIX", fitsPart("SIMPLE=T NAXIS=2 NAXIS1=2 NAXIS2=2", four), "the header has no BITPIX"},
		{"12 bits", fitsPart("SIMPLE=T BITPIX=12 NAXIS=2 NAXIS1=2 NAXIS2=2", four), "BITPIX = 12 in the header, want 8, 16, 32, 64, -32 or -64"},
		{"BSCALE", fitsPart(plain+" BSCALE=nan", four), "BSCALE = nan in the header, want a number"},
		{"BZERO", fitsPart(plain+" BZERO=much", four), "BZERO = much in the header, want a number"},
		{"BLANK", fitsPart(plain+" BLANK=0.5", four), "BLANK = 0.5 in the header, want a whole number"},
		{"no END", fitsPart(plain, nil)[:5*fitsCard], "failed to decode FITS: the file is truncated: a header without END"},
		{"half of the pixels", fitsPart(plain, four)[:fitsBlock+2], "failed to decode FITS: the file is truncated: 2 of the image's 4 bytes are there"},
		{"half a table", corpus("second64.fits")[:2*fitsBlock+79], "failed to decode FITS: the file is truncated: a table of 80 bytes, 79 are there"},
		{"a table beyond all", append(fitsPart("SIMPLE=T BITPIX=8 NAXIS=0", nil), fitsPart("XTENSION='TABLE' BITPIX=8 NAXIS=2 NAXIS1=2000000000 NAXIS2=2000000000 GCOUNT=9D99", four)...),
			"failed to decode FITS: the file is truncated: a table of"},
		{"a table below nothing", append(fitsPart("SIMPLE=T BITPIX=8 NAXIS=0", nil), fitsPart("XTENSION='TABLE' BITPIX=8 NAXIS=1 NAXIS1=1 PCOUNT=-9", four)...),
			"PCOUNT or GCOUNT is negative in the header"},
		{"pixels that are none", fitsFloats(3, 2, []float32{1, nan, 3, inf, -inf, 6}), "failed to decode FITS: 3 of 6 pixels are not numbers"},
		{"pixels that stand for none", fitsFloats(3, 2, []float32{1, 2, 3, 1e30, -3e38, 6}), "2 of 6 pixels are not numbers"},
		{"one pixel in two bands", fitsFloats(2, 1, []float32{1, nan}, []float32{1, 2}, []float32{1, nan}), "1 of 2 pixels are not numbers"},
		{"blank pixels", fitsPart(plain+" BLANK=3 BZERO=100", four), "1 of 4 pixels are not numbers"},
		{"one level", fitsFloats(2, 2, []float32{7, 7, 7, 7}), "all pixels are equally bright: the image shows nothing"},
		{"one pixel", fitsFloats(1, 1, []float32{7}), "all pixels are equally bright"},
		{"nothing above the sky", fitsFloats(2, 2, []float32{7, 7, 7, 1}), "no pixel is brighter than the median: the image shows nothing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			img, err := Decode(bytes.NewReader(test.content), "folder/a.fits", DefaultLimits)
			fault, ok := errors.AsType[*galaxyzoo.DataError](err)
			if img != nil || !ok || fault.File != "folder/a.fits" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got image %v and error %v\nwant %s", img != nil, err, test.want)
			}
		})
	}
}

func TestFITSLimits(t *testing.T) {
	content := fitsGalaxy(9, 7)
	size := int64(len(content))
	for _, test := range []struct {
		limits Limits
		want   string
	}{
		{Limits{size, 9, 7}, ""},
		{Limits{size - 1, 9, 7}, "image file is larger than the limit of"},
		{Limits{size, 8, 7}, "the image is 9x7 pixels, the limit is 8x7"},
		{Limits{size, 9, 6}, "the image is 9x7 pixels, the limit is 9x6"},
	} {
		_, err := DecodeFITS(content, test.limits, DefaultStretch)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.limits, err, test.want)
		}
	}
}

// Wherever the file ends, what is there is either all pixels or an error.
func TestFITSTruncated(t *testing.T) {
	whole := fitsGalaxy(21, 15)
	pixels := fitsBlock + 4*3*21*15
	for n := range whole {
		img, err := DecodeFITS(whole[:n], DefaultLimits, DefaultStretch)
		if (err == nil) != (n >= pixels) || (img == nil) != (err != nil) || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && n > 0 {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(whole), err)
		}
	}
}

// A byte that is wrong is an error or another image, never a panic.
func TestFITSMutated(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	whole, err := os.ReadFile(filepath.Join("testdata", "fits", "second64.fits"))
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for i := range whole {
		content := bytes.Clone(whole)
		content[i] = "0123456789 '=-ET/\x00\xff"[rng.IntN(19)]
		img, err := DecodeFITS(content, DefaultLimits, DefaultStretch)
		if (img == nil) != (err != nil) {
			t.Fatalf("byte %d: image %v, error %v", i, img != nil, err)
		}
		if err == nil {
			read++
		}
	}
	if read == 0 || read == len(whole) {
		t.Errorf("%d of %d mutated files were read", read, len(whole))
	}
}

func FuzzDecodeFITS(f *testing.F) {
	f.Add(fitsGalaxy(9, 7))
	f.Add(fitsPart("SIMPLE=T BITPIX=16 NAXIS=2 NAXIS1=2 NAXIS2=2 BLANK=-1 BSCALE=1D-3 BZERO=32768", []byte{0, 1, 0, 2, 0, 3, 0, 4}))
	for _, name := range []string{"second64", "table", "compressed"} {
		content, err := os.ReadFile(filepath.Join("testdata", "fits", name+".fits"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	limits := Limits{MaxBytes: 1 << 16, MaxWidth: 64, MaxHeight: 48}
	f.Fuzz(func(t *testing.T, content []byte) {
		img, err := DecodeFITS(content, limits, DefaultStretch)
		if (img == nil) != (err != nil) {
			t.Fatalf("image %v, error %v", img != nil, err)
		}
		if err == nil && (img.Rect.Min != image.Point{} || img.Rect.Dx() < 1 || img.Rect.Dy() < 1 ||
			img.Rect.Dx() > limits.MaxWidth || img.Rect.Dy() > limits.MaxHeight || !img.Opaque()) {
			t.Fatalf("bounds are %v", img.Rect)
		}
	})
}

func BenchmarkDecodeFITS(b *testing.B) {
	encoded := fitsGalaxy(424, 424)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeFITS(encoded, DefaultLimits, DefaultStretch); err != nil {
			b.Fatal(err)
		}
	}
}
