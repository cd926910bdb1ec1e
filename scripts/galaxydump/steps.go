//go:build cgo && !race

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// dumpSteps trains on rotated crops and records the first steps, in the folder
// untrained, and as many again some steps later, in the folder trained: all that
// another program needs to make them too.
func dumpSteps(o options) error {
	network, err := withoutDropout(o.network)
	if err != nil {
		return err
	}
	catalogue, crops, err := open(o, regions(network.Size))
	if err != nil {
		return err
	}
	defer crops.Close()
	all := make([]int, catalogue.Len())
	for i := range all {
		all[i] = i
	}
	weights := graph.WeightedMSE(catalogue.Votes(all))
	trainer, err := graph.NewTrainer(network, graph.Options{LossWeights: weights, Seed: o.seed})
	if err != nil {
		return err
	}
	defer trainer.Close()
	batch, err := graph.NewBatch(o.batchSize, network.Size)
	if err != nil {
		return err
	}
	r := &recorder{
		trainer: trainer, batch: batch, learningRate: o.learningRate,
		catalogue: catalogue, crops: crops, rng: rand.New(rand.NewPCG(o.seed, 0)),
	}

	if err := r.record(filepath.Join(o.out, "untrained"), o.steps); err != nil {
		return err
	}
	for range o.between {
		if _, err := r.step(); err != nil {
			return err
		}
	}
	if err := r.record(filepath.Join(o.out, "trained"), o.steps); err != nil {
		return err
	}
	return write(o.out, "weights.f32", weights[:])
}

// recorder trains on the galaxies in a random order, each at a random angle.
type recorder struct {
	trainer      *graph.Trainer
	batch        *graph.Batch
	learningRate float64
	catalogue    *galaxyzoo.Catalogue
	crops        *imageproc.Cache
	rng          *rand.Rand
	order        []int // positions that are still to come
}

// step makes a step on the next batch and returns the loss before it.
func (r *recorder) step() (float64, error) {
	for i := range r.batch.Rows {
		if len(r.order) == 0 {
			r.order = r.rng.Perm(r.catalogue.Len())
		}
		at := r.order[0]
		r.order = r.order[1:]
		if err := r.crops.View(r.batch.Image(i), at, imageproc.Augmentation{Rotate: true}.Draw(r.rng)); err != nil {
			return 0, err
		}
		r.batch.SetVotes(i, &r.catalogue.Galaxies[at].Votes)
	}
	return r.trainer.Step(r.batch, r.learningRate)
}

// record makes some steps and writes the checkpoints from before and after
// them, initial and final, the images and votes of their batches one after
// another, their losses, and what the network then predicts, in inference mode,
// for the last batch.
func (r *recorder) record(dir string, steps int) error {
	if err := r.save(filepath.Join(dir, "initial")); err != nil {
		return err
	}
	var images []byte
	var votes []float32
	var losses []float64
	for range steps {
		loss, err := r.step()
		if err != nil {
			return err
		}
		images = append(images, r.batch.Pixels...)
		votes = append(votes, r.batch.Votes...)
		losses = append(losses, loss)
	}
	if err := r.save(filepath.Join(dir, "final")); err != nil {
		return err
	}
	predicted := make([]galaxyzoo.Votes, r.batch.Rows)
	if err := r.trainer.Predict(r.batch, predicted); err != nil {
		return err
	}
	for _, array := range []struct {
		name   string
		values any
	}{
		{"images.u8", images},
		{"votes.f32", votes},
		{"losses.f64", losses},
		{"predicted.f32", flatten(predicted)},
	} {
		if err := write(dir, array.name, array.values); err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) save(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("failed to write a checkpoint: %w", err)
	}
	return r.trainer.Save(dir)
}

// withoutDropout is the network as it is for a comparison of numbers: what
// dropout draws, no other program can.
func withoutDropout(name string) (*graph.Network, error) {
	network, err := graph.LookUp(name)
	if err != nil {
		return nil, err
	}
	network.Layers = slices.DeleteFunc(slices.Clone(network.Layers), func(l graph.Layer) bool {
		_, is := l.(graph.Dropout)
		return is
	})
	return network, nil
}
