package imageproc

import (
	"encoding/binary"
	"hash/crc32"
)

// withChunk puts a chunk behind the header of a PNG.
func withChunk(file []byte, kind string, data []byte) []byte {
	const header = 8 + 4 + 4 + 13 + 4
	chunk := append([]byte(kind), data...)
	b := append([]byte(nil), file[:header]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, chunk...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
	return append(b, file[header:]...)
}
