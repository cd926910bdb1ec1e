package galaxyzoo

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math"
)

// Fingerprint identifies the catalogue's content: ids, votes and image sizes,
// and for a synthetic catalogue how its images are drawn. It is the same for a
// copy of the folder elsewhere.
func (c *Catalogue) Fingerprint() string { return c.hash(false) }

// ImageKey identifies the image files as they are on this disk: ids, sizes and
// times of last change. It differs once an image is replaced, and is what a
// cache of crops is keyed by.
func (c *Catalogue) ImageKey() string { return c.hash(true) }

func (c *Catalogue) hash(files bool) string {
	h := sha256.New()
	var b [8]byte
	put := func(x uint64) {
		binary.LittleEndian.PutUint64(b[:], x)
		h.Write(b[:])
	}
	io.WriteString(h, c.origin)
	for i := range c.Galaxies {
		g := &c.Galaxies[i]
		put(uint64(g.ID))
		put(uint64(g.size))
		if files {
			put(uint64(g.modified))
			continue
		}
		for _, x := range g.Votes {
			put(math.Float64bits(x))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
