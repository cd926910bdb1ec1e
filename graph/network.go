package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Channels is the number of channels of an input image.
const Channels = 3

// A Shape is the size of one example between two layers: [height, width,
// channels] or, once flattened, [features].
type Shape []int

// Elements returns the product of the dimensions.
func (s Shape) Elements() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// String returns "64x64x3".
func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = fmt.Sprint(d)
	}
	return strings.Join(parts, "x")
}

// A Network is a convolutional network as data. Layers are named by their kind
// and count, "conv1", "norm1", "conv2", and their variables after them,
// "conv1/kernel".
type Network struct {
	Name   string
	Doc    string // what it is, in a line
	Size   int    // height and width of its input in pixels
	Init   Init
	Layers []Layer
	Output Output
}

// A Layer is one step of a network. The layers of this package are plain
// values: Conv, BatchNorm, ReLU, MaxPool, Flatten, Dense, Maxout, Dropout, Parts
// and Join, and Lift, GroupConv, GroupNorm, GroupPool and GroupDense, whose maps turn
// with the image. Behind Parts, an example is one part of an image.
type Layer interface {
	// Kind is the stem of the layer's name.
	Kind() string
	// String describes the layer's settings in a few words.
	String() string
	// outputShape returns the shape of what comes out for what goes in, or
	// an error that says why it cannot.
	outputShape(in Shape) (Shape, error)
	// variables lists what the layer learns, with names local to it.
	variables(in Shape) []Variable
	// multiplyAdds counts those of one example's forward pass.
	multiplyAdds(in Shape) int64
	// build adds the layer to the graph.
	build(p *pass)
}

// A LayerInfo is one row of a network's table.
type LayerInfo struct {
	Name         string `json:"name"`
	Settings     string `json:"settings"`
	Output       []int  `json:"output"`
	Weights      int    `json:"weights"`       // trained values; batch norm's moving averages are not
	MultiplyAdds int64  `json:"multiply_adds"` // of one image's forward pass
	Parts        int    `json:"parts"`         // such outputs that an image has: see Parts; else 1
	layer        Layer  // the layer described
	in           Shape  // what goes into it
	vars         []Variable
}

// Variables lists what the layer learns and follows, under its full names.
func (l LayerInfo) Variables() []Variable { return slices.Clone(l.vars) }

// Table lists the network's layers with shapes, weights and multiply-adds. It
// returns an error that names the first layer that does not fit its input.
func (n *Network) Table() ([]LayerInfo, error) {
	if n.Size < 1 {
		return nil, fmt.Errorf("network %q: input size %d, want at least 1 pixel", n.Name, n.Size)
	}
	if _, err := lookUpOutput(n.Output); err != nil {
		return nil, fmt.Errorf("network %q: %w", n.Name, err)
	}
	shape := Shape{n.Size, n.Size, Channels}
	parts := 1
	count := map[string]int{}
	var table []LayerInfo
	for _, l := range n.Layers {
		count[l.Kind()]++
		name := fmt.Sprintf("%s%d", l.Kind(), count[l.Kind()])
		out, err := l.outputShape(shape)
		if err != nil {
			return nil, fmt.Errorf("network %q: %s: %w", n.Name, name, err)
		}
		info := LayerInfo{
			Name: name, Settings: l.String(), Output: slices.Clone(out),
			MultiplyAdds: int64(parts) * l.multiplyAdds(shape), layer: l, in: shape,
		}
		if s, splits := l.(splitter); splits {
			if parts, err = s.split(parts); err != nil {
				return nil, fmt.Errorf("network %q: %s: %w", n.Name, name, err)
			}
		}
		info.Parts = parts
		for _, v := range l.variables(shape) {
			v.Name = name + "/" + v.Name
			if v.Trainable {
				info.Weights += v.Elements()
			}
			info.vars = append(info.vars, v)
		}
		table = append(table, info)
		shape = out
	}
	if parts != 1 {
		return nil, fmt.Errorf("network %q: the last layer leaves an image in %d parts: put a join before it", n.Name, parts)
	}
	if len(shape) != 1 || shape[0] != galaxyzoo.NumAnswers {
		return nil, fmt.Errorf("network %q: the last layer gives %v, want %d votes", n.Name, shape, galaxyzoo.NumAnswers)
	}
	return table, nil
}

// Weights returns the number of trained values.
func (n *Network) Weights() (int, error) {
	table, err := n.Table()
	total := 0
	for _, row := range table {
		total += row.Weights
	}
	return total, err
}

// Variables lists the network's variables in the order of its layers.
func (n *Network) Variables() ([]Variable, error) {
	table, err := n.Table()
	var all []Variable
	for _, row := range table {
		all = append(all, row.vars...)
	}
	return all, err
}

// Digest identifies the network's layout: two networks with the same digest can
// share a checkpoint.
func (n *Network) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %s\n", n.Size, n.Output)
	for _, l := range n.Layers {
		fmt.Fprintf(h, "%s %v\n", l.Kind(), l)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
