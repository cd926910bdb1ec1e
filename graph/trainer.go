package graph

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	tf "github.com/wamuir/graft/tensorflow"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Options are what a Trainer needs besides the network.
type Options struct {
	// LossWeights weigh the answers in the loss, sum_k w_k mean_i
	// (prediction_ik - vote_ik)^2. See MSE and WeightedMSE.
	LossWeights [galaxyzoo.NumAnswers]float32
	ClipNorm    float64 // limit of the norm of all gradients together; 0 is none
	Seed        uint64  // of the initial weights and of dropout

	Optimiser   Optimiser // "" is Adam
	WeightDecay float64   // share of the kernels that a step takes off, times the learning rate; not with Adam
	Momentum    float64   // of SGD, Nesterov's, from 0 to below 1
	Average     float64   // decay, each step, of the moving average of the weights, from 0 to below 1; 0 is none

	// OutputBias is what the last dense layer's bias starts as, [37]; nil leaves it
	// to the network's rule. See LabelBias.
	OutputBias []float32
	// RateFactors are what the learning rate of a variable is multiplied with, by its
	// name; 1 where there is none. At 0 the variable is frozen: it has no gradient,
	// and batch norm whose variables all are keeps its moving averages, and uses
	// them.
	RateFactors map[string]float64

	Precision Precision // of a training step; "" is Float32
	XLA       bool      // has TensorFlow compile the graph by XLA

	Placement Placement // where it computes

	Feed     Feed // what Step is fed with
	CropSize int  // side of the crops in pixels; FeedImages has none
	Crops    int  // how many crops LoadCrops puts on the device, for FeedRows
}

// graphOptions has TensorFlow compile the graph, where that is wanted.
func (o Options) graphOptions() *corepb.GraphOptions {
	if !o.XLA {
		return nil
	}
	return &corepb.GraphOptions{OptimizerOptions: &corepb.OptimizerOptions{GlobalJitLevel: corepb.OptimizerOptions_ON_2}}
}

// MSE returns the weights of the plain mean squared error, 1/37 each: its root
// is the competition's score.
func MSE() [galaxyzoo.NumAnswers]float32 {
	var w [galaxyzoo.NumAnswers]float32
	for c := range w {
		w[c] = 1. / galaxyzoo.NumAnswers
	}
	return w
}

// WeightedMSE returns the seed study's weights: each answer's share of all votes
// of the training rows.
func WeightedMSE(rows []galaxyzoo.Votes) [galaxyzoo.NumAnswers]float32 {
	mean := galaxyzoo.MeanVotes(rows)
	total := 0.0
	for _, x := range mean {
		total += x
	}
	var w [galaxyzoo.NumAnswers]float32
	for c, x := range mean {
		if total > 0 {
			w[c] = float32(x / total)
		}
	}
	return w
}

// A Trainer holds a network in TensorFlow, in training and in inference form
// over the same weights. Its methods must not be called concurrently.
type Trainer struct {
	net     *Network
	options Options
	builder *builder
	session *watched
	archive *archive

	images, votes, rate tf.Output // placeholders
	feed                *feed
	loss, predictions   tf.Output
	scale               *lossScale // nil but for Float16
	guard               *guard
	step                *variable
	targets             []*tf.Operation // what makes a step
	rateTensor          *tf.Tensor
	rateValue           []float32
}

// NewTrainer builds the graph of the network, its gradients and its optimiser,
// and starts a session with freshly drawn weights. Close it after use.
func NewTrainer(net *Network, o Options) (*Trainer, error) {
	if err := checkPrecision(o.Precision); err != nil {
		return nil, err
	}
	if err := o.checkOptimiser(net); err != nil {
		return nil, err
	}
	b, err := newBuilder(net, o.Placement)
	if err != nil {
		return nil, err
	}
	t := &Trainer{net: net, options: o, builder: b}
	if err := t.build(); err != nil {
		return nil, fmt.Errorf("failed to build network %q: %w", net.Name, err)
	}
	if t.archive, err = newArchive(b); err != nil {
		return nil, err
	}
	session, err := b.startWith(o.graphOptions())
	if err != nil {
		t.archive.Close()
		return nil, err
	}
	t.session = watch(session, o.Placement)
	if err := t.initialise(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Trainer) build() error {
	o := t.options
	b, root := t.builder, t.builder.scope
	input := root.SubScope("input")
	t.images = op.Placeholder(input.SubScope("images"), tf.Uint8, op.PlaceholderShape(b.imageShape()))
	t.votes = op.Placeholder(input.SubScope("votes"), tf.Float, op.PlaceholderShape(tf.MakeShape(-1, galaxyzoo.NumAnswers)))
	t.rate = op.Placeholder(input.SubScope("learning_rate"), tf.Float, op.PlaceholderShape(tf.ScalarShape()))
	t.step = b.addVariable(Variable{Name: "global_step", Shape: []int64{}, Role: Offset}, tf.Int64, "")
	if root.Err() != nil {
		return root.Err()
	}

	targets := slices.DeleteFunc(b.trainable(), func(v *variable) bool { return o.frozen(v.Name) })
	if o.Average > 0 {
		b.addAverages()
	}
	if t.feed = b.addFeed(root.SubScope("feed"), o, t.images, t.votes); root.Err() != nil {
		return root.Err()
	}
	if o.Precision == Float16 {
		t.scale = b.addLossScale()
	}
	towers, err := t.towers(targets)
	if err != nil {
		return err
	}
	t.loss = towers.loss
	gradients := t.gradients(targets, towers)
	if root.Err() != nil {
		return root.Err()
	}
	updates := t.optimise(root.SubScope("optimiser"), targets, gradients)
	updates = append(updates, t.follow(root.SubScope("averages"), towers.averages)...)
	if root.Err() != nil {
		return root.Err()
	}
	if o.Average > 0 {
		updates = append(updates, t.average(root.SubScope("average"), updates)...)
	}
	// Once the weights have moved the step counts; `train` stands for it all.
	after := root.SubScope("step").WithControlDependencies(updates...)
	count := op.AssignAddVariableOp(after, t.step.handle, op.Const(root.SubScope("step").SubScope("one"), int64(1)))
	if root.Err() != nil {
		return root.Err()
	}
	t.targets = []*tf.Operation{op.NoOp(root.SubScope("train").WithControlDependencies(count))}
	if t.scale != nil {
		t.targets = append(t.targets, t.scale.update(root.SubScope("loss_scale"), t.guard.finite)...)
	}

	t.predictions = b.infer(root.SubScope("inference"), t.images)
	return root.Err()
}

// gradients turns the towers' gradients of the targets into those that move them,
// clipped as the options say, and adds the guard against what is not finite.
func (t *Trainer) gradients(targets []*variable, towers *towerOutputs) []tf.Output {
	root, gradients := t.builder.scope, towers.gradients
	if t.scale != nil {
		gradients = t.scale.unscale(root.SubScope("unscale"), targets, gradients)
	}
	halves := halfSquares(root.SubScope("norms"), targets, gradients)
	t.guard = newGuard(root.SubScope("guard"), t.loss, targets, halves, towers.averages)
	if t.options.ClipNorm > 0 {
		gradients = clipByGlobalNorm(root.SubScope("clip"), targets, gradients, halves, t.options.ClipNorm)
	}
	return gradients
}

// follow adds what moves batch norm's averages.
func (t *Trainer) follow(scope *op.Scope, averages []average) []*tf.Operation {
	moves := make([]*tf.Operation, len(averages))
	for i, a := range averages {
		s := a.v.where(scope.SubScope("move"))
		moves[i] = op.AssignSubVariableOp(s, a.v.handle, t.guard.gate(s, a.delta))
	}
	return moves
}

// Step makes one step of the optimiser on the batch, which t.NewBatch made, with the
// given learning rate, and returns the loss before it. One whose numbers are not finite
// returns a *NotFiniteError and changed nothing, but in Float16 ErrOverflow: then it
// changed nothing but the scale of the loss.
func (t *Trainer) Step(b *Batch, learningRate float64) (float64, error) {
	t.rateValue[0] = float32(learningRate)
	feeds, err := t.feed.feeds(b)
	if err != nil {
		return 0, err
	}
	feeds[t.votes], feeds[t.rate] = b.votes, t.rateTensor
	out, err := t.session.Run(feeds, []tf.Output{t.loss, t.guard.checks}, t.targets)
	if err != nil {
		return 0, explain(err)
	}
	loss := float64(floats(memory(out[0]))[0])
	err = t.guard.err(loss, memory(out[1]))
	runtime.KeepAlive(out)
	if err != nil && t.scale != nil {
		err = ErrOverflow
	}
	return loss, err
}

// Predict writes the network's votes for the batch's images, in inference mode, by
// the moving average of the weights where there is one.
// votes has the batch's number of rows.
func (t *Trainer) Predict(b *Batch, votes []galaxyzoo.Votes) error {
	return predict(t.session, t.images, t.predictions, b, votes)
}

func predict(s runner, images, predictions tf.Output, b *Batch, votes []galaxyzoo.Votes) error {
	if len(votes) != b.Rows {
		return fmt.Errorf("failed to predict: room for %d votes, want %d", len(votes), b.Rows)
	}
	out, err := s.Run(map[tf.Output]*tf.Tensor{images: b.images}, []tf.Output{predictions}, nil)
	if err != nil {
		return explain(err)
	}
	readVotes(out[0], votes)
	return nil
}

// Loss returns the loss of predicted votes, as training measures it.
func (t *Trainer) Loss(predicted, cast []galaxyzoo.Votes) float64 {
	sum := 0.0
	for i := range cast {
		for c, want := range cast[i] {
			d := predicted[i][c] - want
			sum += float64(t.options.LossWeights[c]) * d * d
		}
	}
	return sum / float64(len(cast))
}

// Steps returns the number of steps made, those before a Restore included.
func (t *Trainer) Steps() (int64, error) {
	out, err := t.session.Run(nil, []tf.Output{t.step.read}, nil)
	if err != nil {
		return 0, explain(err)
	}
	return out[0].Value().(int64), nil
}

// Weights copies the network's variables, those of batch norm's averages included:
// the moving average of each where there is one.
func (t *Trainer) Weights() (Weights, error) { return t.builder.weights(t.session) }

// Device names what the network runs on: "CPU:0", "GPU:0 (... MiB)", or several with
// commas between.
func (t *Trainer) Device() (string, error) { return deviceOf(t.session.Session, t.options.Placement) }

// Close frees the session and its memory. It does not wait long for workers that may be
// lost.
func (t *Trainer) Close() error {
	closed := make(chan error, 1)
	go func() { closed <- explain(t.session.Close()) }()
	var given <-chan time.Time // never, for a session of this process
	if t.options.Placement.Target != "" {
		given = time.After(closePatience)
	}
	select {
	case err := <-closed:
		return errors.Join(err, t.archive.Close())
	case <-given:
		return t.archive.Close()
	}
}
