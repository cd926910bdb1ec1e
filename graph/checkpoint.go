package graph

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"

	tf "github.com/wamuir/graft/tensorflow"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/op"
)

// checkpointName is the prefix of a checkpoint's files in its folder:
// variables.index and variables.data-00000-of-00001.
const checkpointName = "variables"

// Weights are a network's variables by name, the moving averages included.
type Weights map[string][]float32

// saver is the part of a graph that writes variables to files and reads them
// back, in TensorFlow's own checkpoint format.
type saver struct {
	filename      tf.Output // string scalar, fed
	save, restore *tf.Operation
	saved         tf.Output // the filename again, once it is written
}

// addSaver adds the operations for the variables given, saving of each what value
// says. Their names go into a SavedModel's saver_def.
func (b *builder) addSaver(vars []*variable, value func(*variable) tf.Output) saver {
	root := b.scope
	var s saver
	filename := root.AddOperation(tf.OpSpec{Type: "Placeholder", Name: "save/filename",
		Attrs: map[string]any{"dtype": tf.String, "shape": tf.ScalarShape()}})
	if root.Err() != nil {
		return s
	}
	s.filename = filename.Output(0)

	names := make([]string, len(vars))
	whole := make([]string, len(vars)) // no slices: each variable in one piece
	values := make([]tf.Output, len(vars))
	types := make([]tf.DataType, len(vars))
	for i, v := range vars {
		names[i], values[i], types[i] = v.Name, value(v), v.dtype
	}
	scope := root.SubScope("checkpoint")
	nameTensor := op.Const(scope.SubScope("names"), names)
	slices := op.Const(scope.SubScope("slices"), whole)
	s.save = op.SaveV2(scope, s.filename, nameTensor, slices, values)
	if root.Err() != nil {
		return s
	}
	saved := root.AddOperation(tf.OpSpec{Type: "Identity", Name: "save/control_dependency",
		Input: []tf.Input{s.filename}, ControlDependencies: []*tf.Operation{s.save}})
	restored := op.RestoreV2(scope, s.filename, nameTensor, slices, types)
	if root.Err() != nil {
		return s
	}
	s.saved = saved.Output(0)
	assigns := make([]*tf.Operation, len(vars))
	for i, v := range vars {
		s := scope.SubScope(fmt.Sprintf("assign%d", i))
		fitting := op.EnsureShape(s, restored[i], tf.MakeShape(v.Shape...)) // or another network's would be taken
		assigns[i] = op.AssignVariableOp(s, v.handle, fitting)
	}
	if root.Err() != nil {
		return s
	}
	s.restore = root.AddOperation(tf.OpSpec{Type: "NoOp", Name: "save/restore_all", ControlDependencies: assigns})
	return s
}

// Values of a saver.
func current(v *variable) tf.Output { return v.read }
func given(v *variable) tf.Output   { return v.initial }

// run runs the saver's save or restore, with the values that are given, if they are.
func (s saver) run(session *tf.Session, prefix string, target *tf.Operation, given map[tf.Output]*tf.Tensor) error {
	name, err := tf.NewTensor(prefix)
	if err != nil {
		return err
	}
	feeds := map[tf.Output]*tf.Tensor{s.filename: name}
	maps.Copy(feeds, given)
	_, err = session.Run(feeds, nil, []*tf.Operation{target})
	return err
}

// A Snapshot is what a checkpoint is made of, as it was when it was taken: the
// weights, the optimiser's slots and the step count.
type Snapshot struct {
	trainer *Trainer
	values  map[tf.Output]*tf.Tensor
}

// Snapshot takes a snapshot. That copies nothing by itself on a CPU: the next step
// writes the variables that the snapshot holds elsewhere.
func (t *Trainer) Snapshot() (*Snapshot, error) {
	reads := make([]tf.Output, len(t.builder.order))
	for i, v := range t.builder.order {
		reads[i] = v.read
	}
	out, err := t.session.Run(nil, reads, nil)
	if err != nil {
		return nil, fmt.Errorf("failed to take a snapshot: %w", explain(err))
	}
	s := &Snapshot{trainer: t, values: map[tf.Output]*tf.Tensor{}}
	for i, v := range t.builder.order {
		s.values[v.initial] = out[i]
	}
	return s, nil
}

// Save writes the snapshot to the folder, which has to exist, and lets it go: a
// snapshot is saved once. It may run while the trainer makes steps. One with numbers
// that are not finite, or weights with which no step could be made, is not saved, but
// gives a *NotFiniteError.
func (s *Snapshot) Save(dir string) error {
	t := s.trainer
	if err := s.check(); err != nil {
		return err
	}
	err := t.saver.run(t.session, filepath.Join(dir, checkpointName), t.saver.save, s.values)
	s.values = nil
	release()
	if err != nil {
		return fmt.Errorf("failed to write checkpoint %q: %w", dir, explain(err))
	}
	return nil
}

// check returns a *NotFiniteError where there are such numbers.
func (s *Snapshot) check() error {
	bad := &NotFiniteError{}
	for _, v := range s.trainer.builder.order {
		if v.dtype == tf.Float && !v.fine(floats(memory(s.values[v.initial]))) {
			bad.Variables = append(bad.Variables, v.Name)
		}
	}
	runtime.KeepAlive(s)
	if bad.Variables == nil {
		return nil
	}
	return bad
}

// Save takes a snapshot and writes it to the folder, which has to exist.
func (t *Trainer) Save(dir string) error {
	s, err := t.Snapshot()
	if err != nil {
		return err
	}
	return s.Save(dir)
}

// Restore takes up what Save wrote. The network must have the same layers.
func (t *Trainer) Restore(dir string) error { return t.builder.read(t.session, t.saver, dir) }

// ReadWeights reads the network's variables from a checkpoint that a Trainer of
// the same network saved: their moving averages where the checkpoint has them.
func ReadWeights(net *Network, dir string) (Weights, error) {
	b, err := newBuilder(net)
	if err != nil {
		return nil, err
	}
	vars := b.order
	// What is wrong with an index is told as it is read from.
	if index, err := openBundle(filepath.Join(dir, checkpointName)); err == nil && index.hasAverages() {
		vars = b.addAverages()
	}
	saver := b.addSaver(vars, current)
	session, err := b.start()
	if err != nil {
		return nil, err
	}
	defer session.Close()
	if err := b.read(session, saver, dir); err != nil {
		return nil, err
	}
	return b.weights(session)
}

// read sets the saver's variables from the checkpoint in a folder.
func (b *builder) read(session *tf.Session, s saver, dir string) error {
	prefix := filepath.Join(dir, checkpointName)
	if _, err := os.Stat(prefix + ".index"); err != nil { // the runtime's own error is an odd one
		return fmt.Errorf("failed to read checkpoint %q: %w", dir, err)
	}
	if err := s.run(session, prefix, s.restore, nil); err != nil {
		return fmt.Errorf("failed to read checkpoint %q into network %q: %w", dir, b.net.Name, explain(err))
	}
	return nil
}

// start finishes the graph and opens a session on it.
func (b *builder) start() (*tf.Session, error) { return b.startWith(nil) }

func (b *builder) startWith(options *corepb.GraphOptions) (*tf.Session, error) {
	var err error
	if b.graph, err = b.scope.Finalize(); err != nil {
		return nil, fmt.Errorf("failed to build network %q: %w", b.net.Name, err)
	}
	return newSessionWith(b.graph, options)
}

// weights copies the network's variables out of a session, or their averages.
func (b *builder) weights(session *tf.Session) (Weights, error) {
	weights := Weights{}
	for _, row := range b.table {
		for _, v := range row.vars {
			out, err := session.Run(nil, []tf.Output{b.evaluated(b.vars[v.Name]).read}, nil)
			if err != nil {
				return nil, explain(err)
			}
			weights[v.Name] = copyFloats(out[0])
		}
	}
	return weights, nil
}
