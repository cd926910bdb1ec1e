package graph

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"math/rand/v2"
	"runtime"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// originals returns drawn galaxies, and noise whose levels make a crop's sums
// large and small.
func originals(t *testing.T, n int) []*image.NRGBA {
	t.Helper()
	catalogue := galaxyzoo.Synthetic(n, 1)
	var images []*image.NRGBA
	for i := range n {
		r, err := catalogue.Open(i)
		if err != nil {
			t.Fatal(err)
		}
		img, err := imageproc.Decode(r, catalogue.Galaxies[i].File, imageproc.DefaultLimits)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, img)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, lowest := range []int{0, 250} {
		img := image.NewNRGBA(image.Rect(0, 0, originalSide, originalSide))
		for i := range img.Pix {
			img.Pix[i] = byte(lowest + rng.IntN(256-lowest))
		}
		images = append(images, img)
	}
	return images
}

func pack(t *testing.T, images []*image.NRGBA, side int) *Batch {
	t.Helper()
	batch, err := NewBatch(len(images), side)
	if err != nil {
		t.Fatal(err)
	}
	for i, img := range images {
		imageproc.PackRGB(batch.Image(i), img)
	}
	return batch
}

// The crop in the graph is, level for level, the one that training cuts: where it
// shrinks, keeps its size and grows, for even widths and odd ones, oversampled and
// not.
func TestCutCentre(t *testing.T) {
	images := originals(t, 2)
	whole := pack(t, images, originalSide)
	tests := []struct {
		size       int
		oversample float64
		widths     []int
	}{
		{1, 1, []int{1, 424}},
		{16, 1, []int{256, 424}},
		{64, 1, []int{1, 2, 32, 33, 63, 64, 65, 128, 207, 255, 256, 257, 299, 400, 423, 424}},
		{96, 1, []int{31, 95, 256}},
		{424, 1, []int{211, 424}},
		{64, 1.5, []int{64, 95, 207, 256, 424}},
		{64, 2, []int{100, 207, 256, 424}},
		{64, 1.125, []int{256}},
		{64, 3.375, []int{256}},
		{33, 3, []int{256}},
		{424, 1.125, []int{424}},
	}
	for _, test := range tests {
		size := test.size
		for _, width := range test.widths {
			p := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: width, Size: size, Oversample: test.oversample}
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			scope := op.NewScope()
			input := op.Placeholder(scope, tf.Uint8, op.PlaceholderShape(tf.MakeShape(-1, originalSide, originalSide, Channels)))
			levels := cutCentre(scope.SubScope("crop"), input, width, p.CropSize(), size)
			if want := fmt.Sprintf("[?, %d, %d, 3]", size, size); levels.Shape().String() != want {
				t.Errorf("%v: the result has the shape %v, want %s", p, levels.Shape(), want)
			}
			got := runInts(t, scope, input, whole.images, levels)

			var crops []*image.NRGBA
			for _, img := range images {
				crops = append(crops, p.Apply(img))
			}
			want, wrong := pack(t, crops, size), 0
			for i, level := range want.Pixels {
				if got[i] != int32(level) {
					wrong++
				}
			}
			if wrong > 0 || len(got) != len(want.Pixels) {
				t.Errorf("%v: %d of %d levels differ, of %d wanted", p, wrong, len(got), len(want.Pixels))
			}
		}
	}
}

// runInts runs a graph of its own.
func runInts(t *testing.T, scope *op.Scope, input tf.Output, value *tf.Tensor, fetch tf.Output) []int32 {
	t.Helper()
	g, err := scope.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	session, err := newSession(g)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	out, err := session.Run(map[tf.Output]*tf.Tensor{input: value}, []tf.Output{fetch}, nil)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]int32, len(memory(out[0]))/4)
	if err := binary.Read(bytes.NewReader(memory(out[0])), binary.NativeEndian, values); err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(out[0])
	return values
}

// A model that is given whole images votes as one that is given their crops.
func TestOriginalSignature(t *testing.T) {
	images := originals(t, 6)
	net := tiny()
	for _, oversample := range []float64{1, 1.5} {
		p := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 256, Size: net.Size, Oversample: oversample}
		var crops []*image.NRGBA
		for _, img := range images {
			crops = append(crops, p.Apply(img))
		}
		batch := pack(t, crops, net.Size)
		weights, want := trained(t, net, batch)
		for _, frozen := range []bool{false, true} {
			dir, _ := export(t, net, weights, Export{Preprocessing: []byte("{}"), CentreCrop: p.Width, CropSide: p.CropSize(), Frozen: frozen})
			model := load(t, dir)
			f := finder{model: model.model}
			input, _ := f.input(OriginalSignature, InputName, tf.Uint8, -1, originalSide, originalSide, Channels)
			votes, _ := f.output(OriginalSignature, OutputName, tf.Float, -1, galaxyzoo.NumAnswers)
			if f.err != nil {
				t.Fatal(f.err)
			}
			got := make([]galaxyzoo.Votes, len(images))
			if err := predict(model.model.Session, input, votes, pack(t, images, originalSide), got); err != nil {
				t.Fatal(err)
			}
			compareVotes(t, fmt.Sprintf("%v, frozen %v", p, frozen), got, want, exportTolerance)
		}
	}
}
