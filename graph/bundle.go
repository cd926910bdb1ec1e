package graph

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math/bits"
	"os"

	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"
)

// A bundle is the index of a checkpoint: where in which file each variable lies.
// TensorFlow itself reads only variables whose names and types one knows before.
type bundle struct {
	prefix  string
	digest  string // SHA-256 of the index, which has a checksum of each variable
	shards  int32
	entries map[string]*corepb.BundleEntryProto
}

// The index is a table as LevelDB has them, without compression: see "table
// format" in its documentation. The entry with no name describes the bundle.
const (
	tableFooter  = 48                 // bytes at the end: two handles, zeros, and the mark
	tableMark    = 0xdb4775248b80fb57 // of such a table
	tableTrailer = 5                  // bytes behind a block: its compression, and a checksum
)

var errTable = errors.New("it is damaged, or no index of a checkpoint")

// openBundle reads the index of the checkpoint whose files begin with prefix.
func openBundle(prefix string) (*bundle, error) {
	table, err := os.ReadFile(prefix + ".index")
	if err != nil {
		return nil, err
	}
	b := &bundle{prefix: prefix, entries: map[string]*corepb.BundleEntryProto{}}
	var header corepb.BundleHeaderProto
	err = eachInTable(table, func(key string, value []byte) error {
		if key == "" {
			return proto.Unmarshal(value, &header)
		}
		entry := &corepb.BundleEntryProto{}
		b.entries[key] = entry
		return proto.Unmarshal(value, entry)
	})
	if err == nil && (header.NumShards < 1 || header.Endianness != corepb.BundleHeaderProto_LITTLE) {
		err = errors.New("it was written on another kind of machine")
	}
	if err != nil {
		return nil, fmt.Errorf("%s.index: %w", prefix, err)
	}
	b.digest, b.shards = digestOf(table), header.NumShards
	return b, b.checkFiles()
}

// file is the file that an entry lies in.
func (b *bundle) file(entry *corepb.BundleEntryProto) string {
	return fmt.Sprintf("%s.data-%05d-of-%05d", b.prefix, entry.ShardId, b.shards)
}

// checkFiles looks whether the files that the index tells of are there, and as long
// as they have to be.
func (b *bundle) checkFiles() error {
	for name, entry := range b.entries {
		info, err := os.Stat(b.file(entry))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is missing, which has %s", b.file(entry), name)
		}
		if err != nil {
			return err
		}
		if entry.Offset < 0 || entry.Size < 0 || entry.Offset > info.Size()-entry.Size {
			return fmt.Errorf("%s ends before %s does: it was cut", b.file(entry), name)
		}
	}
	return nil
}

// floats reads one of the float32 variables, whose checksum it verifies.
func (b *bundle) floats(name string) ([]float32, error) {
	entry := b.entries[name]
	file := b.file(entry)
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	values := make([]float32, Variable{Shape: dims(entry.Shape)}.Elements())
	content := bytesOf(values)
	if int64(len(content)) != entry.Size {
		return nil, fmt.Errorf("%s.index: %s has %d bytes, want %d", b.prefix, name, entry.Size, len(content))
	}
	if _, err := f.ReadAt(content, entry.Offset); err != nil {
		return nil, err
	}
	if maskedChecksum(content) != entry.Crc32C {
		return nil, fmt.Errorf("%s: %s is damaged: its checksum is another", file, name)
	}
	return values, nil
}

// eachInTable calls visit with each entry of a table, in their order.
func eachInTable(table []byte, visit func(key string, value []byte) error) error {
	if len(table) < tableFooter || binary.LittleEndian.Uint64(table[len(table)-8:]) != tableMark {
		return errTable
	}
	footer := table[len(table)-tableFooter:]
	_, rest, err := blockAt(table, footer) // of what the table has no use for
	if err != nil {
		return err
	}
	index, _, err := blockAt(table, rest)
	if err != nil {
		return err
	}
	return eachInBlock(index, func(_ string, handle []byte) error {
		block, _, err := blockAt(table, handle)
		if err != nil {
			return err
		}
		return eachInBlock(block, visit)
	})
}

// blockAt returns the block that a handle points to, and what follows the handle.
func blockAt(table, handle []byte) (block, rest []byte, err error) {
	numbers, rest, err := varints(handle, 2)
	if err != nil {
		return nil, nil, err
	}
	from, size, end := numbers[0], numbers[1], uint64(len(table)-tableTrailer)
	if from > end || size > end-from {
		return nil, nil, errTable
	}
	trailer := table[from+size:][:tableTrailer]
	if trailer[0] != 0 || maskedChecksum(table[from:from+size+1]) != binary.LittleEndian.Uint32(trailer[1:]) {
		return nil, nil, errTable
	}
	return table[from : from+size], rest, nil
}

// eachInBlock calls visit with each entry of a block. A key is given by how much
// of the one before it begins with, and the rest.
func eachInBlock(block []byte, visit func(key string, value []byte) error) error {
	if len(block) < 4 {
		return errTable
	}
	restarts := uint64(binary.LittleEndian.Uint32(block[len(block)-4:])) // places to search from, at the end
	if 4*(restarts+1) > uint64(len(block)) {
		return errTable
	}
	block = block[:uint64(len(block))-4*(restarts+1)]
	var key []byte
	for len(block) > 0 {
		numbers, rest, err := varints(block, 3)
		if err != nil {
			return err
		}
		shared, own, size := numbers[0], numbers[1], numbers[2]
		if shared > uint64(len(key)) || own > uint64(len(rest)) || size > uint64(len(rest))-own {
			return errTable
		}
		key = append(key[:shared], rest[:own]...)
		if err := visit(string(key), rest[own:own+size]); err != nil {
			return err
		}
		block = rest[own+size:]
	}
	return nil
}

// varints reads n numbers from the start of data.
func varints(data []byte, n int) (numbers []uint64, rest []byte, err error) {
	for range n {
		x, length := binary.Uvarint(data)
		if length <= 0 {
			return nil, nil, errTable
		}
		numbers, data = append(numbers, x), data[length:]
	}
	return numbers, data, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedChecksum is CRC-32C in the form in which TensorFlow's files have it.
func maskedChecksum(data []byte) uint32 {
	return bits.RotateLeft32(crc32.Checksum(data, castagnoli), -15) + 0xa282ead8
}
