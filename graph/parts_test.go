package graph

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// published is the winner's cut: 45 of 69 pixels, from the least square in which these
// can be turned.
var published = Parts{View: 69, Side: 45}

const publishedSize = 99

// cut returns the parts of images, packed squares of the size.
func (l Parts) cut(t *testing.T, size int, images []byte) [][]float32 {
	t.Helper()
	scope := op.NewScope()
	input := op.Placeholder(scope, tf.Uint8)
	p := &pass{scope: scope.SubScope("parts"), x: op.Cast(scope, input, tf.Float), in: Shape{size, size, Channels}, dtype: tf.Float}
	l.build(p)
	g, err := scope.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	session, err := newSession(g)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	count := len(images) / (Channels * size * size)
	value, err := tf.ReadTensor(tf.Uint8, []int64{int64(count), int64(size), int64(size), Channels}, bytes.NewReader(images))
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.Run(map[tf.Output]*tf.Tensor{input: value}, []tf.Output{p.x}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []int64{int64(count * PartsOfImage), int64(l.Side), int64(l.Side), Channels}
	if !slices.Equal(out[0].Shape(), want) {
		t.Fatalf("parts of shape %v, want %v", out[0].Shape(), want)
	}
	return slices.Collect(slices.Chunk(copyFloats(out[0]), Channels*l.Side*l.Side))
}

// warped changes a packed square.
func warped(change imageproc.Transform, size int, src []byte, srcSize int) []byte {
	dst := make([]byte, Channels*size*size)
	change.WarpRGB(dst, size, src, srcSize, 1)
	return dst
}

// wantParts is what Parts has to make of an image, by the warp that training uses:
// each view first, and then its corners as the view is turned by right angles.
func wantParts(size int, img []byte) [][]byte {
	var parts [][]byte
	for _, degrees := range []float64{0, 45} {
		for _, flip := range []bool{false, true} {
			view := warped(imageproc.Transform{Degrees: degrees, Flip: flip}, published.View, img, size)
			for turns := range 4 {
				turned := warped(imageproc.Transform{Degrees: 90 * float64(turns)}, published.View, view, published.View)
				var part []byte
				for row := range published.Side {
					part = append(part, turned[Channels*published.View*row:][:Channels*published.Side]...)
				}
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// comparePart fails where a part differs by more than a tolerance, in levels.
func comparePart(t *testing.T, i int, got []float32, want []byte, tolerance float64) {
	t.Helper()
	for k, level := range want {
		if d := math.Abs(float64(got[k]) - float64(level)); d > tolerance {
			t.Fatalf("part %d, value %d is %g, want %d within %g", i, k, got[k], level, tolerance)
		}
	}
}

// galaxies are real ones at the scale of the published network, and noise, in which
// every pixel tells.
func galaxies(t *testing.T) [][]byte {
	t.Helper()
	noise := make([]byte, Channels*publishedSize*publishedSize)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	images := [][]byte{noise}
	decoder, err := NewJPEGDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	crop := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 3 * publishedSize, Size: publishedSize}
	for _, file := range realJPEGs(t)[:2] {
		img, err := decoder.DecodeJPEG(file)
		if err != nil {
			t.Fatal(err)
		}
		packed := make([]byte, len(noise))
		imageproc.PackRGB(packed, crop.Apply(img))
		images = append(images, packed)
	}
	return images
}

// The upright views' parts are exact, the turned ones within the rounding to a level.
func TestParts(t *testing.T) {
	images := galaxies(t)
	got := published.cut(t, publishedSize, slices.Concat(images...))
	for k, img := range images {
		for i, want := range wantParts(publishedSize, img) {
			tolerance := 0.0
			if i >= PartsOfImage/2 {
				tolerance = 1
			}
			comparePart(t, i, got[k*PartsOfImage+i], want, tolerance)
		}
	}
}

// The centre of the image is at one place in all parts.
func TestPartsShareTheCentre(t *testing.T) {
	img := make([]byte, Channels*publishedSize*publishedSize)
	img[Channels*(publishedSize*publishedSize/2)] = 255
	for i, part := range published.cut(t, publishedSize, img) {
		const middle = 34
		for k, x := range part {
			if at := k/Channels == middle*published.Side+middle && k%Channels == 0; at && x != 255 || !at && x > 255./2 {
				t.Errorf("part %d: value %g at row %d, column %d", i, x, k/Channels/published.Side, k/Channels%published.Side)
			}
		}
	}
}

// A galaxy turned by right angles or mirrored has the same parts in another order.
func TestPartsOfTurnedImages(t *testing.T) {
	for _, img := range galaxies(t) {
		images := slices.Clone(img)
		for _, change := range []imageproc.Transform{{Degrees: 90}, {Flip: true}, {Degrees: 270, Flip: true}} {
			images = append(images, warped(change, publishedSize, img, publishedSize)...)
		}
		parts := published.cut(t, publishedSize, images)
		original := parts[:PartsOfImage]
		for first := PartsOfImage; first < len(parts); first += PartsOfImage {
			used := map[int]bool{}
			for i, part := range parts[first:][:PartsOfImage] {
				same := slices.IndexFunc(original, func(other []float32) bool {
					return farthest(part, other) < 1e-3 // levels: the weights are float32
				})
				if same < 0 || used[same] {
					t.Errorf("image %d, part %d is none of the original's that is left (%d)", first/PartsOfImage, i, same)
				}
				used[same] = true
			}
		}
	}
}

// farthest returns the largest difference, NaN where there is one.
func farthest(a, b []float32) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}

// The stack between Parts and Join works on each part.
func TestTableOfParts(t *testing.T) {
	net, err := LookUp("dieleman")
	if err != nil {
		t.Fatal(err)
	}
	table, err := net.Table()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]LayerInfo{}
	for _, row := range table {
		byName[row.Name] = row
	}
	tests := []struct {
		layer, output string
		parts         int
		multiplyAdds  int64
	}{
		{"parts1", "45x45x3", 16, 2 * 69 * 69 * 4 * 3},
		{"conv1", "40x40x32", 16, 16 * 40 * 40 * 32 * 6 * 6 * 3},
		{"conv4", "4x4x128", 16, 16 * 4 * 4 * 128 * 3 * 3 * 128},
		{"flatten1", "512", 16, 0},
		{"join1", "8192", 1, 0},
		{"maxout1", "2048", 1, 8192 * 4096},
		{"maxout2", "2048", 1, 2048 * 4096},
	}
	for _, test := range tests {
		row := byName[test.layer]
		if got := Shape(row.Output).String(); got != test.output || row.Parts != test.parts || row.MultiplyAdds != test.multiplyAdds {
			t.Errorf("%s: %s, %d parts, %d multiply-adds; want %s, %d, %d",
				test.layer, got, row.Parts, row.MultiplyAdds, test.output, test.parts, test.multiplyAdds)
		}
	}
}

func TestPartsErrors(t *testing.T) {
	rest := []Layer{Flatten{}, Join{PartsOfImage}, Dense{galaxyzoo.NumAnswers}}
	tests := []struct {
		name   string
		size   int
		layers []Layer
		want   string
	}{
		{"corners that turning brings in", 97, []Layer{Parts{View: 69, Side: 45}},
			"parts1: 97x97 input, want a square of 99, 101, ... pixels, in which 69 fit turned by 45 degrees"},
		{"centre between pixels", 100, []Layer{Parts{View: 69, Side: 45}}, "in which 69 fit turned by 45 degrees"},
		{"corners without the centre", 99, []Layer{Parts{View: 69, Side: 34}}, "parts1: corners of 34 pixels, want more than half of the 69 of a view"},
		{"corners larger than the view", 99, []Layer{Parts{View: 69, Side: 70}}, "parts1: corners of 70 pixels, want more than half of the 69 of a view"},
		{"after flatten", 99, []Layer{Flatten{}, Parts{View: 69, Side: 45}}, "parts1: wants an image, but its input is flattened already"},
		{"parts of parts", 99, []Layer{Parts{View: 69, Side: 45}, Parts{View: 31, Side: 21}}, "parts2: parts of parts: put a join before it"},
		{"never joined", 99, []Layer{Parts{View: 69, Side: 45}, Flatten{}, Dense{galaxyzoo.NumAnswers}}, "in 16 parts: put a join before it"},
		{"other number", 99, []Layer{Parts{View: 69, Side: 45}, Flatten{}, Join{4}}, "join1: joins 4 parts, but there are 16"},
		{"nothing to join", 99, rest, "join1: joins 16 parts, but there are 1"},
		{"images joined", 99, []Layer{Parts{View: 69, Side: 45}, Join{16}}, "join1: wants flattened parts, not 45x45x3: put a flatten before it"},
		{"maxout on an image", 8, []Layer{Maxout{Units: 2, Pieces: 2}}, "maxout1: wants a flattened input, not 8x8x3: put a flatten before it"},
		{"maxout of nothing", 8, []Layer{Flatten{}, Maxout{Units: 2}}, "maxout1: 2 units of 0 pieces make no layer"},
	}
	for _, test := range tests {
		net := Network{Name: "n", Size: test.size, Layers: test.layers, Output: Sigmoid}
		if _, err := net.Table(); err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

// shrunken is the winner's network in small, with a dropout on the parts.
func shrunken() *Network {
	return &Network{
		Name: "shrunken", Size: 25, Init: HeNormal, Output: Tree,
		Layers: []Layer{
			Parts{View: 17, Side: 11},
			Conv{Filters: 6, Kernel: 4}, ReLU{}, MaxPool{2}, Dropout{.2},
			Conv{Filters: 8, Kernel: 3}, ReLU{}, MaxPool{2},
			Flatten{}, Join{PartsOfImage},
			Dropout{.5}, Maxout{Units: 24, Pieces: 2},
			Dropout{.5}, Dense{galaxyzoo.NumAnswers},
		},
	}
}

// From drawn galaxies to a SavedModel with all of its signatures.
func TestTrainingWithParts(t *testing.T) {
	net := shrunken()
	crop := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 300, Size: net.Size}
	var crops []*image.NRGBA
	for _, img := range originals(t, 6) {
		crops = append(crops, crop.Apply(img))
	}
	batch := pack(t, crops, net.Size)
	for i, g := range galaxyzoo.Synthetic(batch.Rows, 1).Galaxies {
		batch.SetVotes(i, &g.Votes)
	}
	for _, precision := range []Precision{Float32, BFloat16} {
		trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1, Precision: precision})
		losses := steps(t, trainer, batch, 60)
		// Dropout makes single losses scatter by a third of their mean.
		if first, last := slices.Max(losses[:10]), slices.Max(losses[50:]); !(last < first) {
			t.Errorf("%s: the largest loss of 10 steps went from %.4f to %.4f", precision, first, last)
		}
	}

	weights, want := trained(t, net, batch)
	dir, signatures := export(t, net, weights, Export{Preprocessing: []byte("{}"), CentreCrop: crop.Width})
	const described = "serving_default(images uint8 [-1, 25, 25, 3]) -> votes float32 [-1, 37]\n" +
		"original(images uint8 [-1, 424, 424, 3]) -> votes float32 [-1, 37]\n" +
		"features(images uint8 [-1, 25, 25, 3]) -> features float32 [-1, 24] votes float32 [-1, 37]\n" +
		"dropout(dropout1 float32 [1, 4, 4, 6] dropout2 float32 [1, 128] dropout3 float32 [1, 24] images uint8 [-1, 25, 25, 3]) -> votes float32 [-1, 37]\n"
	if got := describeSignatures(signatures); got != described {
		t.Errorf("signatures\n%swant\n%s", got, described)
	}
	model := load(t, dir)
	compareVotes(t, "loaded", predictions(t, model, batch), want, exportTolerance)
	if first, second := sample(t, model, batch, 1), sample(t, model, batch, 2); slices.Equal(first, second) {
		t.Error("two draws of dropout give the same votes")
	}

	activations, err := Activations(net, weights, batch.Image(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range activations {
		elements := 1
		for _, d := range a.Shape {
			elements *= int(d)
		}
		if len(a.Values) != elements {
			t.Errorf("activations of %s: %d values of shape %v", a.Layer, len(a.Values), a.Shape)
		}
	}
}
