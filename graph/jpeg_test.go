package graph

import (
	"bytes"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

func TestAddAlpha(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for pixels := range 20 {
		rgb, got, want := make([]byte, 3*pixels), make([]byte, 4*pixels), make([]byte, 0, 4*pixels)
		for i := range rgb {
			rgb[i] = byte(rng.UintN(256))
		}
		for p := rgb; len(p) > 0; p = p[3:] {
			want = append(want, p[0], p[1], p[2], 255)
		}
		if addAlpha(got, rgb); !bytes.Equal(got, want) {
			t.Errorf("%d pixels %v became %v", pixels, rgb, got)
		}
	}
}

// realJPEGs are some of the challenge's images.
func realJPEGs(t testing.TB) [][]byte {
	t.Helper()
	dir := os.Getenv("TFGALAXY_DATA")
	if dir == "" {
		t.Skip("TFGALAXY_DATA names no folder with the challenge's images")
	}
	names, err := filepath.Glob(filepath.Join(dir, "images_*", "*.jpg"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%q holds no images (%v)", dir, err)
	}
	var files [][]byte
	for i := 0; i < len(names); i += max(len(names)/50, 1) {
		file, err := os.ReadFile(names[i])
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func TestDecodeJPEG(t *testing.T) {
	d, err := NewJPEGDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, file := range realJPEGs(t) {
		img, err := d.DecodeJPEG(file)
		if err != nil {
			t.Fatal(err)
		}
		if img.Rect != image.Rect(0, 0, 424, 424) || !img.Opaque() {
			t.Fatalf("bounds %v, opaque %t", img.Rect, img.Opaque())
		}
	}
	if _, err := d.DecodeJPEG([]byte("no image")); err == nil {
		t.Error("what is no JPEG was decoded")
	}
}

func BenchmarkDecodeJPEG(b *testing.B) {
	files := realJPEGs(b)
	d, err := NewJPEGDecoder()
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := d.DecodeJPEG(files[i]); err != nil {
			b.Fatal(err)
		}
		i = (i + 1) % len(files)
	}
}
