package plots

import (
	"fmt"
	"image"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// Measures of the regions of interest, in points.
const (
	roiColumns = 5
	roiGap     = vg.Length(11)
	roiInner   = vg.Length(2) // between an image and its crop
	roiSide    = (FullWidth - (roiColumns-1)*roiGap - roiColumns*roiInner) / (2 * roiColumns)
	roiLabel   = vg.Length(13)
	roiRowGap  = vg.Length(6)
)

// RegionsOfInterest draws, for each example, the region of interest as a
// rectangle on the whole image, and the crop it gives at the size, in pixels,
// that a network sees.
func RegionsOfInterest(examples []Example, size int, src Source) (*Figure, error) {
	p := imageproc.Preprocessing{Crop: imageproc.CropROI, Size: size}
	byColumn, err := examplesByColumn(examples)
	if err == nil {
		err = p.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("failed to draw the regions of interest: %w", err)
	}
	rows := vg.Length((galaxyzoo.NumAnswers + roiColumns - 1) / roiColumns)
	return &Figure{
		Name:  "roi",
		Title: "What is cut out of each image",
		Caption: src.caption("The galaxies with the highest vote of each answer. Left: the whole image with the region of interest.",
			fmt.Sprintf("Right: the crop, brought to %d × %d pixels. Where the region would leave the frame, the whole image is kept.", size, size)),
		Width:  FullWidth,
		Height: rows*(roiSide+roiLabel) + (rows-1)*roiRowGap,
		Draw: func(c *Canvas) {
			for column, e := range byColumn {
				x := c.Min.X + vg.Length(column%roiColumns)*(2*roiSide+roiInner+roiGap)
				y := c.Max.Y - vg.Length(column/roiColumns)*(roiSide+roiLabel+roiRowGap) - roiSide
				whole, crop := box(x, y, roiSide, roiSide), box(x+roiSide+roiInner, y, roiSide, roiSide)
				style, name := Fitted(Aligned(c.Type(SizeSmall), Left, Top), label(galaxyzoo.Answers[column]), 2*roiSide)
				c.Text(style, x, y-2, name)
				if e == nil {
					c.FillRect(whole, c.Theme.Panel)
					c.FillRect(crop, c.Theme.Panel)
					continue
				}
				c.Photo(whole, e.Image)
				c.Frame(within(whole, e.Image.Rect, imageproc.RegionOfInterest(e.Image)), LineThin, Dark.Second)
				c.Photo(crop, p.Apply(e.Image))
			}
		},
	}, nil
}

// within returns where the pixels part of an image whose bounds are drawn over
// r come to lie, kept half a line inside of it.
func within(r vg.Rectangle, bounds, part image.Rectangle) vg.Rectangle {
	sx := r.Size().X / vg.Length(bounds.Dx())
	sy := r.Size().Y / vg.Length(bounds.Dy())
	inner := vg.Rectangle{
		Min: pt(r.Min.X+sx*vg.Length(part.Min.X-bounds.Min.X), r.Max.Y-sy*vg.Length(part.Max.Y-bounds.Min.Y)),
		Max: pt(r.Min.X+sx*vg.Length(part.Max.X-bounds.Min.X), r.Max.Y-sy*vg.Length(part.Min.Y-bounds.Min.Y)),
	}
	const half = LineThin / 2
	inner.Min.X, inner.Min.Y = max(inner.Min.X, r.Min.X+half), max(inner.Min.Y, r.Min.Y+half)
	inner.Max.X, inner.Max.Y = min(inner.Max.X, r.Max.X-half), min(inner.Max.Y, r.Max.Y-half)
	return inner
}
