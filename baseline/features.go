package baseline

import (
	"context"
	"fmt"
	"image"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/sweep"
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
	central := make([]Colour, c.Len())
	average := make([]Colour, c.Len())
	bad, err := sweep.Images(ctx, c, progress, func(_, i int, img *image.NRGBA) {
		central[i], average[i] = measure(img)
	})
	if err != nil {
		return nil, err
	}

	f := &Features{Data: c.Name}
	for i, g := range c.Galaxies {
		if len(bad) > 0 && bad[0].Position == i {
			f.Bad = append(f.Bad, bad[0].Err)
			bad = bad[1:]
			continue
		}
		f.IDs = append(f.IDs, g.ID)
		f.Votes = append(f.Votes, g.Votes)
		f.Central = append(f.Central, central[i])
		f.Average = append(f.Average, average[i])
	}
	if len(f.IDs) == 0 {
		return nil, fmt.Errorf("failed to measure colours: none of %d images could be read: %w", len(f.Bad), f.Bad[0])
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
