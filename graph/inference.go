package graph

import (
	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// inference is a network in inference form, in a graph of its own: one that is
// trained in would drag the optimiser and the step count along. It is on the CPU: what
// is written and looked at once needs no other device, which may be taken.
type inference struct {
	*builder
	images  tf.Output // uint8 [batch, size, size, 3], fed
	plain   forwarded
	session *tf.Session // once the weights are loaded
	saver   saver
}

// newInference builds the network. More may be added to its graph until load.
func newInference(net *Network) (*inference, error) {
	table, err := net.Table()
	if err != nil {
		return nil, err
	}
	return newInferenceOf(net, table)
}

// newInferenceOf builds the network from a table that may differ from its own.
func newInferenceOf(net *Network, table []LayerInfo) (*inference, error) {
	b, err := newBuilderOf(net, table, onCPU)
	if err != nil {
		return nil, err
	}
	n := &inference{builder: b}
	n.images = op.Placeholder(b.scope.SubScope("input"), tf.Uint8, op.PlaceholderShape(b.imageShape()))
	n.plain = b.forward(b.scope.SubScope("network"), n.images, passInputs{})
	return n, nil
}

// load finishes the graph and opens a session with the weights in it. The session
// has to be closed after use.
func (n *inference) load(weights Weights) error {
	n.saver = n.addSaver(n.order)
	session, err := n.start()
	if err != nil {
		return err
	}
	all := assignment{session: session}
	for _, v := range n.order {
		if err := all.set(v, weights[v.Name]); err != nil {
			session.Close()
			return err
		}
	}
	if err := all.run(); err != nil {
		session.Close()
		return err
	}
	n.session = session
	return nil
}
