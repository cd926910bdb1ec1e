package infer

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// Both decoders of JPEGs do the arithmetic of libjpeg; where they round in
// another order levels differ by a few, and here and there a region of interest
// by a pixel.
func TestDecodersAgree(t *testing.T) {
	dir := os.Getenv("TFGALAXY_DATA")
	if dir == "" {
		t.Skip("TFGALAXY_DATA names no folder with the challenge's images")
	}
	sources, err := imageproc.FolderSources(filepath.Join(dir, "images_training_rev1"))
	if err != nil {
		t.Fatal(err)
	}
	fast, err := OpenDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer fast.Close()
	worst, sum, values, regions, images := 0, 0, 0, 0, 0
	for i := 0; i < len(sources); i += max(len(sources)/200, 1) {
		a, err := fast.Read(sources[i])
		if err != nil {
			t.Fatal(err)
		}
		b, err := imageproc.DefaultDecoder.Read(sources[i])
		if err != nil {
			t.Fatal(err)
		}
		if a.Rect != b.Rect || a.Rect != image.Rect(0, 0, 424, 424) || a.Stride != b.Stride {
			t.Fatalf("%s: bounds %v and %v", sources[i].File, a.Rect, b.Rect)
		}
		for k, level := range a.Pix {
			difference := max(int(level)-int(b.Pix[k]), int(b.Pix[k])-int(level))
			worst, sum = max(worst, difference), sum+difference
		}
		values += len(a.Pix) / 4 * 3 // alpha is the same
		if imageproc.RegionOfInterest(a) != imageproc.RegionOfInterest(b) {
			regions++
		}
		images++
	}
	mean, astray := float64(sum)/float64(values), float64(regions)/float64(images)
	t.Logf("%d images: levels differ by %.4f on average and %d at most; %.1f %% of the regions differ", images, mean, worst, 100*astray)
	if mean > 0.02 || worst > 4 || astray > 0.06 {
		t.Error("want at most 0.02, 4 and 6 %")
	}
}
