package graph

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"
)

// initialise draws the weights and sets everything else to its start.
func (t *Trainer) initialise() error {
	for _, v := range t.builder.order {
		if v.dtype == tf.Int64 {
			zero, err := tf.NewTensor(int64(0))
			if err != nil {
				return err
			}
			if _, err := t.session.Run(map[tf.Output]*tf.Tensor{v.initial: zero}, nil, []*tf.Operation{v.assign}); err != nil {
				return explain(err)
			}
			continue
		}
		if err := assign(t.session, v, t.initialValues(v)); err != nil {
			return err
		}
	}
	release()
	var memory []byte
	var err error
	if t.rateTensor, memory, err = newTensor(tf.Float); err != nil {
		return err
	}
	t.rateValue = floats(memory)
	return nil
}

// initialValues returns what a float32 variable starts as; a moving average as what
// it is of.
func (t *Trainer) initialValues(v *variable) []float32 {
	of := v.Variable
	of.Name = strings.TrimPrefix(of.Name, averagePrefix)
	if bias := t.options.OutputBias; bias != nil && of.Name == t.builder.outputBias() {
		return bias
	}
	values := t.net.Init.initialValues(of, t.options.Seed)
	if t.scale != nil && v == t.scale.scale {
		values[0] = firstLossScale
	}
	return values
}

// SetWeights sets the network's variables that are named, as training starts from
// them: their moving averages too.
func (t *Trainer) SetWeights(weights Weights) error {
	known := map[string]bool{}
	for _, row := range t.builder.table {
		for _, v := range row.vars {
			known[v.Name] = true
		}
	}
	for name, values := range weights {
		if !known[name] {
			return fmt.Errorf("failed to set %s: network %q has no such variable", name, t.net.Name)
		}
		v := t.builder.vars[name]
		for _, v := range slices.Compact([]*variable{v, t.builder.evaluated(v)}) {
			if err := assign(t.session, v, values); err != nil {
				return err
			}
		}
	}
	return nil
}

// assign sets a float32 variable.
func assign(s runner, v *variable, values []float32) error {
	if len(values) != v.Elements() {
		return fmt.Errorf("failed to set %s: %d values, want %d", v.Name, len(values), v.Elements())
	}
	tensor, err := tf.ReadTensor(tf.Float, v.Shape, bytes.NewReader(bytesOf(values)))
	if err != nil {
		return fmt.Errorf("failed to set %s: %w", v.Name, err)
	}
	_, err = s.Run(map[tf.Output]*tf.Tensor{v.initial: tensor}, nil, []*tf.Operation{v.assign})
	return explain(err)
}
