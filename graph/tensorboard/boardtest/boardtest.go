// Package boardtest reads event files back, for tests.
package boardtest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"testing"

	eventpb "github.com/wamuir/graft/tensorflow/core/util/event_go_proto"
	"google.golang.org/protobuf/proto"
)

// Read returns the events of a file. A fault in its records ends the test. The
// masked sum is computed as TensorFlow's guide prints it, by shifts, so that the
// writer is not held against itself.
func Read(t testing.TB, path string) []*eventpb.Event {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file := bytes.NewBuffer(content)
	next := func(n uint64) []byte {
		if uint64(file.Len()) < n {
			t.Fatalf("%s: %d bytes left, want %d", path, file.Len(), n)
		}
		return file.Next(int(n))
	}
	checked := func(data []byte) []byte {
		crc := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
		want := (crc>>15 | crc<<17) + 0xa282ead8
		if got := binary.LittleEndian.Uint32(next(4)); got != want {
			t.Fatalf("%s: checksum %#x, want %#x, before byte %d", path, got, want, len(content)-file.Len())
		}
		return data
	}
	var events []*eventpb.Event
	for file.Len() > 0 {
		size := binary.LittleEndian.Uint64(checked(next(8)))
		e := &eventpb.Event{}
		if err := proto.Unmarshal(checked(next(size)), e); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		events = append(events, e)
	}
	return events
}
