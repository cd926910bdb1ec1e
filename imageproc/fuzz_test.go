package imageproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// fuzzLimits keep an input from costing more than a millisecond or two.
var fuzzLimits = Limits{MaxBytes: 1 << 16, MaxWidth: 64, MaxHeight: 48}

// addPhotographs adds some of the challenge's images, whose headers are made to say
// that they are small, where TFGALAXY_DATA names them.
func addPhotographs(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(os.Getenv("TFGALAXY_DATA"), "images_training_rev1", "10000*.jpg"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		frame := bytes.Index(content, []byte{0xff, 0xc0}) // then length, precision, height and width
		binary.BigEndian.PutUint16(content[frame+5:], 40)
		binary.BigEndian.PutUint16(content[frame+7:], 48)
		f.Add(content[:min(len(content), 4000)])
	}
}

// decodeFuzz decodes within fuzzLimits. It returns nil where that gives a good error.
func decodeFuzz(t *testing.T, content []byte) *image.NRGBA {
	t.Helper()
	img, err := Decode(bytes.NewReader(content), "fuzz", fuzzLimits)
	if err != nil {
		var fault *galaxyzoo.DataError
		if img != nil || !errors.As(err, &fault) {
			t.Fatalf("image %v, error %#v", img != nil, err)
		}
		return nil
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if img.Rect.Min != (image.Point{}) || w < 1 || h < 1 || w > fuzzLimits.MaxWidth || h > fuzzLimits.MaxHeight || len(img.Pix) != 4*w*h {
		t.Fatalf("bounds are %v, %d bytes", img.Rect, len(img.Pix))
	}
	if !img.Opaque() {
		t.Fatal("the image is not opaque")
	}
	return img
}

func FuzzJPEG(f *testing.F) {
	addPhotographs(f)
	galaxy := disc(40, 33, 20, 16, 12)
	f.Add(encodeJPEG(f, galaxy))
	f.Add(encodeJPEG(f, image.NewGray(image.Rect(0, 0, 9, 9))))
	f.Add(progressiveJPEG(20, 17, 2))
	f.Add(progressiveJPEG(20, 17, maxScans+1))
	f.Add(hugeJPEG(65535, 65535))
	f.Add(append(hugeJPEG(20, 17), hugeJPEG(65535, 65535)[20:]...))
	f.Fuzz(func(t *testing.T, content []byte) {
		if !bytes.HasPrefix(content, []byte("\xff\xd8")) {
			return // FuzzDecode has all kinds
		}
		decodeFuzz(t, content)
	})
}

// What a PNG is decoded to can be written as a PNG and read again.
func FuzzPNG(f *testing.F) {
	galaxy := disc(20, 17, 10, 8, 7)
	f.Add(encodePNG(f, galaxy))
	f.Add(encodePNG(f, image.NewGray16(image.Rect(0, 0, 9, 9))))
	f.Add(encodePNG(f, image.NewNRGBA64(image.Rect(0, 0, 5, 3))))
	f.Add(encodePNG(f, image.NewPaletted(image.Rect(0, 0, 9, 9), color.Palette{color.Black, color.Transparent})))
	f.Add(hugePNG(60000, 60000))
	f.Add(withChunk(encodePNG(f, galaxy), "zTXt", []byte("Comment\x00\x00x\x9c")))
	f.Fuzz(func(t *testing.T, content []byte) {
		if !bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")) {
			return
		}
		img := decodeFuzz(t, content)
		if img == nil {
			return
		}
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if again := decodeFuzz(t, b.Bytes()); again == nil || again.Rect != img.Rect || !bytes.Equal(again.Pix, img.Pix) {
			t.Fatal("written and read again, the image is another")
		}
	})
}

// A list and a catalogue give an error that names their file, or images whose ids
// are UTF-8 and differ, the same each time.
func FuzzListing(f *testing.F) {
	for _, list := range []string{"", "a.jpg\n", "\ufeff# galaxies\r\na.jpg\r\n../b.png\n\n/dev/zero\n", "a.jpg\na.png\n", "\x00", "a\xff.jpg\n", strings.Repeat("x/", 2000), ".\n..\n/\n"} {
		f.Add([]byte(list), false)
	}
	for _, catalogue := range []string{"", "GalaxyID\n1\n2\n", "GalaxyID,file\n1,a.jpg\n", "smooth,id_str,file_loc\r\n0.5,J1,\"a\nb.jpg\"\r\n", "GalaxyID\n../../etc/passwd\n",
		"GalaxyID\n1\n1\n", "GalaxyID,GalaxyID\n1,2\n", "galaxyid\n1\n", "GalaxyID\n\"1\n", "GalaxyID,file\n1\n", "GalaxyID\n\xff\n", "GalaxyID\n-\n"} {
		f.Add([]byte(catalogue), true)
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.jpg"), []byte("text"), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte, catalogue bool) {
		path := filepath.Join(dir, "l.txt")
		if catalogue {
			path = filepath.Join(dir, "c.csv")
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := OpenListing(t.Context(), path, "")
		if err != nil {
			if fault, ok := errors.AsType[*galaxyzoo.DataError](err); !ok || fault.File != path {
				t.Fatalf("error %#v, want a *DataError about %s", err, path)
			}
			return
		}
		entries := gather(t, l)
		ids := map[string]bool{}
		for _, e := range entries {
			if e.ID == "" || e.File == "" || !utf8.ValidString(e.ID) || ids[e.ID] || e.Line < 1 {
				t.Fatalf("entry %+v", e)
			}
			ids[e.ID] = true
		}
		if len(entries) != l.Count || !slices.Equal(entries, gather(t, l)) {
			t.Fatalf("%d entries, then others; %d were counted", len(entries), l.Count)
		}
	})
}

func gather(t *testing.T, l *Listing) []Entry {
	t.Helper()
	var entries []Entry
	for e, err := range l.All() {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}
