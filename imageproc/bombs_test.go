package imageproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/alloctest"
)

// withChunk puts a chunk behind the header of a PNG.
func withChunk(file []byte, kind string, data []byte) []byte {
	const header = 8 + 4 + 4 + 13 + 4
	chunk := append([]byte(kind), data...)
	b := append([]byte(nil), file[:header]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, chunk...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
	return append(b, file[header:]...)
}

// twoFrames is a JPEG with a small header and a second one that says otherwise.
func twoFrames(t testing.TB, first, second []byte) []byte {
	t.Helper()
	at := bytes.Index(second, []byte{0xff, 0xc0})
	rest := bytes.Index(first, []byte{0xff, 0xda})
	if at < 0 || rest < 0 {
		t.Fatal("no header, or no scan")
	}
	return append(append(append([]byte(nil), first[:rest]...), second[at:at+19]...), first[rest:]...)
}

// manyCards is a FITS header of that many keywords, none the same, behind the
// image's own.
func manyCards(cards int) []byte {
	var b bytes.Buffer
	for _, card := range []string{"SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    2", "NAXIS1  =                    1", "NAXIS2  =                    1"} {
		fmt.Fprintf(&b, "%-80s", card)
	}
	for i := range cards {
		fmt.Fprintf(&b, "%-80s", fmt.Sprintf("%08X= 'x'", i))
	}
	fmt.Fprintf(&b, "%-80s", "END")
	b.Write(make([]byte, fitsBlocks(b.Len())-b.Len()+fitsBlock))
	return b.Bytes()
}

// A small file costs no more than an image of the largest size: 352 MiB for a
// moment, and seconds. Most are refused for less.
func TestBombs(t *testing.T) {
	const largest = 4096 // DefaultLimits' side
	small := disc(40, 30, 20, 15, 12)
	plain := encodePNG(t, small)
	flat := func(img image.Image) []byte {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	square := image.Rect(0, 0, largest, largest)
	tests := []struct {
		name    string
		content []byte
		want    string // of the error; empty for an image
		bytes   uint64
	}{
		{"PNG of one colour, as large as may be", flat(image.NewPaletted(square, color.Palette{color.Black, color.White})), "", 352 << 20},
		{"PNG of 60000x60000", hugePNG(60000, 60000), "60000x60000 pixels, the limit is", 1 << 20},
		{"PNG of 2147483647x1", hugePNG(1<<31-1, 1), "pixels, the limit is", 1 << 20},
		{"PNG of 4294967295x4294967295", hugePNG(1<<32-1, 1<<32-1), "PNG", 1 << 20},
		{"PNG with zTXt of 16 MiB", withChunk(plain, "zTXt", make([]byte, 16<<20)), "", 128 << 20},
		{"PNG with iTXt of 16 MiB", withChunk(plain, "iTXt", make([]byte, 16<<20)), "", 128 << 20},
		{"PNG with iCCP of 16 MiB", withChunk(plain, "iCCP", make([]byte, 16<<20)), "", 128 << 20},
		{"PNG with a chunk that says 2 GiB", append(plain[:33:33], "\x7f\xff\xff\xffzTXt"...), "truncated", 1 << 20},
		{"JPEG of 65535x65535", hugeJPEG(65535, 65535), "65535x65535 pixels, the limit is", 1 << 20},
		{"JPEG whose second header says 65535x65535", twoFrames(t, encodeJPEG(t, small), hugeJPEG(65535, 65535)), "multiple SOF markers", 1 << 20},
		{"JPEG without data, as large as may be", hugeJPEG(largest, largest), "truncated", 160 << 20},
		{"progressive JPEG, as large as may be", progressiveJPEG(largest, largest, 20), "", 352 << 20},
		{"progressive JPEG of too many scans", progressiveJPEG(2048, 2048, maxScans), "more than 100 scans", 16 << 20},
		{"FITS with 200,000 keywords", manyCards(200_000), "shows nothing", 128 << 20},
		{"FITS of 2147483647x2147483647", fitsPart("SIMPLE=T BITPIX=-64 NAXIS=2 NAXIS1=2147483647 NAXIS2=2147483647", nil), "pixels, the limit is", 1 << 20},
		{"FITS as large as may be, without data", fitsPart("SIMPLE=T BITPIX=-64 NAXIS=3 NAXIS1=4096 NAXIS2=4096 NAXIS3=3", nil), "truncated", 1 << 20},
		{"FITS with 999 axes", fitsPart("SIMPLE=T BITPIX=8 NAXIS=999", nil), "NAXIS1", 1 << 20},
		{"FITS with a billion axes", fitsPart("SIMPLE=T BITPIX=8 NAXIS=1000000000", nil), "want 0 to 999", 1 << 20},
		{"FITS with a table that says petabytes", append(fitsPart("SIMPLE=T BITPIX=8 NAXIS=0", nil),
			fitsPart("XTENSION='BINTABLE' BITPIX=8 NAXIS=2 NAXIS1=2147483647 NAXIS2=2147483647 PCOUNT=1e300 GCOUNT=1", nil)...), "truncated", 1 << 20},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			alloctest.Bounded(t, test.bytes, 30*time.Second, func() {
				img, err := Decode(bytes.NewReader(test.content), "bomb.jpg", DefaultLimits)
				switch fault, is := errors.AsType[*galaxyzoo.DataError](err); {
				case test.want == "" && (err != nil || img == nil):
					t.Errorf("no image: %v", err)
				case test.want != "" && (!is || fault.File != "bomb.jpg" || !strings.Contains(err.Error(), test.want)):
					t.Errorf("error %v, want a *DataError that says %q", err, test.want)
				}
			})
		})
	}
}

// Scans are counted as decoders count them, whatever stands between.
func TestCheckScans(t *testing.T) {
	p := newProgressive(8, 8)
	p.levels()
	for range maxScans - 1 {
		p.segment(0xe1, []byte("Exif\x00\xff\xda\xff\xda")) // a thumbnail has scans of its own
		p.empty()
	}
	if err := checkScans(append(p.end(), bytes.Repeat([]byte{0xff, 0xda}, 2*maxScans)...)); err != nil {
		t.Errorf("as many as may be, and what is none: %v", err)
	}
	for name, between := range map[string]string{
		"nothing": "", "a restart": "\xff\xd0", "filling": "\xff\xff\xff", "data": "\x01\x02\xff\x00", "a segment shorter than its length": "\xff\xe0\x00\x00", "TEM": "\xff\x01",
	} {
		p := newProgressive(8, 8)
		for range maxScans + 1 {
			p.content = append(p.content, between...)
			p.empty()
		}
		if checkScans(p.end()) == nil {
			t.Errorf("one too many, with %s before each, is let through", name)
		}
	}
	for n := 2; n < len(p.content); n++ { // nowhere beyond the end
		checkScans(p.content[:n:n])
	}
}

// A list, and a catalogue, with a line of a gigabyte. All of it is zeros, in no block
// of the disk.
func TestListingLineWithoutEnd(t *testing.T) {
	for _, name := range []string{"l.txt", "header.csv", "row.csv"} {
		path := filepath.Join(t.TempDir(), name)
		start := "GalaxyID\n1\n"
		if name == "header.csv" {
			start = "GalaxyID,"
		}
		if err := os.WriteFile(path, []byte(start), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 1<<30); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
		alloctest.Bounded(t, 32<<20, 10*time.Second, func() {
			_, err := OpenListing(t.Context(), path, "")
			if fault, ok := errors.AsType[*galaxyzoo.DataError](err); !ok || fault.File != path || fault.Line < 1 {
				t.Errorf("%s: error %v, want a *DataError with its line", name, err)
			}
		})
	}
}
