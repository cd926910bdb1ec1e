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
	all := assignment{session: t.session}
	for _, v := range t.builder.order {
		if v.dtype == tf.Int64 {
			zero, err := tf.NewTensor(int64(0))
			if err != nil {
				return err
			}
			if err := all.add(v, zero); err != nil {
				return err
			}
			continue
		}
		if err := all.set(v, t.initialValues(v)); err != nil {
			return err
		}
	}
	if err := all.run(); err != nil {
		return err
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
	all := assignment{session: t.session}
	for name, values := range weights {
		if !known[name] {
			return fmt.Errorf("failed to set %s: network %q has no such variable", name, t.net.Name)
		}
		v := t.builder.vars[name]
		for _, v := range slices.Compact([]*variable{v, t.builder.evaluated(v)}) {
			if err := all.set(v, values); err != nil {
				return err
			}
		}
	}
	return all.run()
}

// An assignment sets variables, small ones together: TensorFlow rewrites the whole
// graph for each set of variables that are set at once, which takes longer than to
// set them. Those that wait are set by run.
type assignment struct {
	session runner
	values  map[tf.Output]*tf.Tensor
	targets []*tf.Operation
	bytes   int
}

// together are the bytes of values from which an assignment waits for no more.
const together = 16 << 20

// set takes up the values of a float32 variable.
func (a *assignment) set(v *variable, values []float32) error {
	if len(values) != v.Elements() {
		return fmt.Errorf("failed to set %s: %d values, want %d", v.Name, len(values), v.Elements())
	}
	tensor, err := tf.ReadTensor(tf.Float, v.Shape, bytes.NewReader(bytesOf(values)))
	if err != nil {
		return fmt.Errorf("failed to set %s: %w", v.Name, err)
	}
	return a.add(v, tensor)
}

// add takes up the value of a variable of any type.
func (a *assignment) add(v *variable, value *tf.Tensor) error {
	if a.values == nil {
		a.values = map[tf.Output]*tf.Tensor{}
	}
	a.values[v.initial] = value
	a.targets = append(a.targets, v.assign)
	if a.bytes += len(memory(value)); a.bytes < together {
		return nil
	}
	return a.run()
}

func (a *assignment) run() error {
	if len(a.targets) == 0 {
		return nil
	}
	_, err := a.session.Run(a.values, nil, a.targets)
	*a = assignment{session: a.session}
	return explain(err)
}
