//go:build cgo && !race

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// dumpSteps trains for some steps on rotated crops and writes all that another
// program needs to do the same: the checkpoints initial and final, the images
// and votes of the batches one after another, the loss's weights and the losses.
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

	rng := rand.New(rand.NewPCG(o.seed, 0))
	var images []byte
	var votes []float32
	var losses []float64
	var order []int
	for step := range o.before + o.steps {
		if step == o.before {
			if err := save(trainer, filepath.Join(o.out, "initial")); err != nil {
				return err
			}
		}
		for i := range o.batchSize {
			if len(order) == 0 {
				order = rng.Perm(catalogue.Len())
			}
			at := order[0]
			order = order[1:]
			imageproc.Augmentation{Rotate: true}.Draw(rng).ApplyRGB(batch.Image(i), crops.Crop(at), crops.Size())
			batch.SetVotes(i, &catalogue.Galaxies[at].Votes)
		}
		loss, err := trainer.Step(batch, o.learningRate)
		if err != nil {
			return err
		}
		if step >= o.before {
			images = append(images, batch.Pixels...)
			votes = append(votes, batch.Votes...)
			losses = append(losses, loss)
		}
	}
	if err := save(trainer, filepath.Join(o.out, "final")); err != nil {
		return err
	}

	// What the trained network makes of the last batch, in inference mode.
	predicted := make([]galaxyzoo.Votes, o.batchSize)
	if err := trainer.Predict(batch, predicted); err != nil {
		return err
	}
	for name, values := range map[string]any{
		"images.u8": images, "votes.f32": votes, "weights.f32": weights[:], "losses.f64": losses, "predicted.f32": flatten(predicted),
	} {
		if err := write(o.out, name, values); err != nil {
			return err
		}
	}
	return nil
}

func save(t *graph.Trainer, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("failed to write a checkpoint: %w", err)
	}
	return t.Save(dir)
}
