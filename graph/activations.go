package graph

import (
	"bytes"
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
)

// An Activation is what one layer makes of one image.
type Activation struct {
	Layer  string    // its name, or for the votes that of the output
	Shape  []int64   // [height, width, channels] or [features]
	Values []float32 // of a network that cuts images in Parts, those of the first part
}

// Activations returns what each layer of the network makes of an image, uint8
// RGB [size, size, 3], in inference mode, and what its output makes of the last.
func Activations(net *Network, weights Weights, image []byte) ([]Activation, error) {
	fail := func(err error) ([]Activation, error) {
		return nil, fmt.Errorf("failed to compute activations: %w", err)
	}
	n, err := newInference(net)
	if err == nil {
		err = n.load(weights)
	}
	if err != nil {
		return fail(err)
	}
	defer n.session.Close()
	size := int64(net.Size)
	input, err := tf.ReadTensor(tf.Uint8, []int64{1, size, size, Channels}, bytes.NewReader(image))
	if err != nil {
		return fail(err)
	}
	fetches := make([]tf.Output, len(n.plain.activations))
	for i, a := range n.plain.activations {
		fetches[i] = a.output
	}
	out, err := n.session.Run(map[tf.Output]*tf.Tensor{n.images: input}, fetches, nil)
	if err != nil {
		return fail(explain(err))
	}
	activations := make([]Activation, len(out))
	for i, t := range out {
		shape, values := t.Shape(), copyFloats(t)
		activations[i] = Activation{Layer: n.plain.activations[i].layer, Shape: shape[1:], Values: values[:len(values)/int(shape[0])]}
	}
	return activations, nil
}
