//go:build cgo && !race

// Linked with TensorFlow, so no part of the builds without cgo and for races
// that the rest of this folder goes through.

// Command galaxydump writes what this side works with as plain arrays, for the
// scripts beside it to compare with TensorFlow in Python:
//
//	galaxydump crops   the images and votes of the first galaxies
//	galaxydump votes   the same, with the votes that a SavedModel predicts
//	galaxydump steps   some steps of training: their start, batches, losses and end
//
// Each array is a file of little-endian numbers in C order, named after what it
// holds and its type: images.u8 [n, size, size, 3], votes.f32 [n, 37].
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// options are what the flags say.
type options struct {
	data, cache, out string
	count            int // galaxies, from the first; 0 is all
	size             int // side of the crops, pixels
	cropWidth        int // of the centre crop, pixels of the original; 0 is the region of interest
	oversample       float64
	model            string
	network          string
	batchSize        int
	steps, between   int
	learningRate     float64
	seed             uint64
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("galaxydump: ")
	commands := map[string]func(options) error{"crops": dumpCrops, "votes": dumpVotes, "steps": dumpSteps}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		log.Fatal("want one of crops, votes and steps; each lists its flags with -help")
	}
	var o options
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&o.data, "data", "", "folder in Kaggle's layout, or synthetic:N")
	flags.StringVar(&o.cache, "cache", "", "folder of the crop cache")
	flags.StringVar(&o.out, "out", "", "folder that the arrays are written to")
	switch os.Args[1] {
	case "crops":
		flags.IntVar(&o.count, "count", 0, "galaxies, from the first; 0 is all")
		flags.IntVar(&o.size, "size", 64, "side of the network's input, pixels")
		flags.IntVar(&o.cropWidth, "crop-width", 0, "side of the centre crop, pixels of the original; 0 is the region of interest")
		flags.Float64Var(&o.oversample, "oversample", 1, "pixels of a crop to one of the network's input")
	case "votes":
		flags.IntVar(&o.count, "count", 0, "galaxies, from the first; 0 is all")
		flags.StringVar(&o.model, "model", "", "folder of a run or SavedModel")
	case "steps":
		flags.StringVar(&o.network, "network", "seed3", "network, whose dropout is left out")
		flags.IntVar(&o.batchSize, "batch-size", 64, "images a step")
		flags.IntVar(&o.steps, "steps", 20, "steps of each record")
		flags.IntVar(&o.between, "between", 30, "steps between the two records")
		flags.Float64Var(&o.learningRate, "learning-rate", 1e-3, "learning rate")
		flags.Uint64Var(&o.seed, "seed", 1, "seed of the weights, the order and the angles")
	}
	flags.Parse(os.Args[2:])
	if o.data == "" || o.cache == "" || o.out == "" || flags.NArg() > 0 {
		log.Fatal("want -data, -cache and -out, and nothing that is no flag")
	}
	if err := commands[os.Args[1]](o); err != nil {
		log.Fatal(err)
	}
}

// open opens the data and its crops, cut as p says.
func open(o options, p imageproc.Preprocessing) (*galaxyzoo.Catalogue, *imageproc.Cache, error) {
	catalogue, err := train.OpenData(o.data)
	if err != nil {
		return nil, nil, err
	}
	crops, err := infer.OpenCrops(context.Background(), o.cache, catalogue, p, nil)
	return catalogue, crops, err
}

// regions are the crops that the seed study trained on.
func regions(size int) imageproc.Preprocessing {
	return imageproc.Preprocessing{Crop: imageproc.CropROI, Size: size}
}

func dumpCrops(o options) error {
	p := regions(o.size)
	if o.cropWidth > 0 {
		p.Crop, p.Width = imageproc.CropCentre, o.cropWidth
	}
	p.Oversample = o.oversample
	catalogue, crops, err := open(o, p)
	if err != nil {
		return err
	}
	defer crops.Close()
	_, err = writeGalaxies(o, catalogue, crops.Size(), crops.Crop)
	return err
}

func dumpVotes(o options) error {
	model, err := infer.Load(o.model)
	if err != nil {
		return err
	}
	defer model.Close()
	catalogue, crops, err := open(o, model.Preprocessing)
	if err != nil {
		return err
	}
	defer crops.Close()
	view := func(dst []byte, i int) error { return crops.View(dst, i, imageproc.Transform{}) }
	positions, err := writeGalaxies(o, catalogue, crops.ViewSize(), view)
	if err != nil {
		return err
	}
	predicted, err := infer.Votes(context.Background(), model, crops, positions, 64, nil)
	if err != nil {
		return err
	}
	return write(o.out, "predicted.f32", flatten(predicted))
}

// writeGalaxies writes the images, of side pixels, and votes of the first galaxies
// and returns their positions.
func writeGalaxies(o options, catalogue *galaxyzoo.Catalogue, side int, image func(dst []byte, i int) error) ([]int, error) {
	count := catalogue.Len()
	if o.count > count {
		return nil, fmt.Errorf("want %d galaxies, but %s has %d", o.count, o.data, count)
	}
	if o.count > 0 {
		count = o.count
	}
	positions := make([]int, count)
	each := graph.Channels * side * side
	images := make([]byte, count*each)
	for i := range positions {
		positions[i] = i
		if err := image(images[i*each:(i+1)*each], i); err != nil {
			return nil, err
		}
	}
	if err := write(o.out, "images.u8", images); err != nil {
		return nil, err
	}
	return positions, write(o.out, "votes.f32", flatten(catalogue.Votes(positions)))
}
