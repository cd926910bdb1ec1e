package serve

import (
	"bytes"
	"image"
	"strings"
	"testing"

	"github.com/disintegration/imaging"
)

// Formats that a library in the program could read are refused all the same.
func TestOtherFormats(t *testing.T) {
	s := newTestServer(t, &fakeModel{}, testOptions())
	files := map[string][]byte{"a RIFF file (WebP?)": []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")}
	for name, format := range map[string]imaging.Format{"a TIFF image": imaging.TIFF, "a BMP image": imaging.BMP, "a GIF image": imaging.GIF} {
		var b bytes.Buffer
		if err := imaging.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 24, 24)), format); err != nil {
			t.Fatal(err)
		}
		files[name] = b.Bytes()
	}
	for name, file := range files {
		for path, body := range map[string]string{"/classify": string(file), "/v1/models/galaxies:predict": instances(file)} {
			w := ask(s, "POST", path, strings.NewReader(body), "Content-Type", "image/jpeg")
			if w.Code != 400 || !strings.Contains(refusedFor(w), "the content is "+name) {
				t.Errorf("%s to %s: %d, %s", name, path, w.Code, w.Body)
			}
		}
	}
}
