package graph

import (
	"bytes"
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// An Activation is what one layer makes of one image.
type Activation struct {
	Layer  string
	Shape  []int64 // [height, width, channels] or [features]
	Values []float32
}

// Activations returns what each layer of the network makes of an image, uint8
// RGB [size, size, 3], in inference mode.
func Activations(net *Network, weights Weights, image []byte) ([]Activation, error) {
	fail := func(err error) ([]Activation, error) {
		return nil, fmt.Errorf("failed to compute activations: %w", err)
	}
	b, err := newBuilder(net)
	if err != nil {
		return fail(err)
	}
	images := op.Placeholder(b.scope.SubScope("input"), tf.Uint8, op.PlaceholderShape(b.imageShape()))
	b.forward(b.scope.SubScope("network"), images, nil)
	session, err := b.start()
	if err != nil {
		return fail(err)
	}
	defer session.Close()
	for _, v := range b.order {
		if err := assign(session, v, weights[v.Name]); err != nil {
			return fail(err)
		}
	}
	size := int64(net.Size)
	input, err := tf.ReadTensor(tf.Uint8, []int64{1, size, size, Channels}, bytes.NewReader(image))
	if err != nil {
		return fail(err)
	}
	fetches := make([]tf.Output, len(b.activations))
	for i, a := range b.activations {
		fetches[i] = a.output
	}
	out, err := session.Run(map[tf.Output]*tf.Tensor{images: input}, fetches, nil)
	if err != nil {
		return fail(explain(err))
	}
	activations := make([]Activation, len(out))
	for i, t := range out {
		activations[i] = Activation{Layer: b.activations[i].layer, Shape: t.Shape()[1:], Values: copyFloats(t)}
	}
	return activations, nil
}
