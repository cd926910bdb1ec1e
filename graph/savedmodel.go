package graph

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	tf "github.com/wamuir/graft/tensorflow"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	variablepb "github.com/wamuir/graft/tensorflow/core/framework/variable_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Names of the parts of a SavedModel.
const (
	ServeTag         = "serve"
	Signature        = "serving_default"
	InputName        = "images"
	OutputName       = "votes"
	predictMethod    = "tensorflow/serving/predict"
	ModelFile        = "saved_model.pb"
	variablesFolder  = "variables"
	extraAssets      = "assets.extra" // ignored by every loader, copied along by all
	preprocessingKey = "preprocessing.json"
)

// WriteSavedModel writes the network with its weights as a SavedModel into dir,
// which has to exist and be empty: tag "serve", signature "serving_default",
// input images uint8 [-1, size, size, 3], output votes float32 [-1, 37].
// preprocessing is the JSON that says how those images are cut from originals;
// it travels in assets.extra.
func WriteSavedModel(dir string, net *Network, weights Weights, preprocessing []byte) error {
	fail := func(err error) error { return fmt.Errorf("failed to write SavedModel %q: %w", dir, err) }

	n, err := newInference(net, weights)
	if err != nil {
		return fail(err)
	}
	defer n.session.Close()

	for _, folder := range []string{variablesFolder, extraAssets} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o777); err != nil {
			return fail(err)
		}
	}
	if err := n.saver.run(n.session, filepath.Join(dir, variablesFolder, "variables"), n.saver.save); err != nil {
		return fail(explain(err))
	}
	if err := os.WriteFile(filepath.Join(dir, extraAssets, preprocessingKey), preprocessing, 0o666); err != nil {
		return fail(err)
	}
	model, err := n.metaGraph()
	if err != nil {
		return fail(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ModelFile), model, 0o666); err != nil {
		return fail(err)
	}
	return nil
}

// metaGraph encodes the graph with all that loaders look for.
func (n *inference) metaGraph() ([]byte, error) {
	def, err := portableGraph(n.graph)
	if err != nil {
		return nil, err
	}
	var variables [][]byte
	for _, v := range n.order {
		encoded, err := proto.Marshal(&variablepb.VariableDef{
			VariableName:    v.Name + ":0",
			InitializerName: v.Name + "/Assign",
			SnapshotName:    v.Name + "/Read:0",
			IsResource:      true,
			Trainable:       v.Trainable,
		})
		if err != nil {
			return nil, err
		}
		variables = append(variables, encoded)
	}
	trainable := variables[:0:0]
	for i, v := range n.order {
		if v.Trainable {
			trainable = append(trainable, variables[i])
		}
	}
	collection := func(values [][]byte) *corepb.CollectionDef {
		return &corepb.CollectionDef{Kind: &corepb.CollectionDef_BytesList_{BytesList: &corepb.CollectionDef_BytesList{Value: values}}}
	}
	return proto.Marshal(&corepb.SavedModel{
		SavedModelSchemaVersion: 1,
		MetaGraphs: []*corepb.MetaGraphDef{{
			MetaInfoDef: &corepb.MetaGraphDef_MetaInfoDef{
				Tags: []string{ServeTag}, TensorflowVersion: tf.Version(),
			},
			GraphDef: def,
			SaverDef: &corepb.SaverDef{
				FilenameTensorName: tensorName(n.saver.filename),
				SaveTensorName:     tensorName(n.saver.saved),
				RestoreOpName:      n.saver.restore.Name(),
				Version:            corepb.SaverDef_V2,
			},
			CollectionDef: map[string]*corepb.CollectionDef{
				"variables":           collection(variables),
				"trainable_variables": collection(trainable),
			},
			SignatureDef: map[string]*corepb.SignatureDef{
				Signature: {
					MethodName: predictMethod,
					Inputs:     map[string]*corepb.TensorInfo{InputName: tensorInfo(n.images, typespb.DataType_DT_UINT8)},
					Outputs:    map[string]*corepb.TensorInfo{OutputName: tensorInfo(n.votes, typespb.DataType_DT_FLOAT)},
				},
			},
		}},
	})
}

// portableGraph is the graph's definition without what ties it to this process
// or to a recent TensorFlow.
func portableGraph(g *tf.Graph) (*graphpb.GraphDef, error) {
	var encoded bytes.Buffer
	if _, err := g.WriteTo(&encoded); err != nil {
		return nil, err
	}
	def := &graphpb.GraphDef{}
	if err := proto.Unmarshal(encoded.Bytes(), def); err != nil {
		return nil, err
	}
	for _, node := range def.Node {
		node.Device = ""
		if node.Op == "VarHandleOp" {
			delete(node.Attr, "debug_name")
			delete(node.Attr, "allowed_devices")
		}
	}
	return def, nil
}

func tensorName(o tf.Output) string { return fmt.Sprintf("%s:%d", o.Op.Name(), o.Index) }

func tensorInfo(o tf.Output, dtype typespb.DataType) *corepb.TensorInfo {
	shape := &shapepb.TensorShapeProto{}
	dims, _ := o.Shape().ToSlice() // the rank is known: every shape is inferred
	for _, d := range dims {
		shape.Dim = append(shape.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return &corepb.TensorInfo{
		Encoding:    &corepb.TensorInfo_Name{Name: tensorName(o)},
		Dtype:       dtype,
		TensorShape: shape,
	}
}

// A Model is a SavedModel in use. Its methods may be called concurrently.
type Model struct {
	Size          int    // height and width of its input in pixels
	Preprocessing []byte // the JSON written beside it

	model         *tf.SavedModel
	images, votes tf.Output
}

// LoadModel loads a SavedModel that WriteSavedModel wrote. Close it after use.
func LoadModel(dir string) (*Model, error) {
	fail := func(err error) error { return fmt.Errorf("failed to load SavedModel %q: %w", dir, err) }
	// The runtime's own errors for these are hard to read.
	for _, name := range []string{ModelFile, filepath.Join(variablesFolder, "variables.index")} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil, fail(err)
		}
	}
	preprocessing, err := os.ReadFile(filepath.Join(dir, extraAssets, preprocessingKey))
	if err != nil {
		return nil, fail(fmt.Errorf("it does not say how its images are cut: %w", err))
	}
	options, err := sessionOptions()
	if err != nil {
		return nil, fail(err)
	}
	loaded, err := tf.LoadSavedModel(dir, []string{ServeTag}, options)
	if err != nil {
		return nil, fail(explain(err))
	}
	m := &Model{Preprocessing: preprocessing, model: loaded}
	if err := m.bind(); err != nil {
		loaded.Session.Close()
		return nil, fail(err)
	}
	return m, nil
}

// bind finds the signature's tensors and checks that they are what we write.
func (m *Model) bind() error {
	signature, ok := m.model.Signatures[Signature]
	if !ok {
		return fmt.Errorf("it has no signature %q", Signature)
	}
	find := func(infos map[string]tf.TensorInfo, name string) (tf.Output, []int64, error) {
		info, ok := infos[name]
		if !ok {
			return tf.Output{}, nil, fmt.Errorf("its signature has no tensor %q", name)
		}
		out, err := outputByName(m.model.Graph, info.Name)
		if err != nil {
			return tf.Output{}, nil, err
		}
		dims, err := info.Shape.ToSlice()
		return out, dims, err
	}
	images, in, err := find(signature.Inputs, InputName)
	if err != nil {
		return err
	}
	votes, out, err := find(signature.Outputs, OutputName)
	if err != nil {
		return err
	}
	if len(in) != 4 || in[1] != in[2] || in[1] < 1 || in[3] != Channels || images.DataType() != tf.Uint8 {
		return fmt.Errorf("its input is %v, want uint8 [-1, size, size, %d]", in, Channels)
	}
	if len(out) != 2 || out[1] != galaxyzoo.NumAnswers || votes.DataType() != tf.Float {
		return fmt.Errorf("its output is %v, want float32 [-1, %d]", out, galaxyzoo.NumAnswers)
	}
	m.images, m.votes, m.Size = images, votes, int(in[1])
	return nil
}

func outputByName(g *tf.Graph, name string) (tf.Output, error) {
	var operation string
	var index int
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == ':' {
			operation = name[:i]
			if _, err := fmt.Sscanf(name[i+1:], "%d", &index); err != nil {
				return tf.Output{}, fmt.Errorf("odd tensor name %q", name)
			}
			break
		}
	}
	found := g.Operation(operation)
	if found == nil || index < 0 || index >= found.NumOutputs() {
		return tf.Output{}, fmt.Errorf("its graph has no tensor %q", name)
	}
	return found.Output(index), nil
}

// Predict writes the model's votes for the batch's images. votes has the batch's
// number of rows.
func (m *Model) Predict(b *Batch, votes []galaxyzoo.Votes) error {
	return predict(m.model.Session, m.images, m.votes, b, votes)
}

// Close frees the session and its memory.
func (m *Model) Close() error { return explain(m.model.Session.Close()) }
