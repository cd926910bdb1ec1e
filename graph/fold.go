package graph

import (
	"maps"
	"slices"
	"strings"
)

// A folding layer can be replaced by a plain one that computes the same, its weights
// written out: 8 times as many, of which the first are those that were learned. w is
// changed to the plain layer's.
type folding interface {
	fold(in Shape, w localWeights) Layer
}

// localWeights are a layer's variables by local name.
type localWeights map[string][]float32

// folded returns the network's table and weights with plain layers in place of those
// that fold, under the same names.
func (n *Network) folded(weights Weights) ([]LayerInfo, Weights, error) {
	table, err := n.Table()
	if err != nil {
		return nil, nil, err
	}
	weights = maps.Clone(weights)
	for i, row := range table {
		layer, folds := row.layer.(folding)
		if !folds {
			continue
		}
		local := localWeights{}
		for _, v := range row.vars {
			local[strings.TrimPrefix(v.Name, row.Name+"/")] = weights[v.Name]
		}
		table[i].layer = layer.fold(row.in, local)
		table[i].vars = nil
		for _, v := range table[i].layer.variables(row.in) {
			local, name := local[v.Name], row.Name+"/"+v.Name
			v.Name, weights[name] = name, local
			table[i].vars = append(table[i].vars, v)
		}
	}
	return table, weights, nil
}

// folds reports whether a variable is one of a layer that folds.
func folds(variable string) bool {
	layer, _, _ := strings.Cut(variable, "/")
	kind := strings.TrimRight(layer, "0123456789")
	return slices.Contains([]string{Lift{}.Kind(), GroupConv{}.Kind(), GroupNorm{}.Kind()}, kind)
}

// unfold is the inverse of fold for one variable, whose last dimension was channels:
// the first of the orientations, in which kernels are as they were learned.
func unfold(values []float32, channels int) []float32 {
	learned := make([]float32, 0, len(values)/orientations)
	for row := range slices.Chunk(values, orientations*channels) {
		learned = append(learned, row[:channels]...)
	}
	return learned
}

func (l Lift) fold(in Shape, w localWeights) Layer {
	return foldTurned(l.plain(orientations), in, 1, w)
}

func (l GroupConv) fold(in Shape, w localWeights) Layer {
	return foldTurned(l.lift().plain(orientations), in, orientations, w)
}

// foldTurned writes the kernels of all orientations out, as buildTurned has the
// graph do.
func foldTurned(conv Conv, in Shape, inOrientations int, w localWeights) Layer {
	channels, filters := in[2]/inOrientations, conv.Filters/orientations
	learned := w["kernel"]
	turned := make([]float32, orientations*len(learned))
	for i, from := range turnedKernel(conv.Kernel, inOrientations) {
		row, g := i/orientations, i%orientations
		for c := range channels {
			copy(turned[((row*channels+c)*orientations+g)*filters:][:filters], learned[(int(from)*channels+c)*filters:])
		}
	}
	w["kernel"] = turned
	return conv
}

func (l GroupNorm) fold(_ Shape, w localWeights) Layer {
	for name, values := range w {
		w[name] = slices.Repeat(values, orientations)
	}
	return l.BatchNorm
}
