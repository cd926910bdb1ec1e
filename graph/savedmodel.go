package graph

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"

	tf "github.com/wamuir/graft/tensorflow"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	variablepb "github.com/wamuir/graft/tensorflow/core/framework/variable_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"
)

// Names of the parts of a SavedModel.
const (
	ServeTag         = "serve"
	ModelFile        = "saved_model.pb"
	IndexFile        = variablesFolder + "/variables.index" // with a checksum of each variable; no frozen model has it
	variablesFolder  = "variables"
	extraAssets      = "assets.extra" // ignored by every loader, copied along by all
	preprocessingKey = "preprocessing.json"
)

// maxModelFile is the largest protocol buffer that there can be, in bytes.
const maxModelFile = math.MaxInt32

// Export is what a SavedModel holds besides a network and its weights.
type Export struct {
	// Preprocessing is the JSON that says how the network's images are cut from
	// originals. It travels in assets.extra.
	Preprocessing []byte
	// CentreCrop is the side of the centre crop that the preprocessing cuts, in
	// pixels of the 424x424 original; 0 where it is no centre crop.
	CentreCrop int
	// CropSide is the side in pixels of what that crop is scaled to, of which the
	// network's images are a bilinear interpolation; 0 where it is just theirs.
	CropSide int
	// Frozen puts the weights into the graph as constants: there are no
	// variables, and no folder of them.
	Frozen bool
}

// WriteSavedModel writes the network with its weights as a SavedModel into dir,
// which has to exist and be empty, and returns the signatures that it has: of
// ServingSignature, OriginalSignature, FeaturesSignature and DropoutSignature, in
// this order, those that apply. Lift, GroupConv and GroupNorm, and their weights, are
// written as plain layers, which run faster.
func WriteSavedModel(dir string, net *Network, weights Weights, e Export) ([]Signature, error) {
	signatures, err := writeSavedModel(dir, net, weights, e)
	if err != nil {
		return nil, fmt.Errorf("failed to write SavedModel %q: %w", dir, err)
	}
	return signatures, nil
}

func writeSavedModel(dir string, net *Network, weights Weights, e Export) ([]Signature, error) {
	table, weights, err := net.folded(weights)
	if err != nil {
		return nil, err
	}
	n, err := newInferenceOf(net, table)
	if err != nil {
		return nil, err
	}
	signatures, err := n.addSignatures(e.CentreCrop, e.CropSide)
	if err != nil {
		return nil, err
	}
	if err := n.load(weights); err != nil {
		return nil, err
	}
	defer n.session.Close()

	if err := os.Mkdir(filepath.Join(dir, extraAssets), 0o777); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, extraAssets, preprocessingKey), e.Preprocessing, 0o666); err != nil {
		return nil, err
	}
	if err := net.describe(dir); err != nil {
		return nil, err
	}
	meta, err := n.metaGraph(signatures)
	if err != nil {
		return nil, err
	}
	if e.Frozen {
		err = freeze(meta, n.order, weights)
	} else {
		err = n.writeVariables(dir)
	}
	if err != nil {
		return nil, err
	}
	if err := describeOperations(meta); err != nil {
		return nil, err
	}
	return signatures, writeModelFile(filepath.Join(dir, ModelFile), meta, maxModelFile)
}

// writeVariables writes the weights in the files that belong to the model.
func (n *inference) writeVariables(dir string) error {
	if err := os.Mkdir(filepath.Join(dir, variablesFolder), 0o777); err != nil {
		return err
	}
	return explain(n.saver.run(n.session, filepath.Join(dir, variablesFolder, "variables"), n.saver.save, nil))
}

// writeModelFile writes the one meta graph of a model, the same bytes each time.
func writeModelFile(path string, meta *corepb.MetaGraphDef, limit int) error {
	model := &corepb.SavedModel{SavedModelSchemaVersion: 1, MetaGraphs: []*corepb.MetaGraphDef{meta}}
	if size := proto.Size(model); size > limit {
		return fmt.Errorf("%s would be %d bytes long, and no reader takes more than %d: leave the weights in variables", ModelFile, size, limit)
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(model)
	if err != nil {
		return err
	}
	return os.WriteFile(path, encoded, 0o666)
}

// metaGraph describes the graph with all that loaders look for.
func (n *inference) metaGraph(signatures []Signature) (*corepb.MetaGraphDef, error) {
	def, err := encodeGraph(n.graph)
	if err != nil {
		return nil, err
	}
	meta := &corepb.MetaGraphDef{
		MetaInfoDef: &corepb.MetaGraphDef_MetaInfoDef{
			MetaGraphVersion: n.net.Name + " " + n.net.Digest(),
			Tags:             []string{ServeTag}, TensorflowVersion: tf.Version(),
		},
		GraphDef: def,
		SaverDef: &corepb.SaverDef{
			FilenameTensorName: tensorName(n.saver.filename),
			SaveTensorName:     tensorName(n.saver.saved),
			RestoreOpName:      n.saver.restore.Name(),
			Version:            corepb.SaverDef_V2,
		},
		SignatureDef: map[string]*corepb.SignatureDef{},
	}
	for _, s := range signatures {
		meta.SignatureDef[s.Name] = s.def()
	}
	meta.CollectionDef, err = collections(n.order)
	return meta, err
}

// collections list the variables for TensorFlow's Python loaders.
func collections(vars []*variable) (map[string]*corepb.CollectionDef, error) {
	var all, trainable [][]byte
	for _, v := range vars {
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
		all = append(all, encoded)
		if v.Trainable {
			trainable = append(trainable, encoded)
		}
	}
	collection := func(values [][]byte) *corepb.CollectionDef {
		return &corepb.CollectionDef{Kind: &corepb.CollectionDef_BytesList_{BytesList: &corepb.CollectionDef_BytesList{Value: values}}}
	}
	return map[string]*corepb.CollectionDef{"variables": collection(all), "trainable_variables": collection(trainable)}, nil
}

// encodeGraph returns the graph's definition without the devices of this machine.
func encodeGraph(g *tf.Graph) (*graphpb.GraphDef, error) {
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
	}
	return def, nil
}
