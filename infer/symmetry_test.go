package infer

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// trainedFolder is a model that was trained for some steps on the images of the
// sources, turned within crops with a margin.
func trainedFolder(t *testing.T, net *graph.Network, sources []imageproc.Source, p imageproc.Preprocessing) string {
	t.Helper()
	trainer, err := graph.NewTrainer(net, graph.Options{LossWeights: graph.MSE()})
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	batch, err := graph.NewBatch(len(sources), p.Size)
	if err != nil {
		t.Fatal(err)
	}
	wide := p
	wide.Margin = 4
	if err := wide.Check(); err != nil {
		t.Fatal(err)
	}
	crop := make([]byte, 3*wide.CropSize()*wide.CropSize())
	for step := range 5 {
		for i, source := range sources {
			img, err := imageproc.DefaultDecoder.Read(source)
			if err != nil {
				t.Fatal(err)
			}
			imageproc.PackRGB(crop, wide.Cut(img))
			view := imageproc.Transform{Degrees: float64(50*step + 20*i), Flip: i%2 == 1}
			view.WarpRGB(batch.Image(i), p.Size, crop, wide.CropSize(), p.Scale())
			batch.SetVotes(i, &galaxyzoo.Synthetic(i+1, 1).Galaxies[i].Votes)
		}
		if _, err := trainer.Step(batch, 0.01); err != nil {
			t.Fatal(err)
		}
	}
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	preprocessing := fmt.Sprintf(`{"crop":%q,"width":%d,"size":%d,"oversample":%g}`, p.Crop, p.Width, p.Size, p.Oversample)
	if _, err := graph.WriteSavedModel(dir, net, weights, graph.Export{Preprocessing: []byte(preprocessing)}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Images that are turned by right angles or mirrored before they are decoded get the
// votes of the image as it is from a network with that symmetry, and no others but
// from one without.
func TestTurnedImagesGetTheSameVotes(t *testing.T) {
	const orientations = 8
	p := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 256, Size: 16, Oversample: 1.5}
	d4 := &graph.Network{Name: "d4", Size: 16, Init: graph.HeNormal, Output: graph.Sigmoid, Layers: []graph.Layer{
		graph.Lift{Filters: 2, Kernel: 5, Padding: 2}, graph.MaxPool{Size: 2}, graph.GroupNorm{}, graph.ReLU{},
		graph.GroupConv{Filters: 3, Kernel: 3, Padding: 1}, graph.MaxPool{Size: 2}, graph.GroupNorm{}, graph.ReLU{},
		graph.Dropout{Rate: .5}, graph.GroupDense{Units: 16}, graph.Dense{Units: galaxyzoo.NumAnswers},
	}}
	for name, data := range map[string]func(testing.TB, int) string{"drawn": drawnGalaxies, "real": realGalaxies} {
		t.Run(name, func(t *testing.T) {
			sources, err := imageproc.FolderSources(filepath.Join(data(t, 6), galaxyzoo.TrainingFolder))
			if err != nil {
				t.Fatal(err)
			}
			turned := t.TempDir()
			for i, source := range sources {
				img, err := imageproc.DefaultDecoder.Read(source)
				if err != nil {
					t.Fatal(err)
				}
				for k, view := range imageproc.Views(orientations) {
					var encoded bytes.Buffer
					if err := png.Encode(&encoded, changed(img, view)); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(turned, fmt.Sprintf("%d-%d.png", i, k)), encoded.Bytes(), 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
			furthestOf := func(net *graph.Network) float64 {
				e, err := LoadEnsemble([]string{trainedFolder(t, net, sources, p)})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				votes, far := predictAll(t, e, turned, Options{BatchSize: 16}), 0.0
				for i := range sources {
					want := votes[fmt.Sprintf("%d-0", i)]
					for k := range orientations {
						got := votes[fmt.Sprintf("%d-%d", i, k)]
						if got.Err != nil {
							t.Fatal(got.Err)
						}
						far = max(far, furthest(&got.Votes, &want.Votes))
					}
				}
				return far
			}
			if far := furthestOf(d4); !(far <= 1e-5) { // votes up to 1, summed in other orders
				t.Errorf("a network with the symmetry: votes off by %g", far)
			}
			if far := furthestOf(conv(p.Size)); !(far > 1e-3) {
				t.Errorf("a network without it: votes off by %g, so that nothing was compared", far)
			}
		})
	}
}
