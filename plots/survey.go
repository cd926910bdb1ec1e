package plots

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// A Survey is what the figures of the data are drawn from.
type Survey struct {
	Votes []galaxyzoo.Votes // of every galaxy, in catalogue order
	// Labels and Images name the sources of figures drawn from votes alone
	// and from images.
	Labels, Images Source
	Mean           MeanImage
	// Examples holds, for each answer, the readable image with the highest
	// vote, in column order. Of equals it is the one with the lowest id.
	Examples []Example
	// Bad are the errors of the images that were left out, by id.
	Bad []error
}

// An Example is one galaxy that stands for an answer.
type Example struct {
	Answer galaxyzoo.Answer
	ID     int64
	Vote   float64
	Image  *image.NRGBA
}

// NewSurvey returns the survey of a catalogue's votes. The figures that show
// images need ReadImages besides.
func NewSurvey(c *galaxyzoo.Catalogue) *Survey {
	s := &Survey{Votes: make([]galaxyzoo.Votes, c.Len())}
	for i, g := range c.Galaxies {
		s.Votes[i] = g.Votes
	}
	s.Labels = Source{File: c.Name, Galaxies: c.Len()}
	s.Images = s.Labels
	if !strings.HasPrefix(c.Name, "synthetic:") {
		// The folder's own name is enough, and does not tell where on whose
		// machine it lies.
		folder := filepath.Base(c.Name)
		s.Labels.File = folder + "/" + galaxyzoo.LabelFile
		s.Images.File = folder + "/" + galaxyzoo.TrainingFolder
	}
	return s
}

// ReadImages reads every image of the catalogue once, on all processors, and
// completes the survey with what the figures show of them. Images that cannot
// be read are left out and listed in Bad; none at all is no error here, but
// for the figures that need one. progress may be nil. Whoever else wants to see
// the images, so that none is decoded twice, is called with each of them and its
// position, by several goroutines at once.
func (s *Survey) ReadImages(ctx context.Context, c *galaxyzoo.Catalogue, progress func(done, total int),
	watchers ...func(position int, img *image.NRGBA)) error {

	if c.Len() != len(s.Votes) {
		return fmt.Errorf("failed to read the images: a catalogue of %d galaxies, the survey is of %d", c.Len(), len(s.Votes))
	}
	tallies := make([]tally, imageproc.Visitors())
	bad, err := imageproc.Visit(ctx, &imageproc.DefaultDecoder, imageproc.CatalogueSources(c), progress, func(worker, i int, img *image.NRGBA) error {
		tallies[worker].add(i, c.Galaxies[i], img)
		for _, watch := range watchers {
			watch(i, img)
		}
		return nil
	})
	if err != nil {
		return err
	}
	total := &tallies[0]
	for i := range tallies[1:] {
		total.merge(&tallies[1+i])
	}

	s.Mean = total.mean()
	s.Examples = nil
	for column, best := range total.best {
		if best.img != nil {
			g := c.Galaxies[best.position]
			s.Examples = append(s.Examples, Example{
				Answer: galaxyzoo.Answers[column], ID: g.ID, Vote: g.Votes[column], Image: best.img,
			})
		}
	}
	s.Bad = nil
	for _, b := range bad {
		s.Bad = append(s.Bad, b.Err)
	}
	s.Images.Galaxies = total.images
	s.Images.Skipped = len(bad)
	return nil
}

// tally is one worker's share of a survey. Sums are whole numbers, so that the
// result does not depend on who added what.
type tally struct {
	images int
	sums   []uint64 // RGB, galaxyzoo.ImageSize squared
	best   [galaxyzoo.NumAnswers]struct {
		img      *image.NRGBA
		position int
		vote     float64
	}
}

func (t *tally) add(position int, g galaxyzoo.Galaxy, img *image.NRGBA) {
	const size = galaxyzoo.ImageSize
	if t.sums == nil {
		t.sums = make([]uint64, size*size*3)
	}
	t.images++
	for column, vote := range g.Votes {
		t.offer(column, vote, position, img)
	}
	if img.Rect.Dx() != size || img.Rect.Dy() != size {
		img = imageproc.Resize(img, size, size)
	}
	for y := range size {
		row := img.Pix[y*img.Stride : y*img.Stride+4*size]
		sums := t.sums[y*size*3 : (y+1)*size*3]
		for x := range size {
			sums[3*x] += uint64(row[4*x])
			sums[3*x+1] += uint64(row[4*x+1])
			sums[3*x+2] += uint64(row[4*x+2])
		}
	}
}

// offer takes the image as the best of an answer if it is.
func (t *tally) offer(column int, vote float64, position int, img *image.NRGBA) {
	best := &t.best[column]
	if best.img == nil || vote > best.vote || vote == best.vote && position < best.position {
		best.img, best.vote, best.position = img, vote, position
	}
}

func (t *tally) merge(other *tally) {
	if other.images == 0 {
		return
	}
	if t.images == 0 {
		*t = *other
		return
	}
	t.images += other.images
	for i, x := range other.sums {
		t.sums[i] += x
	}
	for column, b := range other.best {
		t.offer(column, b.vote, b.position, b.img)
	}
}

func (t *tally) mean() MeanImage {
	m := MeanImage{Size: galaxyzoo.ImageSize, Images: t.images}
	if t.images == 0 {
		return m
	}
	m.RGB = make([]float64, len(t.sums))
	for i, x := range t.sums {
		m.RGB[i] = float64(x) / float64(t.images)
	}
	return m
}
