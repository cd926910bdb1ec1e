package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// headerSize is that of what stands before a record's data, in bytes.
const headerSize = 8 + 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame makes a TFRecord of a buffer whose first headerSize bytes are free and
// whose others are the data: the data's length and that length's checksum, the
// data, and the data's checksum, all little-endian. See "TFRecords format
// details" in TensorFlow's guide to tf.train.Example.
func frame(buffer []byte) []byte {
	data := buffer[headerSize:]
	binary.LittleEndian.PutUint64(buffer, uint64(len(data)))
	binary.LittleEndian.PutUint32(buffer[8:], checksum(buffer[:8]))
	return binary.LittleEndian.AppendUint32(buffer, checksum(data))
}

// checksum is CRC-32C, masked: the sum of data that holds sums of its own would
// else be a weak one.
func checksum(data []byte) uint32 {
	return bits.RotateLeft32(crc32.Checksum(data, castagnoli), -15) + 0xa282ead8
}
