package graph

/*
#cgo LDFLAGS: -ltensorflow
#include <tensorflow/c/c_api.h>
*/
import "C"

import (
	"errors"
	"slices"
	"unsafe"

	opdefpb "github.com/wamuir/graft/tensorflow/core/framework/op_def_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"
)

// describeOperations makes the graph one that other versions of TensorFlow read:
// it adds the definitions of the operations that it uses, and leaves out all
// attributes that are what they would be anyway, which an older version may not
// know yet.
func describeOperations(meta *corepb.MetaGraphDef) error {
	list, err := knownOperations()
	if err != nil {
		return err
	}
	known, used := map[string]*opdefpb.OpDef{}, map[string]bool{}
	for _, o := range list.Op {
		known[o.Name] = o
	}
	for _, node := range meta.GraphDef.Node {
		used[node.Op] = true
		for _, attr := range known[node.Op].GetAttr() {
			if attr.DefaultValue != nil && proto.Equal(node.Attr[attr.Name], attr.DefaultValue) {
				delete(node.Attr, attr.Name)
			}
		}
	}
	list.Op = slices.DeleteFunc(list.Op, func(o *opdefpb.OpDef) bool { return !used[o.Name] })
	meta.MetaInfoDef.StrippedOpList, meta.MetaInfoDef.StrippedDefaultAttrs = list, true
	return nil
}

// knownOperations lists the operations that this TensorFlow has.
func knownOperations() (*opdefpb.OpList, error) {
	buffer := C.TF_GetAllOpList()
	if buffer == nil {
		return nil, errors.New("TensorFlow does not list its operations")
	}
	defer C.TF_DeleteBuffer(buffer)
	list := &opdefpb.OpList{}
	return list, proto.Unmarshal(unsafe.Slice((*byte)(buffer.data), buffer.length), list)
}
