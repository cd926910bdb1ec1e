package graph

import (
	"path/filepath"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// An archive writes and reads a trainer's checkpoints in this process, wherever the
// trainer computes.
type archive struct {
	saver
	values  []tf.Output // of each variable of the trainer, fed
	session *tf.Session
}

// newArchive makes the archive of all variables that a checkpoint has.
func newArchive(b *builder) (*archive, error) {
	// On the CPU: nothing is to be gained by a copy on another device.
	root := op.NewScope().WithDevice(onCPU.Host)
	a := &archive{}
	for _, v := range b.order {
		a.values = append(a.values, op.Placeholder(root.SubScope("values"), v.dtype, op.PlaceholderShape(tf.MakeShape(v.Shape...))))
	}
	a.saver = newSaver(root, b.order, a.values)
	g, err := root.Finalize()
	if err != nil {
		return nil, err
	}
	a.session, err = newSession(g)
	return a, err
}

// write writes the variables' values to a folder.
func (a *archive) write(dir string, values []*tf.Tensor) error {
	feeds := map[tf.Output]*tf.Tensor{}
	for i, v := range a.values {
		feeds[v] = values[i]
	}
	return a.run(a.session, filepath.Join(dir, checkpointName), a.save, feeds)
}

// read reads the variables' values from a folder.
func (a *archive) read(dir string) ([]*tf.Tensor, error) {
	name, err := tf.NewTensor(filepath.Join(dir, checkpointName))
	if err != nil {
		return nil, err
	}
	return a.session.Run(map[tf.Output]*tf.Tensor{a.filename: name}, a.restored, nil)
}

// Close frees the session.
func (a *archive) Close() error { return explain(a.session.Close()) }
