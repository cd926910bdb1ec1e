package graph

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	tf "github.com/wamuir/graft/tensorflow"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Model is a SavedModel in use. Its methods may be called concurrently.
type Model struct {
	Size          int    // height and width of its input in pixels
	Preprocessing []byte // the JSON written beside it
	Symmetry      string // of its network: SymmetryD4, or "" for none

	model       *tf.SavedModel
	serving     call
	featureSize int // 0 where there is no such signature, and then nothing below

	withFeatures call
	features     tf.Output // float32 [batch, featureSize]

	withDropout call
	draws       []drawInput // none where there is no such signature
	drawn       sync.Pool   // of *drawing
}

// call is what every signature has.
type call struct{ images, votes tf.Output }

// LoadModel loads a SavedModel that WriteSavedModel wrote, frozen or not. Close it
// after use.
func LoadModel(dir string) (*Model, error) {
	fail := func(err error) error { return fmt.Errorf("failed to load SavedModel %q: %w", dir, err) }
	frozen, err := checkParts(dir)
	if err != nil {
		return nil, fail(err)
	}
	preprocessing, err := galaxyzoo.ReadText(filepath.Join(dir, extraAssets, preprocessingKey))
	if err != nil {
		return nil, fail(fmt.Errorf("it does not say how its images are cut: %s: %w", filepath.Join(extraAssets, preprocessingKey), err))
	}
	network, err := readDescription(dir)
	if err != nil {
		return nil, fail(err)
	}
	if err := Load(); err != nil {
		return nil, fail(err)
	}
	// The optimiser copies a graph with its constants at every turn: with sixty
	// million weights that is ten seconds and two gigabytes, and gained nothing
	// that could be measured on two cores.
	options, err := sessionOptions(Placement{}, &corepb.GraphOptions{RewriteOptions: &corepb.RewriterConfig{DisableMetaOptimizer: frozen}})
	if err != nil {
		return nil, fail(err)
	}
	loaded, err := tf.LoadSavedModel(dir, []string{ServeTag}, options)
	if err != nil {
		return nil, fail(explain(err))
	}
	m := &Model{Preprocessing: preprocessing, Symmetry: network.Symmetry, model: loaded}
	if err := m.bind(); err != nil {
		loaded.Session.Close()
		return nil, fail(err)
	}
	return m, nil
}

// checkParts looks for the files that a model is made of, and reports whether it
// is frozen. The runtime's own errors are hard to read, and a model whose variables
// are missing is one that it takes.
func checkParts(dir string) (frozen bool, err error) {
	if _, err := os.Stat(filepath.Join(dir, ModelFile)); err != nil {
		return false, err
	}
	_, missing := os.Stat(filepath.Join(dir, IndexFile))
	if missing == nil {
		return false, nil
	}
	encoded, err := os.ReadFile(filepath.Join(dir, ModelFile))
	if err != nil {
		return false, err
	}
	var model corepb.SavedModel
	if err := proto.Unmarshal(encoded, &model); err != nil {
		return false, fmt.Errorf("%s is damaged, or no SavedModel: %w", ModelFile, err)
	}
	for _, meta := range model.MetaGraphs {
		if slices.ContainsFunc(meta.GetGraphDef().GetNode(), func(n *nodepb.NodeDef) bool { return n.Op == variableKind }) {
			return false, fmt.Errorf("its variables are missing, and it is not frozen: %w", missing)
		}
	}
	return true, nil
}

// bind finds the signatures' tensors and checks that they are what we write.
// Models of earlier versions have ServingSignature alone.
func (m *Model) bind() error {
	f := finder{model: m.model}
	if !f.has(ServingSignature) {
		return fmt.Errorf("it has no signature %q", ServingSignature)
	}
	find := func(name string) call {
		images, in := f.input(name, InputName, tf.Uint8, -1, anySize, anySize, Channels)
		votes, _ := f.output(name, OutputName, tf.Float, -1, galaxyzoo.NumAnswers)
		if f.err == nil {
			m.Size = int(in[1])
		}
		return call{images, votes}
	}
	if f.has(FeaturesSignature) {
		m.withFeatures = find(FeaturesSignature)
		var shape []int64
		m.features, shape = f.output(FeaturesSignature, FeaturesName, tf.Float, -1, anySize)
		if f.err == nil {
			m.featureSize = int(shape[1])
		}
	}
	if f.has(DropoutSignature) {
		m.withDropout = find(DropoutSignature)
		m.draws = f.draws()
	}
	m.serving = find(ServingSignature)
	return f.err
}

// anySize is a dimension that is fixed, at whatever it is.
const anySize = -2

// A finder looks tensors up by their names in signatures. It stops at its first
// error.
type finder struct {
	model *tf.SavedModel
	err   error
}

func (f *finder) has(signature string) bool {
	_, has := f.model.Signatures[signature]
	return has
}

func (f *finder) input(signature, name string, dtype tf.DataType, want ...int64) (tf.Output, []int64) {
	return f.tensor(signature, name, f.model.Signatures[signature].Inputs, dtype, want)
}

func (f *finder) output(signature, name string, dtype tf.DataType, want ...int64) (tf.Output, []int64) {
	return f.tensor(signature, name, f.model.Signatures[signature].Outputs, dtype, want)
}

func (f *finder) tensor(signature, name string, infos map[string]tf.TensorInfo, dtype tf.DataType, want []int64) (tf.Output, []int64) {
	if f.err != nil {
		return tf.Output{}, nil
	}
	info, has := infos[name]
	if !has {
		f.err = fmt.Errorf("its signature %q has no tensor %q", signature, name)
		return tf.Output{}, nil
	}
	node, number, _ := strings.Cut(info.Name, ":")
	operation := f.model.Graph.Operation(node)
	index, err := strconv.Atoi(number)
	if err != nil || operation == nil || index < 0 || index >= operation.NumOutputs() {
		f.err = fmt.Errorf("its graph has no tensor %q, the %s of signature %q", info.Name, name, signature)
		return tf.Output{}, nil
	}
	shape, _ := info.Shape.ToSlice() // one of unknown rank is nil, which does not fit either
	fits := func(got, want int64) bool { return got == want || want == anySize && got > 0 }
	if name == OutputName && len(shape) == 2 && shape[1] != galaxyzoo.NumAnswers {
		f.err = fmt.Errorf("it gives %d votes an image, want the %d of this decision tree: it was made for another", shape[1], galaxyzoo.NumAnswers)
		return tf.Output{}, nil
	}
	if info.DType != dtype || !slices.EqualFunc(shape, want, fits) {
		f.err = fmt.Errorf("the %s of its signature %q are %s %v, not what this program writes", name, signature, dtypeName(info.DType), shape)
	}
	return operation.Output(index), shape
}

// Predict writes the model's votes for the batch's images. votes has the batch's
// number of rows.
func (m *Model) Predict(b *Batch, votes []galaxyzoo.Votes) error {
	return predict(m.model.Session, m.serving.images, m.serving.votes, b, votes)
}

// FeatureSize returns the number of values of the last hidden layer; 0 where the
// model does not give them, as those of earlier versions do not.
func (m *Model) FeatureSize() int { return m.featureSize }

// Features writes the votes for the batch's images and what the last layer makes
// them of, float32 [rows, FeatureSize()] row by row, in one run.
func (m *Model) Features(b *Batch, votes []galaxyzoo.Votes, features []float32) error {
	if m.featureSize == 0 {
		return fmt.Errorf("failed to compute features: the model has no signature %q", FeaturesSignature)
	}
	if len(votes) != b.Rows || len(features) != b.Rows*m.featureSize {
		return fmt.Errorf("failed to compute features: room for %d votes and %d values, want %d and %d",
			len(votes), len(features), b.Rows, b.Rows*m.featureSize)
	}
	out, err := m.model.Session.Run(map[tf.Output]*tf.Tensor{m.withFeatures.images: b.images},
		[]tf.Output{m.withFeatures.votes, m.features}, nil)
	if err != nil {
		return explain(err)
	}
	readVotes(out[0], votes)
	copy(features, floats(memory(out[1])))
	runtime.KeepAlive(out[1])
	return nil
}

// Close frees the session and its memory.
func (m *Model) Close() error { return explain(m.model.Session.Close()) }
