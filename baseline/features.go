package baseline

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// A Colour is red, green and blue, in levels of 0 to 255.
type Colour [3]float64

// Features are what the regressions know of each galaxy. The slices run in
// parallel, in catalogue order.
type Features struct {
	Data    string // name of the catalogue
	IDs     []int64
	Votes   []galaxyzoo.Votes
	Central []Colour // of the pixel right of and below the centre: [212, 212] of 424 x 424
	Average []Colour // mean of the whole image
	// Bad are the errors of the images that were left out, by id.
	Bad []error
}

// ReadFeatures reads every image of the catalogue once, on all processors.
// Images that cannot be read are left out and listed in Bad. progress may be
// nil.
func ReadFeatures(ctx context.Context, c *galaxyzoo.Catalogue, progress func(done, total int)) (*Features, error) {
	m := NewMeter(c)
	bad, err := imageproc.Visit(ctx, &imageproc.DefaultDecoder, imageproc.CatalogueSources(c), progress, func(_, i int, img *image.NRGBA) error {
		m.Measure(i, img)
		return nil
	})
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(bad))
	for i, b := range bad {
		errs[i] = b.Err
	}
	return m.Features(errs)
}

// A Meter measures images that somebody else reads.
type Meter struct {
	catalogue        *galaxyzoo.Catalogue
	central, average []Colour
	seen             []bool
}

// NewMeter returns a Meter for the images of a catalogue.
func NewMeter(c *galaxyzoo.Catalogue) *Meter {
	n := c.Len()
	return &Meter{catalogue: c, central: make([]Colour, n), average: make([]Colour, n), seen: make([]bool, n)}
}

// Measure notes the colours of the image at a position in the catalogue. It may
// be called by several goroutines at once, for different positions.
func (m *Meter) Measure(position int, img *image.NRGBA) {
	m.central[position], m.average[position] = measure(img)
	m.seen[position] = true
}

// Features returns what was measured. bad are the errors of the images that
// were not.
func (m *Meter) Features(bad []error) (*Features, error) {
	f := &Features{Data: m.catalogue.Name, Bad: bad}
	for i, g := range m.catalogue.Galaxies {
		if !m.seen[i] {
			continue
		}
		f.IDs = append(f.IDs, g.ID)
		f.Votes = append(f.Votes, g.Votes)
		f.Central = append(f.Central, m.central[i])
		f.Average = append(f.Average, m.average[i])
	}
	if len(f.IDs) == 0 {
		cause := errors.New("there are no galaxies")
		if len(bad) > 0 {
			cause = bad[0]
		}
		return nil, fmt.Errorf("failed to measure colours: none of %d images could be read: %w", m.catalogue.Len(), cause)
	}
	return f, nil
}

// measure returns the colour of the central pixel and the average colour.
func measure(img *image.NRGBA) (central, average Colour) {
	r := img.Rect
	p := img.NRGBAAt(r.Min.X+r.Dx()/2, r.Min.Y+r.Dy()/2)
	central = Colour{float64(p.R), float64(p.G), float64(p.B)}

	var sums [3]uint64 // whole numbers: the order of addition leaves no trace
	for y := range r.Dy() {
		row := img.Pix[y*img.Stride : y*img.Stride+4*r.Dx()]
		for x := 0; x < len(row); x += 4 {
			sums[0] += uint64(row[x])
			sums[1] += uint64(row[x+1])
			sums[2] += uint64(row[x+2])
		}
	}
	for k, sum := range sums {
		average[k] = float64(sum) / float64(r.Dx()*r.Dy())
	}
	return central, average
}
