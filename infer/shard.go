package infer

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// A Shard is one of several parts that images are split into by a hash of their
// ids: the same on every machine, whatever else is in the folder.
type Shard struct{ Number, Of int } // 1 to Of

// Whole is all images.
var Whole = Shard{1, 1}

// ParseShard reads "2/8".
func ParseShard(text string) (Shard, error) {
	number, of, found := strings.Cut(text, "/")
	s := Shard{}
	var err1, err2 error
	s.Number, err1 = strconv.Atoi(number)
	s.Of, err2 = strconv.Atoi(of)
	if !found || err1 != nil || err2 != nil || s.Number < 1 || s.Number > s.Of {
		return s, fmt.Errorf("shard %q, want I/N with I from 1 to N, such as 1/8", text)
	}
	return s, nil
}

// String returns "2/8".
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Number, s.Of) }

// Has reports whether the image of that id belongs to the shard.
func (s Shard) Has(id string) bool {
	return hash(id)%uint64(s.Of) == uint64(s.Number-1)
}

// hash is FNV-1a of an id, the same on every machine.
func hash(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}
