package graph

import (
	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// inference is a network with its weights in inference form, in a graph of its
// own: one that is trained in would drag dropout and the step count along.
type inference struct {
	*builder
	session       *tf.Session
	saver         saver
	images, votes tf.Output
}

// newInference builds the network and gives it the weights. Its session has to
// be closed after use.
func newInference(net *Network, weights Weights) (*inference, error) {
	b, err := newBuilder(net)
	if err != nil {
		return nil, err
	}
	i := &inference{builder: b}
	i.images = op.Placeholder(b.scope.SubScope("input"), tf.Uint8, op.PlaceholderShape(b.imageShape()))
	i.votes = b.forward(b.scope.SubScope("network"), i.images, nil)
	i.saver = b.addSaver(b.order)
	if i.session, err = b.start(); err != nil {
		return nil, err
	}
	for _, v := range b.order {
		if err := assign(i.session, v, weights[v.Name]); err != nil {
			i.session.Close()
			return nil, err
		}
	}
	return i, nil
}
