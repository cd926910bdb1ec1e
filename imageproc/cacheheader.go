package imageproc

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A cache file is a header of headerSize bytes and then the crops in catalogue
// order, each [size, size, 3] bytes. All numbers are little-endian.
//
//	 0  magic      8 bytes
//	 8  version    uint32
//	12  size       uint32   side of a crop, pixels
//	16  count      uint64   crops
//	24  key       32 bytes  what the crops were made from, and how
//	56  pixels     uint32   CRC-32C of all that follows the header
//	60  header     uint32   CRC-32C of the 60 bytes before
const (
	headerSize   = 64
	cacheMagic   = "tfgcrops"
	cacheVersion = 1 // of this layout and of the pixels that Decode and Preprocessing make
)

// castagnoli is the polynomial that processors compute in hardware.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type cacheHeader struct {
	size   int
	count  int
	key    [sha256.Size]byte
	pixels uint32
}

// newCacheHeader describes the crops of c under p, decoded by d, but for their
// checksum.
func newCacheHeader(d *Decoder, c *galaxyzoo.Catalogue, p Preprocessing) cacheHeader {
	text := fmt.Sprintf("%d %s %s %d", cacheVersion, p, c.ImageKey(), c.Len())
	if d.JPEG != nil {
		text += " " + d.JPEG.Name()
	}
	return cacheHeader{size: p.CropSize(), count: c.Len(), key: sha256.Sum256([]byte(text))}
}

func (h cacheHeader) cropBytes() int { return 3 * h.size * h.size }

func (h cacheHeader) fileBytes() int64 {
	return headerSize + int64(h.count)*int64(h.cropBytes())
}

func (h cacheHeader) encode() []byte {
	b := make([]byte, 0, headerSize)
	b = append(b, cacheMagic...)
	b = binary.LittleEndian.AppendUint32(b, cacheVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(h.size))
	b = binary.LittleEndian.AppendUint64(b, uint64(h.count))
	b = append(b, h.key[:]...)
	b = binary.LittleEndian.AppendUint32(b, h.pixels)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeCacheHeader reads a header that must be that of want, whose checksum of
// the pixels is not known.
func decodeCacheHeader(b []byte, want cacheHeader) (cacheHeader, error) {
	switch {
	case string(b[:8]) != cacheMagic:
		return cacheHeader{}, errors.New("not a file of crops")
	case binary.LittleEndian.Uint32(b[60:]) != crc32.Checksum(b[:60], castagnoli):
		return cacheHeader{}, errors.New("the header is damaged")
	case binary.LittleEndian.Uint32(b[8:]) != cacheVersion:
		return cacheHeader{}, errors.New("written by another version")
	}
	want.pixels = binary.LittleEndian.Uint32(b[56:])
	if string(want.encode()) != string(b[:headerSize]) {
		return cacheHeader{}, errors.New("made from other images or settings")
	}
	return want, nil
}
