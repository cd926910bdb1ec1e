package serve

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
)

// Arrays of any shape are read back as they were written.
func TestReadLevels(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		shape := make([]int, 1+random.IntN(4))
		for i := range shape {
			shape[i] = 1 + random.IntN(5)
		}
		var want []byte
		var build func(depth int) any
		build = func(depth int) any {
			if depth == len(shape) {
				level := byte(random.UintN(256))
				want = append(want, level)
				return int(level)
			}
			list := make([]any, shape[depth])
			for i := range list {
				list[i] = build(depth + 1)
			}
			return list
		}
		text, err := json.MarshalIndent(build(0), "\t", " ")
		if err != nil {
			t.Fatal(err)
		}
		got, gotShape, err := readLevels(text, len(want))
		if err != nil || !slices.Equal(got, want) || !slices.Equal(gotShape, shape) {
			t.Fatalf("%s: got %v of shape %v, %v; want %v of shape %v", text, got, gotShape, err, want, shape)
		}
		if _, _, err := readLevels(text, len(want)-1); err == nil {
			t.Fatalf("%s: has more than %d values, and is read", text, len(want)-1)
		}
	}
}

// No array of JSON makes it fail in another way than with an error, and what it
// reads fills its shape.
func FuzzReadLevels(f *testing.F) {
	for _, seed := range []string{`[]`, `[[],[]]`, `[1,2.5]`, `[-0, 1e1]`, `[[[1,2,3],[4,5,6]]]`, `[null,true,"x",{}]`, `[[1],[[2]]]`, `[0.1e1]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var value json.RawMessage
		if json.Unmarshal([]byte(text), &value) != nil || value[0] != '[' {
			return
		}
		data, shape, err := readLevels(value, 100)
		if err != nil {
			return
		}
		n := 1
		for _, d := range shape {
			n *= d
		}
		if len(data) != n {
			t.Errorf("%s: %d values of shape %v", value, len(data), shape)
		}
	})
}
