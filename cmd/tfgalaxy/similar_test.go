package main

import (
	"context"
	"fmt"
	"os"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

// features IMAGES FILE is a program for scripts that writes features of images
// without a network: their central pixels.
func init() {
	commands["features"] = func() {
		if err := writePixels(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func writePixels(images, file string) error {
	listing, err := imageproc.OpenListing(context.Background(), images, "")
	if err != nil {
		return err
	}
	crop := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 200, Size: 8}
	packed := make([]byte, 3*crop.Size*crop.Size)
	features := make([]float32, len(packed))
	w, err := infer.CreateFeatures(file, len(features))
	if err != nil {
		return err
	}
	defer w.Abort() //nolint:errcheck // does nothing after Close
	for entry, err := range listing.All() {
		if err != nil {
			return err
		}
		img, err := imageproc.DefaultDecoder.Read(entry.Source())
		if err != nil {
			return err
		}
		imageproc.PackRGB(packed, crop.Apply(img))
		for i, level := range packed {
			features[i] = float32(level)
		}
		if err := w.Write(entry.ID, entry.File, features); err != nil {
			return err
		}
	}
	return w.Close()
}
