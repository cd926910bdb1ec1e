package infer

import (
	"fmt"
	"testing"
)

func TestShard(t *testing.T) {
	counts := map[int]int{}
	for id := range 3000 {
		in := 0
		for n := 1; n <= 3; n++ {
			if (Shard{n, 3}).Has(fmt.Sprint(id)) {
				in, counts[n] = in+1, counts[n]+1
			}
		}
		if in != 1 {
			t.Fatalf("image %d is in %d shards", id, in)
		}
	}
	for n, count := range counts {
		if count < 900 || count > 1100 { // 26 is a standard deviation
			t.Errorf("shard %d has %d of 3000 images", n, count)
		}
	}
	if !(Shard{1, 5}).Has("100008") || !Whole.Has("100008") {
		t.Error("image 100008 has changed its shard")
	}
	for _, text := range []string{"", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%q is shard %v, want an error", text, s)
		}
	}
	if s, err := ParseShard("2/8"); err != nil || s.String() != "2/8" {
		t.Errorf("2/8 is %v, %v", s, err)
	}
}
