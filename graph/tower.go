package graph

import (
	"bytes"
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// A tower is what each device makes of its share of a batch: forward pass, loss and
// gradients. It is built once, in a graph of its own, as gradients cannot be taken in a
// scope that has a device, and imported once a device. All towers read the same
// variables, so that the step which follows their gradients is taken once.
type tower struct {
	encoded []byte // the graph
	inputs  towerInputs
	weights []*variable // whose reads are inputs too
	outputs towerOutputs
}

// towerInputs are a tower's placeholders, and what they stand for in a graph that it is
// imported into.
type towerInputs struct {
	images tf.Output // [rows, size, size, 3] in levels 0 to 255, of the type of the feed
	votes  tf.Output // float32 [rows, 37]
	share  share
	step   tf.Output // int64, steps made before
	scale  tf.Output // float32, of the loss; none but for Float16
}

func (in *towerInputs) list() []tf.Output {
	list := []tf.Output{in.images, in.votes, in.share.batch, in.share.first, in.share.last, in.share.rows, in.step}
	if in.scale.Op != nil {
		list = append(list, in.scale)
	}
	return list
}

// towerOutputs are what comes out of a tower. Added up over the towers of a step they
// are those of one with the whole batch, but for what batch norm measures.
type towerOutputs struct {
	loss      tf.Output
	gradients []tf.Output // of the targets, scaled as the loss was
	averages  []average   // of batch norm, for this share alone
}

// A share says which rows of a batch are a tower's, int32 [1] each: from first to before
// last. Kernels do not all take no rows, so that a tower which has none works on one of
// another's, in vain: rows is then 0.
type share struct{ batch, first, last, rows tf.Output }

// shareOf adds the share of tower i of n, as even as they come.
func shareOf(scope *op.Scope, batch tf.Output, i, n int) share {
	bound := func(name string, i int) tf.Output {
		s := scope.SubScope(name)
		return op.FloorDiv(s, op.Mul(s, batch, op.Const(s.SubScope("tower"), int32(i))), op.Const(s.SubScope("towers"), int32(n)))
	}
	out := share{batch: batch, first: bound("first", i)}
	last := bound("last", i+1)
	out.rows = op.Sub(scope.SubScope("rows"), last, out.first)
	one := op.Const(scope.SubScope("one"), int32(1))
	out.last = op.Maximum(scope.SubScope("at_least"), last, op.AddV2(scope.SubScope("next"), out.first, one))
	return out
}

// perImage adds what an image counts in the mean over a batch, float32 [1]: 0 in a share
// without rows.
func (s share) perImage(scope *op.Scope) tf.Output {
	one := op.Minimum(scope, s.rows, op.Const(scope.SubScope("one"), int32(1)))
	return s.ofBatch(scope, one)
}

// ofBatch adds the ratio of a number, int32 [1], to the rows of the batch.
func (s share) ofBatch(scope *op.Scope, x tf.Output) tf.Output {
	return op.Div(scope, op.Cast(scope, x, tf.Float), op.Cast(scope.SubScope("batch"), s.batch, tf.Float))
}

// of adds the share's rows of what has some for each image, the same number.
func (s share) of(scope *op.Scope, all tf.Output, each int) tf.Output {
	bound := func(name string, x tf.Output) tf.Output {
		if each == 1 {
			return x
		}
		s := scope.SubScope(name)
		return op.Mul(s, x, op.Const(s.SubScope("each"), int32(each)))
	}
	return op.StridedSlice(scope, all, bound("first", s.first), bound("last", s.last), op.Const(scope.SubScope("stride"), []int32{1}))
}

// newTower builds the tower of a trainer, whose gradients are those of the targets. Where
// it is one of several it draws, for dropout, what one with the whole batch would.
func (t *Trainer) newTower(targets []*variable, several bool) (*tower, error) {
	o, own := t.options, op.NewScope()
	w := &tower{}
	placeholder := func(scope *op.Scope, dtype tf.DataType, shape ...int64) tf.Output {
		return op.Placeholder(scope, dtype, op.PlaceholderShape(tf.MakeShape(shape...)))
	}
	in, size := &w.inputs, int64(t.net.Size)
	in.images = placeholder(own.SubScope("images"), t.feed.dtype(), -1, size, size, Channels)
	in.votes = placeholder(own.SubScope("votes"), tf.Float, -1, int64(len(o.LossWeights)))
	in.share.batch = placeholder(own.SubScope("batch"), tf.Int32, 1)
	in.share.first = placeholder(own.SubScope("first"), tf.Int32, 1)
	in.share.last = placeholder(own.SubScope("last"), tf.Int32, 1)
	in.share.rows = placeholder(own.SubScope("rows"), tf.Int32, 1)
	in.step = placeholder(own.SubScope("step"), tf.Int64)
	if t.scale != nil {
		in.scale = placeholder(own.SubScope("loss_scale"), tf.Float)
	}

	// The same network over placeholders for the variables.
	b := &builder{scope: own, net: t.net, table: t.builder.table, output: t.builder.output, vars: map[string]*variable{}}
	for _, row := range b.table {
		for _, info := range row.vars {
			v := &variable{Variable: info, read: placeholder(own.SubScope("variables"), tf.Float, info.Shape...)}
			b.vars[info.Name] = v
			w.weights = append(w.weights, v)
		}
	}
	drawn := in.share
	if !several {
		drawn.first = tf.Output{}
	}
	pass := b.forward(own.SubScope("training"), in.images, passInputs{
		dtype: o.Precision.dtype(), averages: &w.outputs.averages, frozen: o.frozen,
		draw: drawEach(own.SubScope("draws"), drawn, o.Seed, in.step),
	})
	w.outputs.loss = loss(own.SubScope("loss"), pass.votes, in.votes, in.share.perImage(own.SubScope("per_image")), o.LossWeights)
	scaled := w.outputs.loss
	if t.scale != nil {
		scaled = op.Mul(own.SubScope("scaled_loss"), scaled, in.scale)
	}
	if own.Err() != nil {
		return nil, own.Err()
	}
	reads := make([]tf.Output, len(targets))
	for i, v := range targets {
		reads[i] = b.vars[v.Name].read
	}
	w.outputs.gradients = op.Gradients(own.SubScope("gradients"), []tf.Output{scaled}, reads)
	g, err := own.Finalize()
	if err != nil {
		return nil, err
	}
	var encoded bytes.Buffer
	_, err = g.WriteTo(&encoded)
	w.encoded = encoded.Bytes()
	return w, err
}

// place imports the tower under a name onto a device, "" being where TensorFlow puts it.
// reads are what it reads of its weights.
func (w *tower) place(b *builder, name, device string, in towerInputs, reads []tf.Output) (*towerOutputs, error) {
	options := tf.GraphImportOptions{Prefix: name, Device: device}
	given := in.list()
	for i, input := range w.inputs.list() {
		options.AddInputMapping(input.Op.Name(), input.Index, given[i])
	}
	for i, v := range w.weights {
		options.AddInputMapping(v.read.Op.Name(), v.read.Index, reads[i])
	}
	if err := b.graph.ImportWithOptions(w.encoded, options); err != nil {
		return nil, fmt.Errorf("failed to place %s on %q: %w", name, device, err)
	}
	placed := func(x tf.Output) tf.Output {
		return b.graph.Operation(name + "/" + x.Op.Name()).Output(x.Index)
	}
	out := &towerOutputs{loss: placed(w.outputs.loss)}
	for _, g := range w.outputs.gradients {
		out.gradients = append(out.gradients, placed(g))
	}
	for _, a := range w.outputs.averages {
		out.averages = append(out.averages, average{b.vars[a.v.Name], placed(a.delta)})
	}
	return out, nil
}

// towers adds a tower a device, fed with its share of the batch, and returns what they
// say together. Batch norm's moves are the mean of the towers', by their rows.
func (t *Trainer) towers(targets []*variable) (*towerOutputs, error) {
	b, devices := t.builder, t.options.Placement.towers()
	w, err := t.newTower(targets, len(devices) > 1)
	if err != nil {
		return nil, err
	}
	root := b.scope
	all := make([]*towerOutputs, len(devices))
	weights := make([]tf.Output, len(devices))
	hubs := t.options.Placement.hubs()
	for k, h := range hubs {
		reads := make([]tf.Output, len(w.weights))
		for i, v := range w.weights {
			reads[i] = h.read(root.SubScope(fmt.Sprintf("hub%d", k)), b.vars[v.Name])
		}
		for _, i := range h.towers {
			in := towerInputs{images: t.feed.out[i], votes: t.votes, step: t.step.read}
			in.share = t.feed.shares[i]
			if len(devices) > 1 {
				s := root.SubScope(fmt.Sprintf("share%d", i))
				in.votes = in.share.of(s.SubScope("votes"), t.votes, 1)
				weights[i] = in.share.ofBatch(s.SubScope("weight"), in.share.rows)
			}
			if t.scale != nil {
				in.scale = t.scale.scale.read
			}
			if root.Err() != nil {
				return nil, root.Err()
			}
			if all[i], err = w.place(b, fmt.Sprintf("tower%d", i), devices[i], in, reads); err != nil {
				return nil, err
			}
		}
	}
	return t.together(root.SubScope("towers"), targets, hubs, all, weights), root.Err()
}

// together adds up what the towers say, each gradient where its variable lies.
func (t *Trainer) together(scope *op.Scope, targets []*variable, hubs []*hub, all []*towerOutputs, weights []tf.Output) *towerOutputs {
	if len(all) == 1 {
		return all[0]
	}
	out := &towerOutputs{loss: sum(scope.SubScope("loss"), hubs, t.options.Placement.Host, func(i int) tf.Output { return all[i].loss })}
	for k, v := range targets {
		out.gradients = append(out.gradients, sum(scope.SubScope("gradient"), hubs, v.device, func(i int) tf.Output { return all[i].gradients[k] }))
	}
	for k, a := range all[0].averages {
		s := scope.SubScope("average")
		delta := sum(s, hubs, a.v.device, func(i int) tf.Output {
			// Of one image in vain the variance may be no number.
			return op.MulNoNan(on(s.SubScope("part"), t.options.Placement.towers()[i]), all[i].averages[k].delta, weights[i])
		})
		out.averages = append(out.averages, average{a.v, delta})
	}
	return out
}

// infer adds the network in inference form, on each device for its share of the images.
func (b *builder) infer(scope *op.Scope, images tf.Output) tf.Output {
	devices := b.placement.towers()
	if len(devices) == 1 {
		return b.forward(on(scope, devices[0]), images, passInputs{}).votes
	}
	batch := rowsOf(scope.SubScope("rows"), images)
	parts := make([]tf.Output, len(devices))
	for i, device := range devices {
		s := scope.SubScope(fmt.Sprintf("tower%d", i))
		mine := shareOf(s, batch, i, len(devices))
		votes := b.forward(on(s, device), mine.of(s.SubScope("images"), images, 1), passInputs{}).votes
		none := op.Const(s.SubScope("none"), []int32{0})
		parts[i] = share{first: none, last: mine.rows}.of(s.SubScope("votes"), votes, 1)
	}
	return op.ConcatV2(scope, parts, op.Const(scope.SubScope("axis"), int32(0)))
}
