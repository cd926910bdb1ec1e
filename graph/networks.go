package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Networks are the networks that can be named, each a fresh value.
func Networks() []Network {
	return []Network{
		{
			Name: "seed2", Size: 64, Init: FanInUniform, Output: Sigmoid,
			Doc: "two convolutions and three dense layers: the network that the seed study prints",
			Layers: []Layer{
				Conv{Filters: 64, Kernel: 9, Padding: 2}, ReLU{}, MaxPool{2},
				Conv{Filters: 96, Kernel: 5, Padding: 2, NoBias: true}, BatchNorm{}, ReLU{}, MaxPool{2},
				Flatten{},
				Dense{2700}, Dropout{.15}, ReLU{},
				Dense{675}, Dropout{.15}, ReLU{},
				Dense{galaxyzoo.NumAnswers},
			},
		},
		{
			Name: "seed3", Size: 64, Init: FanInUniform, Output: Sigmoid,
			Doc: "three convolutions and three dense layers: the network whose score the seed study reports",
			Layers: []Layer{
				Conv{Filters: 64, Kernel: 9, Padding: 4}, ReLU{}, MaxPool{2},
				Conv{Filters: 96, Kernel: 5, Padding: 2, NoBias: true}, BatchNorm{}, ReLU{}, MaxPool{2},
				Conv{Filters: 128, Kernel: 3, Padding: 1, NoBias: true}, BatchNorm{}, ReLU{}, MaxPool{2},
				Flatten{},
				Dense{1024}, Dropout{.15}, ReLU{},
				Dense{256}, Dropout{.15}, ReLU{},
				Dense{galaxyzoo.NumAnswers},
			},
		},
		{
			Name: "small", Size: 48, Init: HeNormal, Output: Sigmoid,
			Doc: "six convolutions with batch norm, for a laptop",
			Layers: slices.Concat(
				convNorm(32, 5), []Layer{MaxPool{2}},
				convNorm(64, 3), convNorm(64, 3), []Layer{MaxPool{2}},
				convNorm(128, 3), convNorm(128, 3), []Layer{MaxPool{2}},
				convNorm(256, 3), []Layer{MaxPool{2}},
				[]Layer{Flatten{},
					Dropout{.2}, Dense{512}, ReLU{},
					Dropout{.2}, Dense{galaxyzoo.NumAnswers}},
			),
		},
		{
			Name: "ng4", Size: 128, Init: HeNormal, Output: Sigmoid,
			Doc: "four convolutions with large kernels and batch norm, for a GPU",
			Layers: slices.Concat(
				convNorm(32, 17), []Layer{MaxPool{2}},
				convNorm(64, 13), []Layer{MaxPool{2}},
				convNorm(128, 9), []Layer{MaxPool{2}},
				convNorm(256, 7), []Layer{MaxPool{2}},
				[]Layer{Conv{Filters: 96, Kernel: 1}, ReLU{},
					Flatten{}, Dense{galaxyzoo.NumAnswers}},
			),
		},
		// The competition's winner (Dieleman, Willett & Dambre 2015, arXiv
		// 1503.07077), but for biases, which there each place of a map has of its own.
		{
			Name: "dieleman", Size: 99, Init: SmallNormal, Output: Tree,
			Doc: "16 turned and mirrored parts of an image through four convolutions, two maxout layers: the competition's winner, for a GPU",
			Layers: []Layer{
				Parts{View: 69, Side: 45},
				Conv{Filters: 32, Kernel: 6}, ReLU{}, MaxPool{2},
				Conv{Filters: 64, Kernel: 5}, ReLU{}, MaxPool{2},
				Conv{Filters: 128, Kernel: 3}, ReLU{},
				Conv{Filters: 128, Kernel: 3}, ReLU{}, MaxPool{2},
				Flatten{}, Join{PartsOfImage},
				Dropout{.5}, Maxout{Units: 2048, Pieces: 2},
				Dropout{.5}, Maxout{Units: 2048, Pieces: 2},
				Dropout{.5}, Dense{galaxyzoo.NumAnswers},
			},
		},
		{
			Name: "d4", Size: 48, Init: HeNormal, Output: Sigmoid,
			Doc:    "six convolutions that are equivariant under the square's rotations and mirrorings; turning an image changes no vote",
			Layers: groupNetwork(6, 2),
		},
		{
			Name: "d4-large", Size: 128, Init: HeNormal, Output: Sigmoid,
			Doc:    "the same with eight wider convolutions, for a GPU",
			Layers: groupNetwork(8, 3),
		},
	}
}

// groupNetwork is a network whose votes do not change as an image is turned by
// quarter turns or mirrored. Its blocks, and a last convolution, have twice the
// filters of what goes in on half its side. A norm behind a pool costs a quarter of
// one before it.
func groupNetwork(filters, blocks int) []Layer {
	half := []Layer{MaxPool{2}, GroupNorm{}, ReLU{}}
	layers := slices.Concat([]Layer{Lift{Filters: filters, Kernel: 5, Padding: 2}}, half)
	conv := GroupConv{Filters: filters, Kernel: 3, Padding: 1}
	for range blocks {
		conv.Filters *= 2
		layers = slices.Concat(layers, []Layer{conv, GroupNorm{}, ReLU{}, conv}, half)
	}
	conv.Filters *= 2
	return slices.Concat(layers, []Layer{conv}, half, []Layer{
		Dropout{.1}, GroupDense{512},
		Dropout{.1}, Dense{galaxyzoo.NumAnswers},
	})
}

// convNorm is a convolution that keeps the size, batch norm and ReLU.
func convNorm(filters, kernel int) []Layer {
	return []Layer{Conv{Filters: filters, Kernel: kernel, Padding: kernel / 2, NoBias: true}, BatchNorm{}, ReLU{}}
}

// NetworkNames lists the names that LookUp knows.
func NetworkNames() []string {
	var names []string
	for _, n := range Networks() {
		names = append(names, n.Name)
	}
	return names
}

// LookUp returns the network of that name.
func LookUp(name string) (*Network, error) {
	for _, n := range Networks() {
		if n.Name == name {
			return &n, nil
		}
	}
	return nil, fmt.Errorf("no network %q, want one of %s", name, strings.Join(NetworkNames(), ", "))
}
