package imageproc

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// benchGalaxies are 50 JPEG files, the challenge's where TFGALAXY_DATA names
// them and drawn ones elsewhere: a benchmark's time is for one image.
func benchGalaxies(b *testing.B) (encoded [][]byte, decoded []*image.NRGBA) {
	b.Helper()
	c := galaxyzoo.Synthetic(50, 1)
	if os.Getenv("TFGALAXY_DATA") != "" {
		c = realImages(b, 50)
	}
	for i := range c.Len() {
		r, err := c.Open(i)
		if err != nil {
			b.Fatal(err)
		}
		file, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			b.Fatal(err)
		}
		img, err := Decode(bytes.NewReader(file), c.Galaxies[i].File, DefaultLimits)
		if err != nil {
			b.Fatal(err)
		}
		encoded, decoded = append(encoded, file), append(decoded, img)
	}
	return encoded, decoded
}

// each calls do b.N times, with one image after another.
func each[T any](b *testing.B, images []T, do func(T)) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		do(images[i])
		i = (i + 1) % len(images)
	}
}

func BenchmarkDecode(b *testing.B) {
	encoded, _ := benchGalaxies(b)
	each(b, encoded, func(file []byte) {
		if _, err := Decode(bytes.NewReader(file), "a.jpg", DefaultLimits); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkRegionOfInterest(b *testing.B) {
	_, decoded := benchGalaxies(b)
	each(b, decoded, func(img *image.NRGBA) { RegionOfInterest(img) })
}

// From a decoded image to a packed crop.
func BenchmarkApply(b *testing.B) {
	_, decoded := benchGalaxies(b)
	for _, p := range []Preprocessing{
		{Crop: CropROI, Size: 64},
		{Crop: CropCentre, Width: 207, Size: 69},
		{Crop: CropCentre, Width: 256, Size: 64, Margin: 16},
		{Crop: CropCentre, Width: 256, Size: 64, Oversample: 1.5},
	} {
		b.Run(p.String(), func(b *testing.B) {
			packed := make([]byte, 3*p.CropSize()*p.CropSize())
			each(b, decoded, func(img *image.NRGBA) { PackRGB(packed, p.Cut(img)) })
		})
	}
}

func BenchmarkResize(b *testing.B) {
	_, decoded := benchGalaxies(b)
	for _, c := range []struct{ from, to int }{{424, 64}, {256, 64}, {207, 69}, {40, 64}} {
		b.Run(fmt.Sprintf("%dto%d", c.from, c.to), func(b *testing.B) {
			each(b, decoded, func(img *image.NRGBA) {
				Resize(img.SubImage(image.Rect(0, 0, c.from, c.from)).(*image.NRGBA), c.to, c.to)
			})
		})
	}
}

// From a file to a PNG file.
func BenchmarkWriteCrops(b *testing.B) {
	encoded, _ := benchGalaxies(b)
	sources := make([]Source, len(encoded))
	for i, file := range encoded {
		sources[i] = Source{Name: fmt.Sprint(i), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}
	}
	d, dir := DefaultDecoder, b.TempDir()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := WriteCrops(context.Background(), fmt.Sprintf("%s/%d", dir, i), &d, sources, Preprocessing{Crop: CropROI, Size: 64}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(sources)*b.N)/b.Elapsed().Seconds(), "images/s")
}

// Crops in another order each time, as training reads them.
func BenchmarkCacheCrop(b *testing.B) {
	c := galaxyzoo.Synthetic(200, 1)
	cache, err := OpenCache(context.Background(), b.TempDir(), &DefaultDecoder, c, Preprocessing{Crop: CropCentre, Width: 256, Size: 64, Margin: 16}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer cache.Close()
	dst := make([]byte, 3*64*64)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 73) % cache.Len()
		if err := cache.View(dst, i, Transform{}); err != nil {
			b.Fatal(err)
		}
	}
}
