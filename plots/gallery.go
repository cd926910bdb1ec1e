package plots

import (
	"errors"
	"fmt"
	"image"
	"path/filepath"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// A Portrait is a galaxy of a gallery.
type Portrait struct {
	ID         string
	Image      *image.NRGBA // nil where it could not be read
	File       string       // of the image
	Similarity float64      // to the galaxy that was asked for
}

// portraitPixels are kept of the longer side of an image: more than is seen of the
// galaxy asked for, so that a gallery of survey images fits in memory.
const portraitPixels = 800

// ReadImage reads the portrait's image from its file; a large one is scaled down.
// Errors are *galaxyzoo.DataError.
func (p *Portrait) ReadImage() error {
	img, err := imageproc.DefaultDecoder.Read(imageproc.Entry{ID: p.ID, File: p.File}.Source())
	if err != nil {
		return err
	}
	p.Image = imageproc.Shrink(img, portraitPixels)
	return nil
}

// GalleryMost is how many galaxies a gallery shows at most beside the one that
// was asked for: two pages of them.
const GalleryMost = 96

// Measures of the gallery, in points. The galaxy that was asked for takes the
// place of galleryLead columns and rows.
const (
	galleryColumns = 7
	galleryLead    = 3
	galleryGap     = vg.Length(8)
	galleryTile    = (FullWidth - (galleryColumns-1)*galleryGap) / galleryColumns
	galleryLabel   = vg.Length(21)
	galleryPitchX  = galleryTile + galleryGap
	galleryPitchY  = galleryTile + galleryLabel + galleryGap
	gallerySide    = galleryLead*galleryPitchX - galleryGap
)

// Gallery draws a galaxy, and those most like it by their features, in the order
// given. src says where the features came from, and among how many galaxies they
// were sought.
func Gallery(query Portrait, nearest []Portrait, src Source) (*Figure, error) {
	if len(nearest) == 0 || len(nearest) > GalleryMost {
		return nil, fmt.Errorf("failed to draw the gallery: %w", errGallery)
	}
	height := vg.Length(0)
	for i := range nearest {
		_, row := galleryPlace(i)
		height = max(height, vg.Length(row+1)*galleryPitchY-galleryGap)
	}
	return &Figure{
		Name:  "gallery",
		Title: "The galaxies most similar to " + query.ID,
		Caption: src.caption("Row by row, from the most similar on: the galaxy's id, and the cosine of the angle between its features and those of "+query.ID+
			" (1: the same direction).", fmt.Sprintf("Shown: %s.", Count(len(nearest)))),
		Width:  FullWidth,
		Height: max(height, gallerySide+galleryLabel),
		Draw: func(c *Canvas) {
			drawPortrait(c, query, c.Min.X, c.Max.Y, gallerySide, "the galaxy asked for")
			for i, p := range nearest {
				column, row := galleryPlace(i)
				drawPortrait(c, p, c.Min.X+vg.Length(column)*galleryPitchX, c.Max.Y-vg.Length(row)*galleryPitchY, galleryTile, Decimal(p.Similarity, 3))
			}
		},
	}, nil
}

var errGallery = errors.New("want 1 to " + Count(GalleryMost) + " galaxies beside the one asked for")

// galleryPlace returns the column and row of the i-th nearest galaxy: those
// beside the one asked for are filled first.
func galleryPlace(i int) (column, row int) {
	const beside = galleryColumns - galleryLead
	if i < beside*galleryLead {
		return galleryLead + i%beside, i / beside
	}
	i -= beside * galleryLead
	return i % galleryColumns, galleryLead + i/galleryColumns
}

// drawPortrait draws a galaxy with its upper left corner at x, y.
func drawPortrait(c *Canvas, p Portrait, x, y, side vg.Length, note string) {
	frame := box(x, y-side, side, side)
	if p.Image == nil || p.Image.Rect.Empty() {
		drawEmpty(c, frame, "no image "+filepath.Base(p.File))
		c.Frame(frame, LineHair, c.Theme.Muted)
	} else {
		c.FillRect(frame, c.Theme.Panel) // beside an image that is no square
		c.Photo(fitted(frame, p.Image.Rect.Size()), p.Image)
	}
	style, id := Fitted(Aligned(Bold(c.Type(SizeBody)), Left, Top), p.ID, side)
	c.Text(style, x, frame.Min.Y-2.5, id)
	c.Text(Aligned(c.Note(SizeSmall), Left, Top), x, frame.Min.Y-2.5-lineHeight(SizeBody), note)
}

// fitted returns the largest rectangle of an image's shape in the middle of r.
func fitted(r vg.Rectangle, size image.Point) vg.Rectangle {
	scale := min(r.Size().X/vg.Length(size.X), r.Size().Y/vg.Length(size.Y))
	width, height := scale*vg.Length(size.X), scale*vg.Length(size.Y)
	return box((r.Min.X+r.Max.X-width)/2, (r.Min.Y+r.Max.Y-height)/2, width, height)
}
