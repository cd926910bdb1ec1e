package train

import (
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// rateFactors returns what a configuration has the learning rate of each trained
// variable multiplied with, by the variable's name; 1 where there is none. Of the
// layers with weights the last learns at the whole rate, that before it at
// c.LayerDecay of it, and so on (Howard & Ruder 2018, arXiv 1801.06146), and those
// that c.Freeze names not at all. Errors are *run.UsageError.
func rateFactors(network *graph.Network, c *run.Config) (map[string]float64, error) {
	layers, err := learningLayers(network)
	if err != nil {
		return nil, err
	}
	frozen, err := frozenLayers(layers, c)
	if err != nil {
		return nil, err
	}
	factors := map[string]float64{}
	for i, layer := range layers {
		factor := math.Pow(c.LayerDecay, float64(len(layers)-1-i))
		if frozen[layer.Name] {
			factor = 0
		}
		for _, v := range layer.Variables() {
			if v.Trainable && factor != 1 {
				factors[v.Name] = factor
			}
		}
	}
	return factors, nil
}

// learningLayers lists the layers of a network that have weights.
func learningLayers(network *graph.Network) ([]graph.LayerInfo, error) {
	table, err := network.Table()
	return slices.DeleteFunc(table, func(l graph.LayerInfo) bool { return l.Weights == 0 }), err
}

// frozenLayers finds the layers that c.Freeze names: by commas between names, or
// patterns such as conv*.
func frozenLayers(layers []graph.LayerInfo, c *run.Config) (map[string]bool, error) {
	frozen := map[string]bool{}
	if c.Freeze == "" {
		return frozen, nil
	}
	names := make([]string, len(layers))
	for i, l := range layers {
		names[i] = l.Name
	}
	hint := "the layers with weights are " + strings.Join(names, ", ")
	for name := range strings.SplitSeq(c.Freeze, ",") {
		name = strings.TrimSpace(name)
		found := false
		for _, n := range names {
			matches, err := path.Match(name, n)
			if err != nil {
				return nil, &run.UsageError{Err: fmt.Errorf("--freeze %q: %q is no pattern", c.Freeze, name), Hint: hint}
			}
			found = found || matches
			frozen[n] = frozen[n] || matches
		}
		if !found {
			if near := run.Nearest(name, names); near != "" {
				hint = fmt.Sprintf("did you mean %s?", near)
			}
			return nil, &run.UsageError{Err: fmt.Errorf("--freeze %q: network %s has no layer with weights %q", c.Freeze, c.Network, name), Hint: hint}
		}
	}
	if !slices.ContainsFunc(names, func(n string) bool { return !frozen[n] }) {
		return nil, &run.UsageError{Err: errors.New("--freeze " + c.Freeze + ": nothing is left to learn"), Hint: hint}
	}
	return frozen, nil
}
