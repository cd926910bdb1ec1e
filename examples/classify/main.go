// Command classify tells what a trained network sees in one image:
//
//	go run ./examples/classify -model runs/0001-small -image galaxy.jpg
//
// It is an example of a program of one's own that uses package infer. Go finds
// TensorFlow by what `make env` prints, eval "$(make -s env)"; most of what it
// logs is kept away by TF_CPP_MIN_LOG_LEVEL=3.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("classify: ")
	model := flag.String("model", "", "`FOLDER` of a run or of a SavedModel")
	image := flag.String("image", "", "`FILE` with a galaxy: JPEG, PNG or FITS")
	flag.Parse()
	if *model == "" || *image == "" {
		log.Fatal("want -model and -image")
	}
	if err := classify(*model, *image); err != nil {
		log.Fatal(err)
	}
}

// classify prints the likely answers about the galaxy in the image.
func classify(model, image string) error {
	ensemble, err := infer.LoadEnsemble([]string{model})
	if err != nil {
		return err
	}
	defer ensemble.Close()

	images, err := imageproc.OpenListing(context.Background(), image, "")
	if err != nil {
		return err
	}
	options := infer.Options{BatchSize: 1, Decoder: imageproc.DefaultDecoder}
	for p, err := range ensemble.Predict(context.Background(), images.All(), options) {
		switch {
		case err != nil:
			return err
		case p.Err != nil:
			return p.Err
		}
		for _, step := range p.Votes.Walk() {
			fmt.Printf("%-32s %4.0f %%\n", step.Answer.Phrase(), 100*step.Fraction)
		}
	}
	return nil
}
