package imageproc

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Recheck cuts the crops of some galaxies anew, as OpenCache did, and returns a
// *galaxyzoo.DataError where one is not that of the cache.
func (c *Cache) Recheck(d *Decoder, catalogue *galaxyzoo.Catalogue, p Preprocessing, positions ...int) error {
	crop, cached := make([]byte, c.header.cropBytes()), make([]byte, c.header.cropBytes())
	for _, i := range positions {
		g := catalogue.Galaxies[i]
		file, err := catalogue.Open(i)
		if err != nil {
			return err
		}
		img, err := d.Decode(file, g.File)
		if err = errors.Join(err, file.Close()); err != nil {
			return err
		}
		PackRGB(crop, p.Cut(img))
		if err := c.Crop(cached, i); err != nil {
			return err
		}
		if !bytes.Equal(crop, cached) {
			return &galaxyzoo.DataError{File: c.path, Err: fmt.Errorf("the crop of galaxy %d is not that of its image %s; remove this file, and it is built anew", g.ID, g.File)}
		}
	}
	return nil
}
