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
	filename tf.Output // string scalar, fed
	save     *tf.Operation
	saved    tf.Output     // the filename again, once it is written
	restored []tf.Output   // what is read of each variable
	restore  *tf.Operation // sets the variables to it; see addSaver
}

// newSaver adds the operations that save values of the variables given and read them
// back.
func newSaver(root *op.Scope, vars []*variable, values []tf.Output) saver {
	var s saver
	filename := root.AddOperation(tf.OpSpec{Type: "Placeholder", Name: "save/filename",
		Attrs: map[string]any{"dtype": tf.String, "shape": tf.ScalarShape()}})
	if root.Err() != nil {
		return s
	}
	s.filename = filename.Output(0)

	names := make([]string, len(vars))
	whole := make([]string, len(vars)) // no slices: each variable in one piece
	types := make([]tf.DataType, len(vars))
	for i, v := range vars {
		names[i], types[i] = v.Name, v.dtype
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
	for i, v := range vars {
		fitting := scope.SubScope(fmt.Sprintf("assign%d", i)) // or another network's would be taken
		s.restored = append(s.restored, op.EnsureShape(fitting, restored[i], tf.MakeShape(v.Shape...)))
	}
	return s
}

// addSaver adds a saver of the variables as they are. The names of its operations go
// into a SavedModel's saver_def.
func (b *builder) addSaver(vars []*variable) saver {
	reads := make([]tf.Output, len(vars))
	for i, v := range vars {
		reads[i] = v.read
	}
	s := newSaver(b.scope, vars, reads)
	if b.scope.Err() != nil {
		return s
	}
	assigns := make([]*tf.Operation, len(vars))
	for i, v := range vars {
		assigns[i] = op.AssignVariableOp(b.scope.SubScope("restore"), v.handle, s.restored[i])
	}
	if b.scope.Err() != nil {
		return s
	}
	s.restore = b.scope.AddOperation(tf.OpSpec{Type: "NoOp", Name: "save/restore_all", ControlDependencies: assigns})
	return s
}

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
	values  []*tf.Tensor // of the trainer's variables
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
	return &Snapshot{t, out}, nil
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
	err := t.archive.write(dir, s.values)
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
	for i, v := range s.trainer.builder.order {
		if v.dtype == tf.Float && !v.fine(floats(memory(s.values[i]))) {
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
func (t *Trainer) Restore(dir string) error {
	var values []*tf.Tensor
	err := readChecked(dir, t.net, func() (err error) {
		values, err = t.archive.read(dir)
		return err
	})
	if err != nil {
		return err
	}
	all := assignment{session: t.session}
	for i, v := range t.builder.order {
		if err := all.add(v, values[i]); err != nil {
			return err
		}
	}
	err = all.run()
	values = nil
	release()
	return err
}

// ReadWeights reads the network's variables from a checkpoint that a Trainer of
// the same network saved: their moving averages where the checkpoint has them.
func ReadWeights(net *Network, dir string) (Weights, error) {
	b, err := newBuilder(net, onCPU)
	if err != nil {
		return nil, err
	}
	vars := b.order
	// What is wrong with an index is told as it is read from.
	if index, err := openBundle(filepath.Join(dir, checkpointName)); err == nil && index.hasAverages() {
		vars = b.addAverages()
	}
	saver := b.addSaver(vars)
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
	return readChecked(dir, b.net, func() error {
		return s.run(session, filepath.Join(dir, checkpointName), s.restore, nil)
	})
}

// readChecked reads a checkpoint of the network by what is given, where there is one.
func readChecked(dir string, net *Network, read func() error) error {
	index := filepath.Join(dir, checkpointName) + ".index"
	if _, err := os.Stat(index); err != nil { // the runtime's own error is an odd one
		return fmt.Errorf("failed to read checkpoint %q: %w", dir, err)
	}
	if err := read(); err != nil {
		return fmt.Errorf("failed to read checkpoint %q into network %q: %w", dir, net.Name, explain(err))
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
	return newSessionOn(b.placement, b.graph, options)
}

// weights copies the network's variables out of a session, or their averages.
func (b *builder) weights(session runner) (Weights, error) {
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
