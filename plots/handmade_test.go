package plots_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

// handmadeVotes returns n rows of votes that obey the tree, the same on every
// machine: each answer's share is a random power, so that some questions are
// clear and others are not.
func handmadeVotes(n int) []galaxyzoo.Votes {
	rng := rand.New(rand.NewPCG(4, 2))
	rows := make([]galaxyzoo.Votes, n)
	for i := range rows {
		// Questions 10 and 11 are reached by an answer of 4, and 8 by one of 6,
		// so that in the order of numbers each reach is known in time.
		for _, q := range galaxyzoo.Questions {
			shares := make([]float64, len(q.Answers))
			sum := 0.0
			for k := range shares {
				shares[k] = math.Pow(rng.Float64(), 1+3*float64(k)) + 1e-3
				sum += shares[k]
			}
			for k, a := range q.Answers {
				rows[i][a.Column] = shares[k] / sum * rows[i].Reach(q)
			}
		}
	}
	return rows
}

// painted keeps the images made so far, which nobody changes.
var painted sync.Map

func handmadeImage(id int) *image.NRGBA {
	if img, ok := painted.Load(id); ok {
		return img.(*image.NRGBA)
	}
	img := paint(id)
	painted.Store(id, img)
	return img
}

// paint paints an ellipse of light that differs from id to id, with a
// bright companion above and to the right of it, so that a picture that is
// turned or mirrored is seen.
func paint(id int) *image.NRGBA {
	const size = galaxyzoo.ImageSize
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	tilt := float64(id) * 0.7
	sin, cos := math.Sincos(tilt)
	for y := range size {
		for x := range size {
			dx, dy := float64(x)-size/2, float64(y)-size/2
			u, v := (dx*cos+dy*sin)/40, (dy*cos-dx*sin)/(14+float64(id%5)*6)
			glow := 230 * math.Exp(-(u*u+v*v)/2)
			companion := 200 * math.Exp(-(math.Pow(dx-90, 2)+math.Pow(dy+110, 2))/120)
			img.SetNRGBA(x, y, color.NRGBA{
				R: uint8(min(glow+4, 255)), G: uint8(min(0.8*glow+companion*0.6+4, 255)),
				B: uint8(min(0.5*glow+companion+5, 255)), A: 255,
			})
		}
	}
	return img
}

// handmadeFolder writes n galaxies in Kaggle's layout.
func handmadeFolder(t testing.TB, dir string, n int) {
	t.Helper()
	labels := galaxyzoo.Labels{Votes: handmadeVotes(n)}
	folder := filepath.Join(dir, galaxyzoo.TrainingFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		id := 1001 + i
		labels.IDs = append(labels.IDs, int64(id))
		var b bytes.Buffer
		if err := jpeg.Encode(&b, handmadeImage(id), nil); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, strconv.Itoa(id)+".jpg"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := labels.Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, galaxyzoo.LabelFile), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// handmade is a survey of 400 rows of votes and 12 images, made once.
var handmade = sync.OnceValue(func() *plots.Survey {
	votes := handmadeVotes(400)
	s := &plots.Survey{Votes: votes}
	s.Labels = plots.Source{File: "handmade.csv", Galaxies: len(votes)}
	s.Images = plots.Source{File: "handmade images", Galaxies: 12, Skipped: 1}

	images := make([]*image.NRGBA, 12)
	s.Mean = plots.MeanImage{Size: galaxyzoo.ImageSize, Images: len(images),
		RGB: make([]float64, galaxyzoo.ImageSize*galaxyzoo.ImageSize*3)}
	for k := range images {
		images[k] = handmadeImage(k)
		for i := range s.Mean.RGB {
			s.Mean.RGB[i] += float64(images[k].Pix[i/3*4+i%3]) / float64(len(images))
		}
	}
	for _, a := range galaxyzoo.Answers {
		if a.Class() == "Class8.7" {
			continue // nobody's best: its cell stays empty
		}
		s.Examples = append(s.Examples, plots.Example{
			Answer: a, ID: int64(1000 + a.Column), Vote: 1 - float64(a.Column)/50, Image: images[a.Column%len(images)],
		})
	}
	return s
})

// survey reads a folder in full.
func survey(t testing.TB, dir string) *plots.Survey {
	t.Helper()
	c, err := galaxyzoo.OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := plots.NewSurvey(c)
	if err := s.ReadImages(context.Background(), c, nil); err != nil {
		t.Fatal(err)
	}
	return s
}
