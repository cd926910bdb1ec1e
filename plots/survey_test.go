package plots_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

func TestSurvey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sky")
	handmadeFolder(t, dir, 6)
	s := survey(t, dir)

	if s.Labels.File != "sky/training_solutions_rev1.csv" || s.Images.File != "sky/images_training_rev1" {
		t.Errorf("sources %q and %q", s.Labels.File, s.Images.File)
	}
	if len(s.Bad) != 0 || s.Images.Galaxies != 6 || s.Mean.Images != 6 {
		t.Errorf("bad %v, %d images, mean of %d", s.Bad, s.Images.Galaxies, s.Mean.Images)
	}
	if len(s.Examples) != galaxyzoo.NumAnswers {
		t.Fatalf("%d examples, want one an answer", len(s.Examples))
	}
	for column, e := range s.Examples {
		for i, v := range s.Votes {
			if v[column] > e.Vote {
				t.Errorf("%s: galaxy %d has %v, the example's vote is %v", e.Answer.Class(), 1001+i, v[column], e.Vote)
			}
		}
	}
	// The mean of what JPEG leaves of the images that were painted.
	want := 0.0
	for id := 1001; id < 1007; id++ {
		want += float64(handmadeImage(id).NRGBAAt(212, 212).R) / 6
	}
	if got := s.Mean.RGB[3*(212*galaxyzoo.ImageSize+212)]; math.Abs(got-want) > 4 { // levels
		t.Errorf("red of the central pixel %.2f, painted %.2f", got, want)
	}
}

func TestBadImagesAreNamedSkippedAndCounted(t *testing.T) {
	dir := t.TempDir()
	handmadeFolder(t, dir, 5)
	clean := survey(t, dir)
	images := filepath.Join(dir, galaxyzoo.TrainingFolder)
	if err := os.WriteFile(filepath.Join(images, "1002.jpg"), []byte("\xff\xd8 not much of a picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(images, "1004.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(images, "1004.jpg"), whole[:len(whole)/3], 0o644); err != nil {
		t.Fatal(err)
	}

	s := survey(t, dir)
	if len(s.Bad) != 2 {
		t.Fatalf("bad %v, want two", s.Bad)
	}
	for i, name := range []string{"1002.jpg", "1004.jpg"} {
		var data *galaxyzoo.DataError
		if !errors.As(s.Bad[i], &data) || filepath.Base(data.File) != name {
			t.Errorf("error %v, want a DataError about %s", s.Bad[i], name)
		}
	}
	if s.Images.Galaxies != 3 || s.Images.Skipped != 2 {
		t.Errorf("%d images and %d skipped, want 3 and 2", s.Images.Galaxies, s.Images.Skipped)
	}
	for _, e := range s.Examples {
		if e.ID == 1002 || e.ID == 1004 {
			t.Errorf("%s: galaxy %d stands for it, whose image is broken", e.Answer.Class(), e.ID)
		}
	}
	f, err := s.Figure("average-image")
	if err != nil {
		t.Fatal(err)
	}
	if want := "left out: 2 images that could not be read"; !strings.Contains(f.Caption, want) {
		t.Errorf("caption %q, want it to say %q", f.Caption, want)
	}
	if bytes.Equal(s.Mean.Image().Pix, clean.Mean.Image().Pix) {
		t.Error("the mean did not change with two images fewer")
	}
}

func TestNoReadableImage(t *testing.T) {
	dir := t.TempDir()
	handmadeFolder(t, dir, 2)
	for _, name := range []string{"1001.jpg", "1002.jpg"} {
		if err := os.WriteFile(filepath.Join(dir, galaxyzoo.TrainingFolder, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := survey(t, dir)
	for _, d := range plots.DataFigures {
		_, err := s.Figure(d.Name)
		if d.Images && (err == nil || !strings.Contains(err.Error(), "no image could be read")) {
			t.Errorf("%s: error %v, want it to say that no image could be read", d.Name, err)
		}
		if !d.Images && err != nil {
			t.Errorf("%s needs no image: %v", d.Name, err)
		}
	}
}

func TestReadImagesStops(t *testing.T) {
	dir := t.TempDir()
	handmadeFolder(t, dir, 4)
	c, err := galaxyzoo.OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := plots.NewSurvey(c).ReadImages(ctx, c, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestReadImagesReportsProgress(t *testing.T) {
	dir := t.TempDir()
	handmadeFolder(t, dir, 4)
	c, err := galaxyzoo.OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	var calls []int
	err = plots.NewSurvey(c).ReadImages(context.Background(), c, func(done, total int) {
		if total != 4 {
			t.Errorf("total %d, want 4", total)
		}
		calls = append(calls, done)
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, done := range calls {
		if done != i+1 {
			t.Fatalf("progress %v, want 1 to 4", calls)
		}
	}
	if len(calls) != 4 {
		t.Errorf("%d calls, want 4", len(calls))
	}
}

// TestRealData draws everything from the survey's own images.
func TestRealData(t *testing.T) {
	dir := os.Getenv("TFGALAXY_DATA")
	if dir == "" {
		t.Skip("TFGALAXY_DATA is not set: no real galaxies to draw")
	}
	c, err := galaxyzoo.OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	c.Galaxies = c.Galaxies[:min(c.Len(), 300)] // a second's worth
	s := plots.NewSurvey(c)
	if err := s.ReadImages(context.Background(), c, nil); err != nil {
		t.Fatal(err)
	}
	for _, d := range plots.DataFigures {
		f, err := s.Figure(d.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := f.WriteFile(filepath.Join(t.TempDir(), d.Name+".png"), plots.Light); err != nil {
			t.Error(err)
		}
	}
	// The galaxies are centred, which shows in the mean.
	size := s.Mean.Size
	shine := s.Mean.Brightness()
	if centre, corner := shine[size/2*size+size/2], shine[0]; centre < 10*corner {
		t.Errorf("the mean is %.1f at its centre and %.1f in its corner", centre, corner)
	}
}
