package imageproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/disintegration/imaging"
	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func encodeJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodePNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeWith(t testing.TB, format imaging.Format, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := imaging.Encode(&b, img, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hugeJPEG is a header for width x height pixels with nothing behind it.
func hugeJPEG(width, height uint16) []byte {
	b := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08")
	b = binary.BigEndian.AppendUint16(b, height)
	b = binary.BigEndian.AppendUint16(b, width)
	return append(b, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
}

// hugePNG is the same for PNG.
func hugePNG(width, height uint32) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	b = append(b, chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

func TestDecodeRefuses(t *testing.T) {
	galaxy := disc(40, 30, 20, 15, 12)
	var gifImage bytes.Buffer
	if err := gif.Encode(&gifImage, galaxy, nil); err != nil {
		t.Fatal(err)
	}
	photo := encodeJPEG(t, galaxy)
	small := Limits{MaxBytes: int64(len(photo)) - 1, MaxWidth: 100, MaxHeight: 100}
	narrow := Limits{MaxBytes: 1 << 20, MaxWidth: 39, MaxHeight: 100}
	flat := Limits{MaxBytes: 1 << 20, MaxWidth: 100, MaxHeight: 29}
	damaged := encodePNG(t, galaxy)
	damaged[len(damaged)-20] ^= 0x55

	tests := []struct {
		name    string
		content []byte
		limits  Limits
		want    string
	}{
		{"empty", nil, DefaultLimits, "the file is empty"},
		{"text", []byte("GalaxyID,Class1.1\n"), DefaultLimits, "the content is text, want a JPEG, PNG or FITS image"},
		{"zeros", make([]byte, 100), DefaultLimits, "the content is of an unknown kind"},
		{"gif", gifImage.Bytes(), DefaultLimits, "the content is a GIF image"},
		{"tiff", encodeWith(t, imaging.TIFF, galaxy), DefaultLimits, "the content is a TIFF image"},
		{"bmp", encodeWith(t, imaging.BMP, galaxy), DefaultLimits, "the content is a BMP image"},
		{"webp", []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"), DefaultLimits, "the content is a RIFF file (WebP?)"},
		{"too many bytes", photo, small, "larger than the limit of"},
		{"too wide", photo, narrow, "40x30 pixels, the limit is 39x100"},
		{"too high", photo, flat, "40x30 pixels, the limit is 100x29"},
		{"huge jpeg", hugeJPEG(30000, 30000), DefaultLimits, "30000x30000 pixels, the limit is 4096x4096"},
		{"huge png", hugePNG(30000, 30000), DefaultLimits, "30000x30000 pixels, the limit is 4096x4096"},
		{"no pixels", hugeJPEG(10, 0), DefaultLimits, "10x0 pixels: it holds none"},
		{"header alone", hugeJPEG(10, 10), DefaultLimits, "failed to decode JPEG: the file is truncated"},
		{"damaged png", damaged, DefaultLimits, "failed to decode PNG"},
		{"damaged jpeg", append([]byte{0xff, 0xd8, 0xff, 0xc0, 0, 4, 1, 2}, photo...), DefaultLimits, "failed to decode JPEG"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			img, err := Decode(bytes.NewReader(test.content), "folder/100008.jpg", test.limits)
			if img != nil || err == nil {
				t.Fatalf("got image %v and error %v, want an error", img != nil, err)
			}
			var fault *galaxyzoo.DataError
			if !errors.As(err, &fault) || fault.File != "folder/100008.jpg" {
				t.Errorf("error %#v does not name the file", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %q, want it to say %q", err, test.want)
			}
		})
	}
}

func TestDecodeTruncated(t *testing.T) {
	for name, whole := range map[string][]byte{
		"JPEG": encodeJPEG(t, disc(40, 30, 20, 15, 12)),
		"PNG":  encodePNG(t, disc(40, 30, 20, 15, 12)),
	} {
		// A PNG without its IEND chunk (12 bytes) has all its pixels, but its
		// reader insists on it; a JPEG without its end marker likewise.
		for n := 1; n < len(whole); n++ {
			img, err := Decode(bytes.NewReader(whole[:n]), "a.jpg", DefaultLimits)
			if err == nil || img != nil {
				t.Fatalf("%s cut to %d of %d bytes was decoded", name, n, len(whole))
			}
		}
	}
}

func TestDecodeReportsReadErrors(t *testing.T) {
	broken := errors.New("the disk is on fire")
	_, err := Decode(iotest.ErrReader(broken), "a.jpg", DefaultLimits)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "a.jpg: failed to read image") {
		t.Errorf("error is %q", err)
	}
}

// endless gives JPEG-like bytes for ever and counts them.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = []byte{0xff, 0xd8}[(e.read+int64(i))&1]
	}
	e.read += int64(len(p))
	return len(p), nil
}

func TestDecodeStopsReading(t *testing.T) {
	var source endless
	l := Limits{MaxBytes: 1000, MaxWidth: 10, MaxHeight: 10}
	if _, err := Decode(&source, "a.jpg", l); err == nil {
		t.Error("an endless file was decoded")
	}
	if source.read > 1001 {
		t.Errorf("%d bytes were read, want no more than one beyond the limit of %d", source.read, l.MaxBytes)
	}
}

func TestDecodeAllocatesNothingForHugeHeaders(t *testing.T) {
	for name, content := range map[string][]byte{"JPEG": hugeJPEG(30000, 30000), "PNG": hugePNG(30000, 30000)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		Decode(bytes.NewReader(content), "a.jpg", DefaultLimits)
		runtime.ReadMemStats(&after)
		// A row of pixels alone would be 90 kB.
		if n := after.TotalAlloc - before.TotalAlloc; n > 80<<10 {
			t.Errorf("%s: a header cost %d bytes", name, n)
		}
	}
}

// TestDecodePixels gives every kind of image that the decoders know.
func TestDecodePixels(t *testing.T) {
	r := image.Rect(0, 0, 2, 1)
	opaque := color.NRGBA{200, 100, 50, 255}
	fill := func(img interface {
		image.Image
		Set(x, y int, c color.Color)
	}, c color.Color) image.Image {
		img.Set(0, 0, c)
		img.Set(1, 0, c)
		return img
	}
	tests := []struct {
		name string
		img  image.Image
		want color.NRGBA
	}{
		{"nrgba", fill(image.NewNRGBA(r), opaque), opaque},
		{"half transparent", fill(image.NewNRGBA(r), color.NRGBA{200, 100, 50, 128}), color.NRGBA{100, 50, 25, 255}},
		{"transparent", fill(image.NewNRGBA(r), color.NRGBA{200, 100, 50, 0}), color.NRGBA{0, 0, 0, 255}},
		{"grey", fill(image.NewGray(r), color.Gray{77}), color.NRGBA{77, 77, 77, 255}},
		{"grey of 16 bits", fill(image.NewGray16(r), color.Gray16{77 << 8}), color.NRGBA{77, 77, 77, 255}},
		{"16 bits", fill(image.NewNRGBA64(r), color.NRGBA64{200 << 8, 100 << 8, 50 << 8, 0xffff}), opaque},
		{"paletted", fill(image.NewPaletted(r, color.Palette{color.Black, opaque}), opaque), opaque},
		{"transparent palette", fill(image.NewPaletted(r, color.Palette{opaque, color.Transparent}), color.Transparent), color.NRGBA{0, 0, 0, 255}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			img, err := Decode(bytes.NewReader(encodePNG(t, test.img)), "a.jpg", DefaultLimits) // whatever the name says
			if err != nil {
				t.Fatal(err)
			}
			if img.Rect != r {
				t.Errorf("bounds are %v, want %v", img.Rect, r)
			}
			for x := range 2 {
				if got := img.NRGBAAt(x, 0); got != test.want {
					t.Errorf("pixel %d is %v, want %v", x, got, test.want)
				}
			}
		})
	}
}

func TestDecodeGreyJPEG(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 19, 11))
	for i := range grey.Pix {
		grey.Pix[i] = 90
	}
	img, err := Decode(bytes.NewReader(encodeJPEG(t, grey)), "a.jpg", DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range img.Pix {
		want := uint8(90)
		if i%4 == 3 {
			want = 255
		}
		if abs(float64(v)-float64(want)) > 1 {
			t.Fatalf("value %d is %d, want %d", i, v, want)
		}
	}
}

// TestFlatten gives the kinds of image that JPEGs decode to and the encoder
// cannot write.
func TestFlatten(t *testing.T) {
	r := image.Rect(0, 0, 3, 3)
	cmyk := image.NewCMYK(r)
	for i := range cmyk.Pix {
		cmyk.Pix[i] = []uint8{55, 155, 205, 0}[i%4]
	}
	full := image.NewYCbCr(r, image.YCbCrSubsampleRatio444)
	quarter := image.NewYCbCr(r, image.YCbCrSubsampleRatio411)
	half := image.NewYCbCr(r, image.YCbCrSubsampleRatio422)
	both := image.NewYCbCr(r, image.YCbCrSubsampleRatio420)
	y, cb, cr := color.RGBToYCbCr(200, 100, 50)
	for _, img := range []*image.YCbCr{full, quarter, half, both} {
		for i := range img.Y {
			img.Y[i] = y
		}
		for i := range img.Cb {
			img.Cb[i], img.Cr[i] = cb, cr
		}
	}
	for name, img := range map[string]image.Image{"CMYK": cmyk, "4:4:4": full, "4:1:1": quarter, "4:2:2": half, "4:2:0": both} {
		got := flatten(img)
		for i, v := range got.Pix {
			want := []uint8{200, 100, 50, 255}[i%4]
			if abs(float64(v)-float64(want)) > 1 { // YCbCr is rounded
				t.Errorf("%s: value %d is %d, want %d", name, i, v, want)
				break
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	galaxy := disc(20, 17, 10, 8, 7)
	f.Add(encodeJPEG(f, galaxy))
	f.Add(encodePNG(f, galaxy))
	f.Add(encodeJPEG(f, image.NewGray(image.Rect(0, 0, 9, 9))))
	f.Add(encodePNG(f, image.NewPaletted(image.Rect(0, 0, 9, 9), color.Palette{color.Black, color.Transparent})))
	f.Add(encodeJPEG(f, galaxy)[:300])
	f.Add(hugeJPEG(30000, 30000))
	f.Add(hugePNG(30000, 30000))
	f.Add(encodeWith(f, imaging.TIFF, galaxy))
	f.Add([]byte("text"))
	limits := Limits{MaxBytes: 1 << 16, MaxWidth: 64, MaxHeight: 48}
	f.Fuzz(func(t *testing.T, content []byte) {
		img, err := Decode(bytes.NewReader(content), "fuzz", limits)
		if err != nil {
			var fault *galaxyzoo.DataError
			if img != nil || !errors.As(err, &fault) {
				t.Fatalf("image %v, error %#v", img != nil, err)
			}
			return
		}
		w, h := img.Rect.Dx(), img.Rect.Dy()
		if img.Rect.Min != (image.Point{}) || w < 1 || h < 1 || w > limits.MaxWidth || h > limits.MaxHeight {
			t.Fatalf("bounds are %v", img.Rect)
		}
		if !img.Opaque() {
			t.Fatal("the image is not opaque")
		}
		Preprocessing{Crop: CropROI, Size: 8}.Apply(img)
	})
}
