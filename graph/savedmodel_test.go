package graph

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// exportTolerance is for votes that two graphs of the same weights give, in
// float32: the loader may fold batch norm into other kernels.
const exportTolerance = 1e-6

// trained returns weights that have moved from their start, and what the trainer
// predicts by them.
func trained(t *testing.T, net *Network, batch *Batch) (Weights, []galaxyzoo.Votes) {
	t.Helper()
	trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1})
	steps(t, trainer, batch, 5)
	votes := make([]galaxyzoo.Votes, batch.Rows)
	if err := trainer.Predict(batch, votes); err != nil {
		t.Fatal(err)
	}
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return weights, votes
}

func export(t *testing.T, net *Network, weights Weights, e Export) (string, []Signature) {
	t.Helper()
	dir := t.TempDir()
	signatures, err := WriteSavedModel(dir, net, weights, e)
	if err != nil {
		t.Fatal(err)
	}
	return dir, signatures
}

func load(t *testing.T, dir string) *Model {
	t.Helper()
	model, err := LoadModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { model.Close() })
	return model
}

func predictions(t *testing.T, model *Model, batch *Batch) []galaxyzoo.Votes {
	t.Helper()
	votes := make([]galaxyzoo.Votes, batch.Rows)
	if err := model.Predict(batch, votes); err != nil {
		t.Fatal(err)
	}
	return votes
}

func compareVotes(t *testing.T, what string, got, want []galaxyzoo.Votes, tolerance float64) {
	t.Helper()
	for i := range want {
		for c := range want[i] {
			if d := math.Abs(got[i][c] - want[i][c]); !(d <= tolerance) {
				t.Fatalf("%s: image %d, vote %d is %.8f, want %.8f", what, i, c, got[i][c], want[i][c])
			}
		}
	}
}

func readMeta(t *testing.T, dir string) *corepb.MetaGraphDef {
	t.Helper()
	encoded, err := os.ReadFile(filepath.Join(dir, ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	var model corepb.SavedModel
	if err := proto.Unmarshal(encoded, &model); err != nil {
		t.Fatal(err)
	}
	if len(model.MetaGraphs) != 1 {
		t.Fatalf("%d meta graphs, want 1", len(model.MetaGraphs))
	}
	return model.MetaGraphs[0]
}

func TestSavedModel(t *testing.T) {
	net := tiny()
	batch := randomBatch(t, 16, net.Size, 4)
	weights, want := trained(t, net, batch)
	dir, _ := export(t, net, weights, Export{Preprocessing: []byte(`{"size":12}`)})
	model := load(t, dir)
	if model.Size != net.Size || string(model.Preprocessing) != `{"size":12}` {
		t.Errorf("size %d and preprocessing %s", model.Size, model.Preprocessing)
	}
	compareVotes(t, "loaded", predictions(t, model, batch), want, exportTolerance)

	again, _ := export(t, net, weights, Export{Preprocessing: []byte(`{"size":12}`)})
	first, second := readFile(t, filepath.Join(dir, ModelFile)), readFile(t, filepath.Join(again, ModelFile))
	if !bytes.Equal(first, second) {
		t.Error("the same model written twice differs")
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// What makes a model no model is said before the runtime says it.
func TestLoadModelErrors(t *testing.T) {
	net := tiny()
	weights, _ := trained(t, net, randomBatch(t, 4, net.Size, 4))
	dir, _ := export(t, net, weights, Export{Preprocessing: []byte("{}")})
	variables := filepath.Join("variables", "variables.index")
	for _, part := range []string{"saved_model.pb", variables, filepath.Join("assets.extra", "preprocessing.json")} {
		path := filepath.Join(dir, part)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		_, err := LoadModel(dir)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("without %s: got %v, want an error that names it", part, err)
		}
		if part == variables && err != nil && !strings.Contains(err.Error(), "not frozen") {
			t.Errorf("without variables: got %v, want the word frozen in it", err)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "saved_model.pb"), []byte("not a model"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadModel(dir); err == nil {
		t.Error("a text file was loaded as a model")
	}
	if err := os.Remove(filepath.Join(dir, variables)); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadModel(dir); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a text file without variables: got %v, want it called damaged", err)
	}
}

func TestWriteSavedModelErrors(t *testing.T) {
	net := tiny()
	weights := Weights{}
	vars, err := net.Variables()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vars {
		weights[v.Name] = make([]float32, v.Elements())
	}
	if _, err := WriteSavedModel(filepath.Join(t.TempDir(), "not there"), net, weights, Export{}); err == nil {
		t.Error("a model was written into a folder that is not there")
	}
	for _, e := range []Export{{CentreCrop: -1}, {CentreCrop: 425}, {CentreCrop: 200, CropSide: net.Size - 1}, {CentreCrop: 200, CropSide: -1}} {
		if _, err := WriteSavedModel(t.TempDir(), net, weights, e); err == nil || !strings.Contains(err.Error(), "centre crop") {
			t.Errorf("centre crop %d to %d: got %v, want an error about it", e.CentreCrop, e.CropSide, err)
		}
	}
	delete(weights, "conv1/kernel")
	for _, frozen := range []bool{false, true} {
		if _, err := WriteSavedModel(t.TempDir(), net, weights, Export{Frozen: frozen}); err == nil || !strings.Contains(err.Error(), "conv1/kernel") {
			t.Errorf("frozen %v: got %v, want an error that names the missing weight", frozen, err)
		}
	}
}

// A frozen model has all signatures and no variables.
func TestFrozen(t *testing.T) {
	net := tiny()
	batch := randomBatch(t, 16, net.Size, 4)
	weights, want := trained(t, net, batch)
	dir, signatures := export(t, net, weights, Export{Preprocessing: []byte("{}"), CentreCrop: 207, Frozen: true})
	if _, err := os.Stat(filepath.Join(dir, "variables")); !os.IsNotExist(err) {
		t.Errorf("the folder of variables is there: %v", err)
	}
	meta := readMeta(t, dir)
	for _, node := range meta.GraphDef.Node {
		if strings.Contains(node.Op, "Variable") || strings.HasPrefix(node.Op, "Save") || node.Op == variableKind {
			t.Errorf("node %s is left, a %s", node.Name, node.Op)
		}
	}
	if len(signatures) != 4 || len(meta.SignatureDef) != 4 || meta.SaverDef != nil {
		t.Errorf("%d signatures told, %d written, saver %v; want 4, 4 and none", len(signatures), len(meta.SignatureDef), meta.SaverDef)
	}
	model := load(t, dir)
	compareVotes(t, "frozen", predictions(t, model, batch), want, exportTolerance)

	other, _ := export(t, net, weights, Export{Preprocessing: []byte("{}"), CentreCrop: 207})
	thawed := load(t, other)
	a, b := make([]galaxyzoo.Votes, batch.Rows), make([]galaxyzoo.Votes, batch.Rows)
	if err := model.Sample(batch, 3, a); err != nil {
		t.Fatal(err)
	}
	if err := thawed.Sample(batch, 3, b); err != nil {
		t.Fatal(err)
	}
	compareVotes(t, "frozen, sample", a, b, exportTolerance)
}

func TestModelFileLimit(t *testing.T) {
	meta := &corepb.MetaGraphDef{MetaInfoDef: &corepb.MetaGraphDef_MetaInfoDef{Tags: []string{ServeTag}}}
	path := filepath.Join(t.TempDir(), ModelFile)
	if err := writeModelFile(path, meta, 5); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("got %v, want an error about the size", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a file was written: %v", err)
	}
	if err := writeModelFile(path, meta, 100); err != nil {
		t.Error(err)
	}
}

// Other versions of TensorFlow find the definitions of all operations, and no
// attribute that a later version gave them and that is at its default.
func TestOperationsAreDescribed(t *testing.T) {
	net := tiny()
	weights, _ := trained(t, net, randomBatch(t, 4, net.Size, 4))
	dir, _ := export(t, net, weights, Export{Preprocessing: []byte("{}"), CentreCrop: 100})
	meta := readMeta(t, dir)
	described := map[string]bool{}
	for _, o := range meta.MetaInfoDef.StrippedOpList.Op {
		described[o.Name] = true
	}
	used := map[string]bool{}
	for _, node := range meta.GraphDef.Node {
		used[node.Op] = true
		if !described[node.Op] {
			t.Errorf("%s, of node %s, is not described", node.Op, node.Name)
		}
		for _, late := range []string{"grad_a", "debug_name", "allowed_devices", "explicit_paddings"} {
			if node.Attr[late] != nil {
				t.Errorf("node %s has the attribute %s", node.Name, late)
			}
		}
		if node.Device != "" {
			t.Errorf("node %s is tied to device %s", node.Name, node.Device)
		}
	}
	if len(described) != len(used) {
		t.Errorf("%d operations described, %d used", len(described), len(used))
	}
	if !meta.MetaInfoDef.StrippedDefaultAttrs || meta.MetaInfoDef.TensorflowVersion != Version() || !slices.Equal(meta.MetaInfoDef.Tags, []string{ServeTag}) {
		t.Errorf("meta information %v", meta.MetaInfoDef)
	}
	draws := func(n *nodepb.NodeDef) bool { return strings.Contains(n.Op, "Random") }
	if i := slices.IndexFunc(meta.GraphDef.Node, draws); i >= 0 {
		t.Errorf("node %s draws, which converters cannot", meta.GraphDef.Node[i].Name)
	}
}

// A model that an earlier version wrote, with one signature, still predicts.
func TestModelWithoutLaterSignatures(t *testing.T) {
	net := tiny()
	batch := randomBatch(t, 16, net.Size, 4)
	weights, want := trained(t, net, batch)
	dir, _ := export(t, net, weights, Export{Preprocessing: []byte("{}")})
	meta := readMeta(t, dir)
	delete(meta.SignatureDef, FeaturesSignature)
	delete(meta.SignatureDef, DropoutSignature)
	if err := writeModelFile(filepath.Join(dir, ModelFile), meta, maxModelFile); err != nil {
		t.Fatal(err)
	}
	model := load(t, dir)
	compareVotes(t, "earlier model", predictions(t, model, batch), want, exportTolerance)
	if model.FeatureSize() != 0 || model.HasDropout() {
		t.Errorf("features of size %d and dropout %v, want none", model.FeatureSize(), model.HasDropout())
	}
	votes := make([]galaxyzoo.Votes, batch.Rows)
	if err := model.Features(batch, votes, nil); err == nil || !strings.Contains(err.Error(), FeaturesSignature) {
		t.Errorf("features: got %v, want an error that names the signature", err)
	}
	if err := model.Sample(batch, 1, votes); err == nil || !strings.Contains(err.Error(), DropoutSignature) {
		t.Errorf("sample: got %v, want an error that names the signature", err)
	}
}

// Signatures that this program did not write are refused, not misread.
func TestForeignSignatures(t *testing.T) {
	net := tiny()
	weights, _ := trained(t, net, randomBatch(t, 4, net.Size, 4))
	tests := []struct {
		name, want string
		spoil      func(map[string]*corepb.SignatureDef)
	}{
		{"none", ServingSignature, func(s map[string]*corepb.SignatureDef) { delete(s, ServingSignature) }},
		{"another output", OutputName, func(s map[string]*corepb.SignatureDef) { delete(s[ServingSignature].Outputs, OutputName) }},
		{"votes of another shape", "float32 [-1 37 1]", func(s map[string]*corepb.SignatureDef) {
			shape := s[ServingSignature].Outputs[OutputName].TensorShape
			shape.Dim = append(shape.Dim, &shapepb.TensorShapeProto_Dim{Size: 1})
		}},
		{"votes of another tree", "34 votes an image, want the 37", func(s map[string]*corepb.SignatureDef) {
			s[ServingSignature].Outputs[OutputName].TensorShape.Dim[1].Size = 34
		}},
		{"votes of another type", "int32", func(s map[string]*corepb.SignatureDef) { s[ServingSignature].Outputs[OutputName].Dtype = 3 }},
		{"a tensor that is not there", "elsewhere", func(s map[string]*corepb.SignatureDef) {
			s[ServingSignature].Inputs[InputName].Encoding = &corepb.TensorInfo_Name{Name: "elsewhere:0"}
		}},
		{"features of another type", FeaturesName, func(s map[string]*corepb.SignatureDef) {
			s[FeaturesSignature].Outputs[FeaturesName].Dtype = 2
		}},
	}
	for _, test := range tests {
		dir, _ := export(t, net, weights, Export{Preprocessing: []byte("{}")})
		meta := readMeta(t, dir)
		test.spoil(meta.SignatureDef)
		if err := writeModelFile(filepath.Join(dir, ModelFile), meta, maxModelFile); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadModel(dir); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}
