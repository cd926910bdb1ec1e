package graph

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// HasDropout reports whether Sample works: whether the network has dropout, and
// the model was written by a version that exports it.
func (m *Model) HasDropout() bool { return len(m.draws) > 0 }

// Sample writes votes for the batch's images with dropout left on. The votes of
// many seeds are a sample of what the network holds possible (Gal & Ghahramani
// 2016, arXiv 1506.02142). A seed stands for one thinned network: the same for all
// images, whatever else is in their batch.
func (m *Model) Sample(b *Batch, seed uint64, votes []galaxyzoo.Votes) error {
	if !m.HasDropout() {
		return fmt.Errorf("failed to sample: the model has no signature %q", DropoutSignature)
	}
	if len(votes) != b.Rows {
		return fmt.Errorf("failed to sample: room for %d votes, want %d", len(votes), b.Rows)
	}
	d, err := m.draw(seed)
	if err != nil {
		return err
	}
	defer m.drawn.Put(d)
	feeds := map[tf.Output]*tf.Tensor{m.withDropout.images: b.images}
	for i, input := range m.draws {
		feeds[input.output] = d.tensors[i]
	}
	out, err := m.model.Session.Run(feeds, []tf.Output{m.withDropout.votes}, nil)
	if err != nil {
		return explain(err)
	}
	readVotes(out[0], votes)
	return nil
}

// drawInput is an input of DropoutSignature that is drawn.
type drawInput struct {
	name   string // of the layer
	output tf.Output
	shape  []int64
}

// drawing holds the tensors of one sample. It is used again, for the reason that
// a Batch is.
type drawing struct {
	tensors []*tf.Tensor
	values  [][]float32 // views of them
}

// draw makes the draws of a seed. Each layer has its own stream of numbers, the
// same on every device.
func (m *Model) draw(seed uint64) (*drawing, error) {
	d, _ := m.drawn.Get().(*drawing)
	if d == nil {
		d = &drawing{}
		for _, input := range m.draws {
			tensor, memory, err := newTensor(tf.Float, input.shape...)
			if err != nil {
				return nil, err
			}
			d.tensors = append(d.tensors, tensor)
			d.values = append(d.values, floats(memory))
		}
	}
	for i, input := range m.draws {
		name := fnv.New64a()
		name.Write([]byte(input.name))
		rng := rand.New(rand.NewPCG(seed, name.Sum64()))
		for k := range d.values[i] {
			d.values[i][k] = rng.Float32()
		}
	}
	return d, nil
}

// draws lists the inputs of DropoutSignature that are drawn, by name.
func (f *finder) draws() []drawInput {
	inputs := f.model.Signatures[DropoutSignature].Inputs
	var draws []drawInput
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if name == InputName {
			continue
		}
		want := slices.Repeat([]int64{anySize}, max(1, inputs[name].Shape.NumDimensions()))
		want[0] = 1
		output, shape := f.input(DropoutSignature, name, tf.Float, want...)
		draws = append(draws, drawInput{name, output, shape})
	}
	return draws
}
