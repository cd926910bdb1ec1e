package graph

import (
	"fmt"
	"slices"

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
	SeedName     = "seed"
	OutputName   = "votes"
	FeaturesName = "features"
)

const predictMethod = "tensorflow/serving/predict"

// A Signature is one way to call a SavedModel.
type Signature struct {
	Name    string                `json:"-"`
	Doc     string                `json:"doc"`
	Inputs  map[string]TensorSpec `json:"inputs"`
	Outputs map[string]TensorSpec `json:"outputs"`
}

// A TensorSpec is what a signature takes or gives under a name.
type TensorSpec struct {
	DType string  `json:"dtype"` // "uint8", "int64" or "float32"
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

var dtypes = map[tf.DataType]string{tf.Uint8: "uint8", tf.Int64: "int64", tf.Float: "float32"}

func newTensorSpec(o tf.Output, doc string) TensorSpec {
	dims, _ := o.Shape().ToSlice() // the rank is known: every shape is inferred
	return TensorSpec{DType: dtypes[o.DataType()], Shape: dims, Doc: doc, output: o}
}

// addSignatures adds all ways to call the network that it and its preprocessing
// allow: originals only where a centre crop of that width is cut, 0 for none.
func (n *inference) addSignatures(centreCrop int) ([]Signature, error) {
	if centreCrop < 0 || centreCrop > originalSide {
		return nil, fmt.Errorf("centre crop of %d pixels, want at most %d", centreCrop, originalSide)
	}
	scope, size := n.scope, n.net.Size
	crops := newTensorSpec(n.images, "RGB, levels 0 to 255, cut and scaled as assets.extra/preprocessing.json says")
	votes := func(pass forwarded) TensorSpec { return newTensorSpec(pass.votes, n.votesDoc()) }

	signatures := []Signature{{
		Name: ServingSignature, Doc: "the votes for prepared crops",
		Inputs:  map[string]TensorSpec{InputName: crops},
		Outputs: map[string]TensorSpec{OutputName: votes(n.plain)},
	}}
	if centreCrop > 0 {
		s := scope.SubScope("original")
		images := op.Placeholder(s.SubScope("input"), tf.Uint8, op.PlaceholderShape(tf.MakeShape(-1, originalSide, originalSide, Channels)))
		pass := n.forward(s.SubScope("network"), cutCentre(s.SubScope("crop"), images, centreCrop, size), passInputs{})
		signatures = append(signatures, Signature{
			Name: OriginalSignature, Doc: "the votes for whole images as the survey has them; crop and scaling are part of the graph",
			Inputs:  map[string]TensorSpec{InputName: newTensorSpec(images, "RGB, levels 0 to 255, uncut")},
			Outputs: map[string]TensorSpec{OutputName: votes(pass)},
		})
	}
	if n.plain.features.Op != nil {
		signatures = append(signatures, Signature{
			Name: FeaturesSignature, Doc: "what the last layer makes the votes of, to compare galaxies by",
			Inputs: map[string]TensorSpec{InputName: crops},
			Outputs: map[string]TensorSpec{
				FeaturesName: newTensorSpec(n.plain.features, "activations of the last hidden layer"),
				OutputName:   votes(n.plain),
			},
		})
	}
	if n.net.hasDropout() {
		s := scope.SubScope("dropout")
		seed := op.Placeholder(s.SubScope("input"), tf.Int64, op.PlaceholderShape(tf.MakeShape(2)))
		pass := n.forward(s.SubScope("network"), n.images, passInputs{
			// One mask for all images: an image's votes do not depend on those
			// beside it.
			masks: op.Const(s.SubScope("masks"), []int32{1}),
			seed: func(s *op.Scope, layer int) tf.Output {
				return op.AddV2(s, seed, op.Const(s.SubScope("layer"), []int64{int64(layer) << 32, 0}))
			},
		})
		signatures = append(signatures, Signature{
			Name: DropoutSignature, Doc: "one draw of votes with dropout left on; the spread of many tells the network's uncertainty",
			Inputs: map[string]TensorSpec{
				InputName: crops,
				SeedName:  newTensorSpec(seed, "any two numbers; the same ones give the same draw"),
			},
			Outputs: map[string]TensorSpec{OutputName: votes(pass)},
		})
	}
	return signatures, scope.Err()
}

func (n *inference) votesDoc() string {
	if n.net.Output == Sigmoid {
		return "vote fractions, 0 to 1"
	}
	return "vote fractions, which may leave 0 to 1"
}

// hasDropout reports whether dropout does anything in the network.
func (n *Network) hasDropout() bool {
	return slices.ContainsFunc(n.Layers, func(l Layer) bool {
		d, is := l.(Dropout)
		return is && d.Rate > 0
	})
}

// signatureDef encodes a signature.
func (s Signature) def() *corepb.SignatureDef {
	infos := func(specs map[string]TensorSpec) map[string]*corepb.TensorInfo {
		out := map[string]*corepb.TensorInfo{}
		for name, spec := range specs {
			out[name] = spec.info()
		}
		return out
	}
	return &corepb.SignatureDef{MethodName: predictMethod, Inputs: infos(s.Inputs), Outputs: infos(s.Outputs)}
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
