package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"
)

// Stored are the variables of some network in a folder of its weights. They are
// found without TensorFlow, and whatever the network is.
type Stored struct {
	// Digest is the SHA-256 of the file that has the variables' checksums, or the
	// variables themselves.
	Digest string

	shapes map[string][]int64 // of the float32 variables
	model  bool               // a SavedModel's, in which layers are folded
	floats func(name string) ([]float32, error)
}

// OpenStored looks for the variables in a folder: a checkpoint that a Trainer saved,
// or a SavedModel that WriteSavedModel wrote. Where it is neither the error is
// fs.ErrNotExist.
func OpenStored(dir string) (*Stored, error) {
	for i, prefix := range []string{
		filepath.Join(dir, checkpointName),
		filepath.Join(dir, strings.TrimSuffix(IndexFile, ".index")),
	} {
		b, err := openBundle(prefix)
		if err == nil {
			s := b.stored()
			s.model = i == 1
			return s, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return openFrozen(filepath.Join(dir, ModelFile))
}

func (b *bundle) stored() *Stored {
	s := &Stored{Digest: b.digest, shapes: map[string][]int64{}, floats: b.floats}
	for name, entry := range b.entries {
		if entry.Dtype == typespb.DataType_DT_FLOAT && len(entry.Slices) == 0 {
			s.shapes[name] = dims(entry.Shape)
		}
	}
	return s
}

// readSuffix is that of the operation that reads a variable, and that freeze makes
// a constant.
const readSuffix = "/Read"

// openFrozen reads a model whose variables freeze made constants.
func openFrozen(file string) (*Stored, error) {
	encoded, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var model corepb.SavedModel
	if err := proto.Unmarshal(encoded, &model); err != nil {
		return nil, fmt.Errorf("%s is damaged, or no SavedModel: %w", file, err)
	}
	constants := map[string]*tensorpb.TensorProto{}
	s := &Stored{Digest: digestOf(encoded), shapes: map[string][]int64{}, model: true}
	for _, meta := range model.MetaGraphs {
		for _, node := range meta.GetGraphDef().GetNode() {
			name, read := strings.CutSuffix(node.Name, readSuffix)
			if value := node.Attr["value"].GetTensor(); read && value != nil && value.Dtype == typespb.DataType_DT_FLOAT {
				s.shapes[name], constants[name] = dims(value.TensorShape), value
			}
		}
	}
	if len(constants) == 0 {
		return nil, fmt.Errorf("%s has no variables beside it, and no weights within", file)
	}
	s.floats = func(name string) ([]float32, error) {
		values := make([]float32, Variable{Shape: s.shapes[name]}.Elements())
		if n := copy(bytesOf(values), constants[name].TensorContent); n != 4*len(values) {
			return nil, fmt.Errorf("%s: %s has %d bytes, want %d", file, name, n, 4*len(values))
		}
		return values, nil
	}
	return s, nil
}

// Shape returns the shape of a variable as it is learned, and whether it is there. In
// a SavedModel one that is called as if it were folded, but has no shape of such, is
// another program's and not there.
func (s *Stored) Shape(name string) ([]int64, bool) {
	shape, has := s.shapes[s.best(name)]
	if !has || !s.model || !folds(name) {
		return shape, has
	}
	last := len(shape) - 1
	if last < 0 || shape[last] < orientations || shape[last]%orientations != 0 {
		return nil, false
	}
	shape = slices.Clone(shape)
	shape[last] /= orientations
	return shape, true
}

// best is the name of a variable's moving average, where it has one.
func (s *Stored) best(name string) string {
	if _, averaged := s.shapes[averagePrefix+name]; averaged {
		return averagePrefix + name
	}
	return name
}

// Read reads variables with the shapes given, of each its moving average where it
// has one.
func (s *Stored) Read(vars []Variable) (Weights, error) {
	weights := Weights{}
	for _, v := range vars {
		shape, has := s.Shape(v.Name)
		if !has {
			return nil, fmt.Errorf("failed to read %s: it is not there", v.Name)
		}
		if !slices.Equal(shape, v.Shape) {
			return nil, fmt.Errorf("failed to read %s: its shape is %v, want %v", v.Name, shape, v.Shape)
		}
		values, err := s.floats(s.best(v.Name))
		if err != nil {
			return nil, fmt.Errorf("failed to read %s: %w", v.Name, err)
		}
		if s.model && folds(v.Name) {
			values = unfold(values, int(v.Shape[len(v.Shape)-1]))
		}
		weights[v.Name] = values
	}
	return weights, nil
}

func dims(shape *shapepb.TensorShapeProto) []int64 {
	out := make([]int64, len(shape.GetDim()))
	for i, d := range shape.GetDim() {
		out[i] = d.Size
	}
	return out
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
