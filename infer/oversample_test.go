package infer

import (
	"fmt"
	"image"
	"path/filepath"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// A network whose crops are oversampled sees what Apply makes; of several views,
// which are all made of the finer crop, the right angles and mirrors are what Apply
// makes of the image turned or mirrored.
func TestOversampledModel(t *testing.T) {
	const images, views = 3, 8
	e, err := LoadEnsemble([]string{modelFolder(t, conv(8), 1, `{"crop":"centre","width":212,"size":8,"oversample":1.5}`)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m, dir := e.Members[0], imageFolder(t, images)
	one := predictAll(t, e, dir, Options{BatchSize: 4})
	all := predictAll(t, e, dir, Options{BatchSize: 16, Views: views})
	d := imageproc.DefaultDecoder
	for i := range images {
		id := fmt.Sprint(i + 1)
		batch, err := graph.NewBatch(views, 8)
		if err != nil {
			t.Fatal(err)
		}
		sources, err := imageproc.FolderSources(dir)
		if err != nil {
			t.Fatal(err)
		}
		img, err := d.Read(sources[i])
		if err != nil || filepath.Base(sources[i].File) != id+".jpg" {
			t.Fatalf("%s: %v", sources[i].File, err)
		}
		for v, view := range imageproc.Views(views) {
			imageproc.PackRGB(batch.Image(v), m.Preprocessing.Apply(changed(img, view)))
		}
		votes := make([]galaxyzoo.Votes, views)
		if err := m.Predict(batch, votes); err != nil {
			t.Fatal(err)
		}
		var mean galaxyzoo.Votes
		for _, v := range votes {
			for c, x := range v {
				mean[c] += x / views
			}
		}
		plain, averaged := one[id], all[id]
		if off := furthest(&plain.Votes, &votes[0]); !(off <= tolerance) {
			t.Errorf("image %s: off by %g", id, off)
		}
		if off := furthest(&averaged.Votes, &mean); !(off <= tolerance) {
			t.Errorf("image %s, %d views: off by %g", id, views, off)
		}
	}
}

// changed turns an image by a right angle, and then mirrors it.
func changed(img *image.NRGBA, view imageproc.Transform) *image.NRGBA {
	turned := imageproc.Rotate(img, view.Degrees)
	if view.Flip {
		return imageproc.Flip(turned)
	}
	return turned
}
