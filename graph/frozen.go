package graph

import (
	"fmt"
	"slices"
	"strings"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
)

const variableKind = "VarHandleOp" // the operation that a variable is in a graph

// freeze puts the weights where the graph reads its variables, and leaves out
// what then no signature needs.
func freeze(meta *corepb.MetaGraphDef, vars []*variable, weights Weights) error {
	nodes := map[string]*nodepb.NodeDef{}
	for _, node := range meta.GraphDef.Node {
		nodes[node.Name] = node
	}
	for _, v := range vars {
		read := nodes[v.read.Op.Name()]
		if read == nil {
			return fmt.Errorf("its graph does not read %s", v.Name)
		}
		read.Op, read.Input, read.Attr = "Const", nil, constant(v.Shape, weights[v.Name])
	}
	needed := map[string]bool{}
	var need func(name string)
	need = func(name string) { // a node, one of its outputs, or a control dependency on it
		name, _, _ = strings.Cut(strings.TrimPrefix(name, "^"), ":")
		if node := nodes[name]; node != nil && !needed[name] {
			needed[name] = true
			for _, in := range node.Input {
				need(in)
			}
		}
	}
	for _, signature := range meta.SignatureDef {
		for _, tensors := range []map[string]*corepb.TensorInfo{signature.Inputs, signature.Outputs} {
			for _, info := range tensors {
				need(info.GetName())
			}
		}
	}
	meta.GraphDef.Node = slices.DeleteFunc(meta.GraphDef.Node, func(node *nodepb.NodeDef) bool { return !needed[node.Name] })
	meta.SaverDef, meta.CollectionDef = nil, nil
	return nil
}

// constant returns the attributes of a float32 constant.
func constant(shape []int64, values []float32) map[string]*attrpb.AttrValue {
	dims := &shapepb.TensorShapeProto{}
	for _, d := range shape {
		dims.Dim = append(dims.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return map[string]*attrpb.AttrValue{
		"dtype": {Value: &attrpb.AttrValue_Type{Type: typespb.DataType_DT_FLOAT}},
		"value": {Value: &attrpb.AttrValue_Tensor{Tensor: &tensorpb.TensorProto{
			Dtype: typespb.DataType_DT_FLOAT, TensorShape: dims, TensorContent: bytesOf(values),
		}}},
	}
}
