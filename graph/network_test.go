package graph

import (
	"strings"
	"testing"
)

func TestWeightCounts(t *testing.T) {
	for name, want := range map[string]int{
		"seed2": 60_340_295, "seed3": 8_941_797, "small": 1_774_277, "d4": 1_950_371, "d4-large": 9_579_853, "ng4": 2_896_037, "dieleman": 42_303_237,
	} {
		net, err := LookUp(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := net.Weights()
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s has %d weights, want %d", name, got, want)
		}
	}
}

func TestShapes(t *testing.T) {
	tests := []struct {
		network string
		want    string // what comes out of each pool and dense layer
	}{
		{"seed2", "30x30x64 15x15x96 2700 675 37"},
		{"seed3", "32x32x64 16x16x96 8x8x128 1024 256 37"},
		{"d4", "24x24x48 12x12x96 6x6x192 3x3x384 37"},
		{"d4-large", "64x64x64 32x32x128 16x16x256 8x8x512 4x4x1024 37"},
		{"ng4", "64x64x32 32x32x64 16x16x128 8x8x256 37"},
		{"dieleman", "20x20x32 8x8x64 2x2x128 37"},
	}
	for _, test := range tests {
		net, _ := LookUp(test.network)
		table, err := net.Table()
		if err != nil {
			t.Fatal(err)
		}
		var shapes []string
		for _, row := range table {
			if strings.HasPrefix(row.Name, "pool") || strings.HasPrefix(row.Name, "dense") {
				shapes = append(shapes, Shape(row.Output).String())
			}
		}
		if got := strings.Join(shapes, " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.network, got, test.want)
		}
	}
}

// The multiply-adds of a convolution are its outputs times the inputs of each.
func TestMultiplyAdds(t *testing.T) {
	net, _ := LookUp("seed3")
	table, err := net.Table()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := table[0].MultiplyAdds, int64(64*64*64*9*9*3); got != want {
		t.Errorf("conv1: %d multiply-adds, want %d", got, want)
	}
}

func TestLayerErrors(t *testing.T) {
	votes := []Layer{Flatten{}, Dense{37}}
	tests := []struct {
		name   string
		size   int
		layers []Layer
		want   string
	}{
		{"kernel too large", 8, []Layer{MaxPool{2}, MaxPool{2}, Conv{Filters: 1, Kernel: 5}}, "conv1: 2x2 input is smaller than the 5x5 kernel"},
		{"pool too large", 8, []Layer{MaxPool{4}, MaxPool{4}}, "pool2: 2x2 input is smaller than the 4x4 pool"},
		{"second of a kind", 8, []Layer{Conv{Filters: 1, Kernel: 1}, Conv{Filters: 1, Kernel: 9}}, "conv2: 8x8 input is smaller than the 9x9 kernel"},
		{"no filters", 8, []Layer{Conv{Kernel: 3}}, "conv1: 0 filters, kernel 3, padding 0 and stride 1 make no convolution"},
		{"convolution after flatten", 8, []Layer{Flatten{}, Conv{Filters: 1, Kernel: 1}}, "conv1: wants an image, but its input is flattened already"},
		{"dense on an image", 8, []Layer{Dense{37}}, "dense1: wants a flattened input, not 8x8x3: put a flatten before it"},
		{"dense of nothing", 8, []Layer{Flatten{}, Dense{0}}, "dense1: 0 units make no layer"},
		{"dropout of all", 8, []Layer{Dropout{1}}, "dropout1: rate 1, want 0 <= rate < 1"},
		{"wrong output", 8, []Layer{Flatten{}, Dense{36}}, "the last layer gives 36, want 37 votes"},
		{"image as output", 8, []Layer{Conv{Filters: 37, Kernel: 8}}, "the last layer gives 1x1x37, want 37 votes"},
		{"no size", 0, votes, "input size 0, want at least 1 pixel"},
	}
	for _, test := range tests {
		net := Network{Name: "n", Size: test.size, Layers: test.layers, Output: Sigmoid}
		_, err := net.Table()
		if err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
		if _, err := NewTrainer(&net, Options{}); err == nil {
			t.Errorf("%s: a trainer was made of it", test.name)
		}
	}
	net := Network{Name: "n", Size: 8, Layers: votes, Output: "softmax"}
	if _, err := net.Table(); err == nil {
		t.Error("an unknown output was accepted")
	}
}

// Every named network differs from every other, and from itself with another
// size or output.
func TestDigest(t *testing.T) {
	seen := map[string]string{}
	add := func(name string, n Network) {
		d := n.Digest()
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[d] = name
	}
	for _, n := range Networks() {
		add(n.Name, n)
		n.Size++
		add(n.Name+" of another size", n)
		n.Output = Linear
		add(n.Name+", linear", n)
	}
	a, _ := LookUp("small")
	b, _ := LookUp("small")
	if a.Digest() != b.Digest() {
		t.Error("the digest of one network changes")
	}
}

func TestLookUpUnknown(t *testing.T) {
	if _, err := LookUp("seed4"); err == nil || !strings.Contains(err.Error(), "seed2, seed3") {
		t.Errorf("got %v, want an error that lists the networks", err)
	}
}
