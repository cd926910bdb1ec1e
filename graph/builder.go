package graph

import (
	"fmt"
	"slices"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// variable is a Variable's place in a TensorFlow graph.
type variable struct {
	Variable
	dtype   tf.DataType
	handle  tf.Output
	device  string    // that it lies on; "" is the host, or else TensorFlow's choice
	read    tf.Output // the only read of it, shared by all who need the value
	initial tf.Output // placeholder that assign takes its value from
	assign  *tf.Operation
}

// builder adds a network to a TensorFlow graph: its variables once, its forward
// pass as often as it is needed.
type builder struct {
	scope  *op.Scope
	graph  *tf.Graph // of the scope
	net    *Network
	table  []LayerInfo
	output output
	vars   map[string]*variable
	order  []*variable

	placement Placement
	homes     homes
}

// An average is a moving one that is to follow a batch.
type average struct {
	v     *variable
	delta tf.Output // what to take off it
}

type activation struct {
	layer  string
	output tf.Output
}

func newBuilder(net *Network, p Placement) (*builder, error) {
	table, err := net.Table()
	if err != nil {
		return nil, err
	}
	return newBuilderOf(net, table, p)
}

// newBuilderOf builds the network from a table that may differ from its own.
func newBuilderOf(net *Network, table []LayerInfo, p Placement) (*builder, error) {
	if err := Load(); err != nil {
		return nil, err
	}
	output, err := lookUpOutput(net.Output)
	if err != nil {
		return nil, err
	}
	g := tf.NewGraph()
	b := &builder{
		scope: on(op.NewScopeWithGraph(g), p.Host), graph: g, net: net, table: table, output: output, vars: map[string]*variable{},
		placement: p, homes: homes{devices: p.Homes},
	}
	for _, row := range table {
		for _, v := range row.vars {
			b.addVariable(v, tf.Float, b.homes.next(v))
		}
	}
	return b, nil
}

// addVariable adds a variable that is assigned from a placeholder. The names of
// its operations are those that TensorFlow's Python loaders expect.
func (b *builder) addVariable(v Variable, dtype tf.DataType, device string) *variable {
	out := b.newVariable(v, dtype, device)
	if b.scope.Err() == nil {
		b.vars[v.Name] = out
		b.order = append(b.order, out)
	}
	return out
}

// newVariable adds a variable that is no part of a checkpoint.
func (b *builder) newVariable(v Variable, dtype tf.DataType, device string) *variable {
	out := &variable{Variable: v, dtype: dtype, device: device}
	scope := on(b.scope, device)
	handle := scope.AddOperation(tf.OpSpec{
		Type: "VarHandleOp", Name: v.Name,
		Attrs: map[string]any{
			"dtype": dtype, "shape": tf.MakeShape(v.Shape...),
			"shared_name": v.Name, // an empty one would be shared by all variables
		},
	})
	if b.scope.Err() != nil {
		return out
	}
	out.handle = handle.Output(0)
	add := func(name, kind string, attrs map[string]any, in ...tf.Input) *tf.Operation {
		return scope.AddOperation(tf.OpSpec{Type: kind, Name: v.Name + name, Attrs: attrs, Input: in})
	}
	read := add("/Read", "ReadVariableOp", map[string]any{"dtype": dtype}, out.handle)
	initial := add("/Initial", "Placeholder", map[string]any{"dtype": dtype, "shape": tf.MakeShape(v.Shape...)})
	if b.scope.Err() != nil {
		return out
	}
	out.read, out.initial = read.Output(0), initial.Output(0)
	out.assign = add("/Assign", "AssignVariableOp", map[string]any{"dtype": dtype}, out.handle, out.initial)
	return out
}

// trainable lists the variables that gradients are taken of.
func (b *builder) trainable() []*variable {
	var out []*variable
	for _, v := range b.order {
		if v.Trainable {
			out = append(out, v)
		}
	}
	return out
}

// passInputs say how a forward pass departs from inference; the zero value does
// not.
type passInputs struct {
	// dtype is what the layers compute in, all but the last dense one, which is
	// float32; the zero value is float32.
	dtype tf.DataType
	// averages, unless nil, makes it a training pass, whose batch norm measures
	// the batch, and collects the moves of its averages.
	averages *[]average
	// frozen, unless nil, tells which variables do not move in a training pass. A
	// layer whose variables all do not is in inference form there too.
	frozen func(name string) bool
	// draw, unless nil, turns dropout on, in the layer of that number and row of
	// the table: see pass.
	draw func(scope *op.Scope, layer int, row LayerInfo) tf.Output
}

// holds reports whether a layer has variables that could move and none that does.
func (in passInputs) holds(row LayerInfo) bool {
	could := false
	for _, v := range row.vars {
		if v.Trainable && (in.frozen == nil || !in.frozen(v.Name)) {
			return false
		}
		could = could || v.Trainable
	}
	return could
}

// forwarded is what comes out of a forward pass.
type forwarded struct {
	votes    tf.Output // float32 [batch, 37]
	features tf.Output // what goes into the last dense layer, float32 [batch, features]; no operation where there is no such layer
	// activations are what comes out of each layer that does something in
	// this pass, and last the votes where they are another thing.
	activations []activation
}

// forward adds one copy of the network: images [batch, size, size, 3] in whole
// levels 0..255 go in.
func (b *builder) forward(scope *op.Scope, images tf.Output, in passInputs) forwarded {
	var out forwarded
	dtype := in.dtype
	if dtype == 0 {
		dtype = tf.Float
	}
	x := op.Cast(scope, images, tf.Float)
	x = op.Mul(scope.SubScope("scale"), x, op.Const(scope.SubScope("scale").SubScope("by"), float32(1./255)))
	x = cast(scope.SubScope("precision"), x, tf.Float, dtype)

	table := b.table
	if in.averages != nil {
		table = poolFirst(table)
	}
	for i, row := range table {
		if i == b.lastDense() {
			x = cast(scope.SubScope("exact"), x, dtype, tf.Float)
			dtype = tf.Float
		}
		p := &pass{
			scope: scope.SubScope(row.Name), x: x, in: row.in, dtype: dtype, values: map[string]tf.Output{},
			training: in.averages != nil && !in.holds(row),
		}
		for _, v := range row.vars {
			value := b.vars[v.Name]
			if in.averages == nil {
				value = b.evaluated(value)
			}
			p.values[v.Name[len(row.Name)+1:]] = value.read
		}
		if in.draw != nil {
			p.draw = func() tf.Output { return in.draw(p.sub("draw"), i, row) }
		}
		p.average = func(name string, batch tf.Output, decay float64) {
			v, s := b.vars[row.Name+"/"+name], p.sub(name)
			delta := op.Mul(s, op.Sub(s, v.read, batch), op.Const(s.SubScope("rate"), float32(1-decay)))
			*in.averages = append(*in.averages, average{v, delta})
		}
		if _, dense := row.layer.(Dense); dense {
			out.features = x
		}
		row.layer.build(p)
		if p.x != x {
			out.activations = append(out.activations, activation{row.Name, p.x})
		}
		x = p.x
	}
	out.votes = b.output.build(scope.SubScope("output"), x)
	if out.votes != x {
		out.activations = append(out.activations, activation{string(b.output.name), out.votes})
	}
	return out
}

// poolFirst returns the layers with each ReLU behind the max pool that follows it.
// What comes out, and its gradient, are the same, of a quarter of the values.
func poolFirst(table []LayerInfo) []LayerInfo {
	table = slices.Clone(table)
	for i := range len(table) - 1 {
		_, relu := table[i].layer.(ReLU)
		if _, pool := table[i+1].layer.(MaxPool); relu && pool {
			table[i], table[i+1] = table[i+1], table[i]
		}
	}
	return table
}

// lastDense returns the position of the last dense layer, -1 where there is none.
func (b *builder) lastDense() int {
	for i, row := range slices.Backward(b.table) {
		if _, dense := row.layer.(Dense); dense {
			return i
		}
	}
	return -1
}

// cast turns values of one type into another's, if it is another.
func cast(scope *op.Scope, x tf.Output, from, to tf.DataType) tf.Output {
	if from == to {
		return x
	}
	return op.Cast(scope, x, to)
}

// rowsOf adds the number of rows of what a batch is fed by, int32 [1].
func rowsOf(scope *op.Scope, fed tf.Output) tf.Output {
	return op.StridedSlice(scope, op.Shape(scope, fed),
		op.Const(scope.SubScope("begin"), []int32{0}), op.Const(scope.SubScope("end"), []int32{1}), op.Const(scope.SubScope("stride"), []int32{1}))
}

// drawEach returns what draws for each image of a batch, and each of its parts, anew
// at each step, and gives those of a share; one without bounds is the whole batch.
func drawEach(scope *op.Scope, of share, seed uint64, step tf.Output) func(*op.Scope, int, LayerInfo) tf.Output {
	return func(s *op.Scope, layer int, row LayerInfo) tf.Output {
		dims := make([]int32, len(row.in))
		for i, d := range row.in {
			dims[i] = int32(d)
		}
		// The shape comes from the fed batch, not from the layer's input: so
		// nothing random lies on the gradient's way.
		rows := of.batch
		if row.Parts > 1 {
			rows = op.Mul(s, of.batch, op.Const(s.SubScope("parts"), int32(row.Parts)))
		}
		shape := op.ConcatV2(s, []tf.Output{rows, op.Const(s.SubScope("dims"), dims)}, op.Const(s.SubScope("axis"), int32(0)))
		number := op.Const(s.SubScope("layer"), int64(seed)+int64(layer)<<32)
		drawn := op.StatelessRandomUniform(s, shape, op.Pack(s, []tf.Output{number, step}))
		if of.first.Op == nil {
			return drawn
		}
		return of.of(s.SubScope("share"), drawn, row.Parts)
	}
}

// imageShape is the shape of a batch of the network's input.
func (b *builder) imageShape() tf.Shape {
	size := int64(b.net.Size)
	return tf.MakeShape(-1, size, size, Channels)
}

// loss adds sum_k w_k sum_i (prediction_ik - vote_ik)^2, each image times what it counts
// in a mean, float32 [1].
func loss(scope *op.Scope, predictions, votes, perImage tf.Output, weights [galaxyzoo.NumAnswers]float32) tf.Output {
	squares := op.SquaredDifference(scope, predictions, votes)
	perAnswer := op.Sum(scope.SubScope("rows"), squares, op.Const(scope.SubScope("rows").SubScope("axis"), int32(0)))
	perAnswer = op.Mul(scope.SubScope("mean"), perAnswer, perImage)
	weighted := op.Mul(scope, perAnswer, op.Const(scope.SubScope("weights"), weights[:]))
	return op.Sum(scope, weighted, op.Const(scope.SubScope("answers"), int32(0)))
}

// halfSquares adds half the sum of squares of the gradient of each target.
func halfSquares(scope *op.Scope, targets []*variable, gradients []tf.Output) []tf.Output {
	halves := make([]tf.Output, len(gradients))
	for i, g := range gradients {
		halves[i] = op.L2Loss(targets[i].where(scope.SubScope("half")), g)
	}
	return halves
}

// clipByGlobalNorm scales the gradients, whose halfSquares are halves, so that the norm
// of all of them together is at most limit (Pascanu et al. 2013, arXiv 1211.5063).
func clipByGlobalNorm(scope *op.Scope, targets []*variable, gradients, halves []tf.Output, limit float64) []tf.Output {
	norm := op.Sqrt(scope, op.Mul(scope.SubScope("double"), op.AddN(scope, halves), op.Const(scope.SubScope("two"), float32(2))))
	max := op.Const(scope.SubScope("limit"), float32(limit))
	factor := op.Div(scope, max, op.Maximum(scope, norm, max))
	clipped := make([]tf.Output, len(gradients))
	for i, g := range gradients {
		clipped[i] = op.Mul(targets[i].where(scope.SubScope(fmt.Sprintf("clip%d", i))), g, factor)
	}
	return clipped
}
