package graph

import (
	"fmt"
	"slices"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/op"
)

// Names of a SavedModel's signatures, the ways in which it can be called.
const (
	ServingSignature  = "serving_default"
	OriginalSignature = "original"
	FeaturesSignature = "features"
	DropoutSignature  = "dropout"
)

// Names of what goes in and out.
const (
	InputName    = "images"
	OutputName   = "votes"
	FeaturesName = "features"
)

// PredictMethod is what TensorFlow Serving calls a signature that any tensors go
// in and out of.
const PredictMethod = "tensorflow/serving/predict"

// A Signature is one way to call a SavedModel.
type Signature struct {
	Name    string                `json:"-"`
	Doc     string                `json:"doc"`
	Inputs  map[string]TensorSpec `json:"inputs"`
	Outputs map[string]TensorSpec `json:"outputs"`
}

// A TensorSpec is what a signature takes or gives under a name.
type TensorSpec struct {
	DType string  `json:"dtype"` // "uint8" or "float32"
	Shape []int64 `json:"shape"` // -1 stands for any number of images
	Doc   string  `json:"doc"`   // meaning, range and unit

	output tf.Output
}

// String returns "float32 [-1, 37]".
func (s TensorSpec) String() string {
	text := s.DType + " ["
	for i, d := range s.Shape {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(d)
	}
	return text + "]"
}

// dtypeName returns "float32" for TensorFlow's DT_FLOAT, and its own name in
// lower case for all others.
func dtypeName(t tf.DataType) string {
	if t == tf.Float {
		return "float32"
	}
	return strings.ToLower(strings.TrimPrefix(typespb.DataType(t).String(), "DT_"))
}

func newTensorSpec(o tf.Output, doc string) TensorSpec {
	dims, _ := o.Shape().ToSlice() // the rank is known: every shape is inferred
	return TensorSpec{DType: dtypeName(o.DataType()), Shape: dims, Doc: doc, output: o}
}

// addSignatures adds all ways to call the network that it and its preprocessing
// allow. centreCrop is the width of the crop that the preprocessing cuts from the
// centre, 0 where it cuts another, and cropSide what it scales that to; see Export.
func (n *inference) addSignatures(centreCrop, cropSide int) ([]Signature, error) {
	if centreCrop < 0 || centreCrop > originalSide {
		return nil, fmt.Errorf("centre crop of %d pixels, want at most %d", centreCrop, originalSide)
	}
	if cropSide == 0 {
		cropSide = n.net.Size
	}
	if cropSide < n.net.Size {
		return nil, fmt.Errorf("centre crop scaled to %d pixels, want at least the %d of the network's images", cropSide, n.net.Size)
	}
	signatures := []Signature{{
		Name: ServingSignature, Doc: "the votes for crops",
		Inputs:  map[string]TensorSpec{InputName: n.crops()},
		Outputs: map[string]TensorSpec{OutputName: n.votes(n.plain)},
	}}
	if centreCrop > 0 {
		signatures = append(signatures, n.addOriginal(centreCrop, cropSide))
	}
	if n.plain.features.Op != nil {
		features := newTensorSpec(n.plain.features, "activations of the last hidden layer")
		signatures = append(signatures, Signature{
			Name: FeaturesSignature, Doc: "what the last layer makes the votes of, to compare galaxies by",
			Inputs:  map[string]TensorSpec{InputName: n.crops()},
			Outputs: map[string]TensorSpec{FeaturesName: features, OutputName: n.votes(n.plain)},
		})
	}
	if n.net.hasDropout() {
		signatures = append(signatures, n.addDropout())
	}
	return signatures, n.scope.Err()
}

// addOriginal adds the network with the crop before it.
func (n *inference) addOriginal(centreCrop, cropSide int) Signature {
	s := n.scope.SubScope("original")
	images := op.Placeholder(s.SubScope("input"), tf.Uint8, op.PlaceholderShape(tf.MakeShape(-1, originalSide, originalSide, Channels)))
	levels := cutCentre(s.SubScope("crop"), images, centreCrop, cropSide, n.net.Size)
	pass := n.forward(s.SubScope("network"), levels, passInputs{})
	return Signature{
		Name: OriginalSignature, Doc: "the votes for images as the survey has them; crop and scaling are part of the graph",
		Inputs:  map[string]TensorSpec{InputName: newTensorSpec(images, "RGB, levels 0 to 255, uncut")},
		Outputs: map[string]TensorSpec{OutputName: n.votes(pass)},
	}
}

// addDropout adds the network with dropout left on. Its draws are fed: the one
// operation that makes them from a seed is one that TensorFlow alone has, and the
// converters that take all signatures at once would fail at it.
func (n *inference) addDropout() Signature {
	s := n.scope.SubScope("dropout")
	inputs := map[string]TensorSpec{InputName: n.crops()}
	draw := func(s *op.Scope, _ int, row LayerInfo) tf.Output {
		shape := []int64{1} // one for all images and parts, whose votes then do not depend on those beside them
		for _, d := range row.in {
			shape = append(shape, int64(d))
		}
		draws := op.Placeholder(s, tf.Float, op.PlaceholderShape(tf.MakeShape(shape...)))
		inputs[row.Name] = newTensorSpec(draws, "uniform draws from 0 to 1; where one is below the layer's "+row.Settings+" it switches a value off")
		return draws
	}
	pass := n.forward(s.SubScope("network"), n.images, passInputs{draw: draw})
	return Signature{
		Name: DropoutSignature, Doc: "the votes of the network thinned by dropout; their spread over many draws tells its uncertainty",
		Inputs:  inputs,
		Outputs: map[string]TensorSpec{OutputName: n.votes(pass)},
	}
}

func (n *inference) crops() TensorSpec {
	return newTensorSpec(n.images, "RGB, levels 0 to 255, cut and scaled as the preprocessing says")
}

func (n *inference) votes(pass forwarded) TensorSpec {
	return newTensorSpec(pass.votes, n.output.votes)
}

// hasDropout reports whether dropout does anything in the network.
func (n *Network) hasDropout() bool {
	return slices.ContainsFunc(n.Layers, func(l Layer) bool {
		d, is := l.(Dropout)
		return is && d.Rate > 0
	})
}

// def encodes the signature.
func (s Signature) def() *corepb.SignatureDef {
	infos := func(specs map[string]TensorSpec) map[string]*corepb.TensorInfo {
		out := map[string]*corepb.TensorInfo{}
		for name, spec := range specs {
			out[name] = spec.info()
		}
		return out
	}
	//lint:ignore SA1019 TensorFlow 2 writes it too, and Serving before 2.4 checks it
	return &corepb.SignatureDef{MethodName: PredictMethod, Inputs: infos(s.Inputs), Outputs: infos(s.Outputs)}
}

func (s TensorSpec) info() *corepb.TensorInfo {
	shape := &shapepb.TensorShapeProto{}
	for _, d := range s.Shape {
		shape.Dim = append(shape.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return &corepb.TensorInfo{
		Encoding:    &corepb.TensorInfo_Name{Name: tensorName(s.output)},
		Dtype:       typespb.DataType(s.output.DataType()),
		TensorShape: shape,
	}
}

func tensorName(o tf.Output) string { return fmt.Sprintf("%s:%d", o.Op.Name(), o.Index) }
