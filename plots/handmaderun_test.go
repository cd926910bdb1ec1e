package plots_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/plots"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// handmadeCurves are the measurements of a run that learns at a rate: a loss
// that falls as a power of the step, with noise.
func handmadeCurves(name string, epochs, steps int, rate float64) plots.Curves {
	rng := rand.New(rand.NewPCG(7, uint64(epochs)))
	c := plots.Curves{Name: name}
	total := float64(epochs * steps)
	for i := 1; i <= epochs*steps; i++ {
		loss := 0.03 + 0.2*math.Pow(float64(i), -rate)
		c.Steps = append(c.Steps, run.Step{
			Step: int64(i), Epoch: (i-1)/steps + 1, Loss: loss * (1 + 0.15*rng.NormFloat64()),
			LearningRate: 0.001 * (1 + math.Cos(math.Pi*float64(i)/total)) / 2,
		})
		if i%steps == 0 {
			validation, rmse := loss*1.1, math.Sqrt(loss*0.5)
			c.Epochs = append(c.Epochs, run.Epoch{
				Epoch: i / steps, Step: int64(i), Loss: loss, ValidationLoss: &validation, RMSE: &rmse,
				LearningRate: c.Steps[i-1].LearningRate, ImagesPerSecond: 120, Seconds: float64(i),
			})
		}
	}
	return c
}

// handmadeOutcome predicts handmade votes by drawing them towards the mean,
// with noise.
func handmadeOutcome(n int) *plots.Outcome {
	rng := rand.New(rand.NewPCG(5, 5))
	o := &plots.Outcome{Cast: handmadeVotes(n)}
	mean := galaxyzoo.MeanVotes(o.Cast)
	for i := range n {
		o.IDs = append(o.IDs, int64(1001+i))
		var p galaxyzoo.Votes
		for c := range p {
			p[c] = min(max(0.35*mean[c]+0.65*o.Cast[i][c]+0.07*rng.NormFloat64()*o.Cast[i][c], 0), 1)
		}
		o.Predicted = append(o.Predicted, p)
	}
	return o
}

// handmadeScores are those of an outcome and of its mean vote.
func handmadeScores(t testing.TB, o *plots.Outcome) plots.Scores {
	t.Helper()
	mean := galaxyzoo.MeanVotes(o.Cast)
	rows := make([]galaxyzoo.Votes, len(o.Cast))
	for i := range rows {
		rows[i] = mean
	}
	score := func(predicted []galaxyzoo.Votes) galaxyzoo.Score {
		s, err := galaxyzoo.NewScore(predicted, o.Cast)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return plots.Scores{
		Runs:      []plots.NamedScore{{Name: "0001-handmade", Score: score(o.Predicted)}},
		Baselines: []plots.NamedScore{{Name: "mean vote", Score: score(rows)}},
	}
}

// handmadeKernels are 24 filters that find edges at as many angles, and noise
// that grows from the first to the last.
func handmadeKernels() *plots.Array {
	const side, filters = 7, 24
	rng := rand.New(rand.NewPCG(3, 3))
	a := &plots.Array{Shape: []int{side, side, 3, filters}, Values: make([]float32, side*side*3*filters)}
	for i := range a.Values {
		f, channel, pixel := i%filters, i/filters%3, i/filters/3
		sin, cos := math.Sincos(2 * math.Pi * float64(f) / filters)
		x, y := float64(pixel%side-side/2), float64(pixel/side-side/2)
		edge := math.Sin((x*cos+y*sin)*0.9) * math.Exp(-(x*x+y*y)/12)
		noise := float64(f) / filters * 0.6 * rng.NormFloat64()
		a.Values[i] = float32((edge*(1-0.3*float64(channel)*float64(f%2)) + noise) * (0.2 + 0.02*float64(f)))
	}
	return a
}

// handmadeLayers are what a small network might make of an image: one layer
// that repeats the one before it, features, and 37 votes.
func handmadeLayers() []plots.Layer {
	layer := func(name string, value func(i int) float64, shape ...int) plots.Layer {
		n := 1
		for _, d := range shape {
			n *= d
		}
		l := plots.Layer{Name: name, Array: plots.Array{Shape: shape, Values: make([]float32, n)}}
		for i := range l.Values {
			l.Values[i] = float32(value(i))
		}
		return l
	}
	blob := func(size, channels int) func(int) float64 {
		return func(i int) float64 {
			k, x, y := i%channels, i/channels%size, i/channels/size
			dx, dy := float64(x)-float64(size)*(0.4+0.02*float64(k)), float64(y)-float64(size)/2
			return math.Exp(-(dx*dx + dy*dy) / float64(size*(1+k)))
		}
	}
	conv := func(i int) float64 { return blob(24, 12)(i) - 0.4*float64(i%2) }
	feature := func(i int) float64 { return math.Max(0, math.Sin(float64(i*i))) }
	return []plots.Layer{
		layer("conv1", conv, 24, 24, 12),
		layer("pool1", blob(12, 12), 12, 12, 12),
		layer("dropout1", blob(12, 12), 12, 12, 12),
		layer("dense1", feature, 240),
		layer("sigmoid", func(i int) float64 { return 0.5 + 0.5*math.Sin(float64(i)) }, galaxyzoo.NumAnswers),
	}
}

// handmadeSheet is a mosaic of 10 crops in a square of 16.
func handmadeSheet(tile int) *image.NRGBA {
	sheet := image.NewNRGBA(image.Rect(0, 0, 4*tile, 4*tile))
	for i := range 10 {
		crop := imageproc.Resize(handmadeImage(i), tile, tile)
		for y := range tile {
			for x := range tile {
				sheet.SetNRGBA(i%4*tile+x, i/4*tile+y, crop.NRGBAAt(x, y))
			}
		}
	}
	return sheet
}

func handmadeCases(n int) []plots.Case {
	o := handmadeOutcome(n)
	cases := make([]plots.Case, n)
	for i := range cases {
		cases[i] = plots.Case{ID: o.IDs[i], Image: handmadeImage(i), Predicted: o.Predicted[i], Cast: o.Cast[i]}
	}
	return cases
}

// writeArray writes a .npy file of float32.
func writeArray(t testing.TB, path string, a *plots.Array) {
	t.Helper()
	shape := ""
	for _, d := range a.Shape {
		shape += fmt.Sprintf("%d, ", d)
	}
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
	header += strings.Repeat(" ", 63-(len(header)+10)%64) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	for _, part := range []any{uint16(len(header)), []byte(header), a.Values} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path, b.Bytes())
}

func writePicture(t testing.TB, path string, img image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// handmadeRunFolder writes the folder of a run that has begun, and unless it is
// still going, of all that it leaves. The predictions are those of an outcome.
func handmadeRunFolder(t testing.TB, dir, data string, o *plots.Outcome, going bool) {
	t.Helper()
	r, err := run.CreateAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	values, err := run.Resolver{Flags: []run.Assignment{
		{Key: "data", Value: data}, {Key: "size", Value: "16"}, {Key: "epochs", Value: "3"}, {Key: "validation", Value: "0.5"},
	}}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WriteConfig(values); err != nil {
		t.Fatal(err)
	}
	curves := handmadeCurves(r.Name(), 3, 20, 0.5)
	info := &run.Info{
		Network: "small", Weights: 12345, Device: "CPU:0", Status: run.StatusRunning, Started: time.Unix(0, 0).UTC(),
		Versions: run.Versions{TFGalaxy: "devel", Go: "go", TensorFlow: "2.18"},
		Data:     run.DataInfo{Name: data, Fingerprint: "of another", Training: 12, Validation: len(o.IDs)},
	}
	if !going {
		last := curves.Epochs[len(curves.Epochs)-1]
		info.Status = run.StatusDone
		info.Best = &run.BestEpoch{Epoch: last.Epoch, Step: last.Step, Loss: last.Loss, RMSE: last.RMSE}
	}
	if err := r.WriteInfo(info); err != nil {
		t.Fatal(err)
	}
	m, err := r.OpenMetrics(0)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, s := range curves.Steps[:25] {
		if err := m.WriteStep(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.WriteEpoch(curves.Epochs[0]); err != nil {
		t.Fatal(err)
	}
	writePicture(t, r.Path("samples", "augmented.png"), handmadeSheet(16))
	if going {
		return
	}
	for _, s := range curves.Steps[25:] {
		if err := m.WriteStep(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range curves.Epochs[1:] {
		if err := m.WriteEpoch(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.WritePredictions(&galaxyzoo.Labels{IDs: o.IDs, Votes: o.Predicted}); err != nil {
		t.Fatal(err)
	}
	writePicture(t, r.Path("samples", "galaxy.png"), imageproc.Resize(handmadeImage(2), 16, 16))
	writeArray(t, r.Path("samples", "kernels.npy"), handmadeKernels())
	layers := handmadeLayers()
	for i := range layers[:4] {
		writeArray(t, r.Path("samples", "activations", fmt.Sprintf("%02d-%s.npy", i+1, layers[i].Name)), &layers[i].Array)
	}
	logits := plots.Array{Shape: []int{galaxyzoo.NumAnswers}, Values: make([]float32, galaxyzoo.NumAnswers)}
	logits.Values[3] = 2
	writeArray(t, r.Path("samples", "activations", "05-dense2.npy"), &logits)
}
