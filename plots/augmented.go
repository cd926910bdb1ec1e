package plots

import (
	"errors"
	"fmt"
	"image"

	"gonum.org/v1/plot/vg"
)

// Measures of the batch, in points.
const (
	batchColumns = 8
	batchGap     = vg.Length(3)
	batchTile    = (FullWidth - (batchColumns-1)*batchGap) / batchColumns
)

// Augmented draws the first images of a batch as the network is given them.
// sheet holds them as tiles of tile x tile pixels, row by row; tiles that are
// empty at its end are left out.
func Augmented(sheet *image.NRGBA, tile int, file string) (*Figure, error) {
	fail := func(err error) (*Figure, error) { return nil, fmt.Errorf("failed to draw the first batch: %w", err) }
	if sheet == nil || sheet.Rect.Empty() {
		return fail(errors.New("no picture of it"))
	}
	size := sheet.Rect.Size()
	if tile < 1 || size.X%tile != 0 || size.Y%tile != 0 {
		return fail(fmt.Errorf("a picture of %d × %d pixels is not made of tiles of %d", size.X, size.Y, tile))
	}
	var tiles []image.Image
	filled := 0
	for y := 0; y < size.Y; y += tile {
		for x := 0; x < size.X; x += tile {
			at := sheet.Rect.Min.Add(image.Pt(x, y))
			img := sheet.SubImage(image.Rectangle{Min: at, Max: at.Add(image.Pt(tile, tile))}).(*image.NRGBA)
			tiles = append(tiles, img)
			if !blank(img) {
				filled = len(tiles)
			}
		}
	}
	tiles = tiles[:max(filled, 1)]
	rows := (len(tiles) + batchColumns - 1) / batchColumns
	return &Figure{
		Name:  "augmented",
		Title: "A batch as the network sees it",
		Caption: fmt.Sprintf("The first %s of the first batch after cropping, turning and mirroring as the run was told to, at %d × %d pixels. From %s.",
			plural(len(tiles), "image", "images"), tile, tile, file),
		Width:  FullWidth,
		Height: vg.Length(rows)*(batchTile+batchGap) - batchGap,
		Draw: func(c *Canvas) {
			for i, img := range tiles {
				x := c.Min.X + vg.Length(i%batchColumns)*(batchTile+batchGap)
				y := c.Max.Y - vg.Length(i/batchColumns)*(batchTile+batchGap) - batchTile
				c.Photo(box(x, y, batchTile, batchTile), img)
			}
		},
	}, nil
}

// blank reports whether nothing was drawn on a tile.
func blank(img *image.NRGBA) bool {
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			p := img.NRGBAAt(x, y)
			if p.A != 0 && (p.R != 0 || p.G != 0 || p.B != 0) {
				return false
			}
		}
	}
	return true
}
