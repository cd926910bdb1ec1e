package train

import (
	"context"
	"errors"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// widened are the settings of a run whose crops have a margin.
var widened = []string{
	"crop", "centre", "crop-width", "256", "size", "32", "margin", "8", "zoom", "1.2", "shift", "0.02", "brightness", "0.5",
}

// A model sees the view alone: what eval makes of the images, validation made of
// the middles of wider crops.
func TestMarginIsOfTrainingAlone(t *testing.T) {
	centre := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 256, Size: 32}
	checkModelSees(t, centre, widened)
	centre.Oversample = 1.5
	checkModelSees(t, centre, slices.Concat(widened, []string{"oversample", "1.5"}))
}

// checkModelSees trains by some settings a model that has to see images cut as
// given, and to vote for them as validation did.
func checkModelSees(t *testing.T, want imageproc.Preprocessing, more []string) {
	t.Helper()
	ended, err := trainNew(t, context.Background(), nil, slices.Concat(more, []string{"epochs", "1"})...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	validated, err := r.ReadPredictions()
	if err != nil {
		t.Fatal(err)
	}
	model, err := infer.Load(r.SavedModel())
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	if model.Preprocessing != want {
		t.Errorf("the model's crop is %+v, want %+v", model.Preprocessing, want)
	}
	catalogue, err := OpenData("synthetic:60")
	if err != nil {
		t.Fatal(err)
	}
	crops, err := infer.OpenCrops(context.Background(), t.TempDir(), catalogue, model.Preprocessing, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer crops.Close()
	plan, err := NewPlan(settings(t, more...))
	if err != nil {
		t.Fatal(err)
	}
	votes, err := infer.Votes(context.Background(), model, crops, plan.Validation, 16, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range votes {
		for c := range got {
			// The same float32 arithmetic, but for batch sizes and the file's digits.
			if math.Abs(got[c]-validated.Votes[i][c]) > 1e-6 {
				t.Fatalf("row %d, answer %d: %v by the model, %v by validation", i, c, got[c], validated.Votes[i][c])
			}
		}
	}
	for _, name := range []string{run.AugmentedSample, run.GalaxySample} {
		f, err := os.Open(filepath.Join(r.Samples(), name))
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(f)
		f.Close()
		// One view, or the 4x4 of a batch.
		if err != nil || config.Width != 32 && config.Width != 4*32 {
			t.Errorf("%s is %d pixels wide (%v), want views of 32", name, config.Width, err)
		}
	}
}

func TestMarginsThatDoNotFit(t *testing.T) {
	_, err := NewPlan(settings(t, "crop", "centre", "crop-width", "256", "size", "24", "margin", "8"))
	if want := "crop margin is 8, want a multiple of 3 up to 6"; err == nil || err.Error()[:len(want)] != want {
		t.Errorf("got %v, want %q", err, want)
	}
	_, err = NewPlan(settings(t, "oversample", "1.3"))
	if usage, is := errors.AsType[*run.UsageError](err); !is || !strings.Contains(usage.Error(), "oversample is 1.3, want a multiple of 0.125") {
		t.Errorf("got %v, want a usage error about oversampling", err)
	}
}

// What a preset says of oversampling and margin gives way to the size and crop of the
// user, with the reason, and what the user says does not.
func TestPresetsFitTheCrop(t *testing.T) {
	planOf := func(more ...string) (*Plan, error) {
		flags := []run.Assignment{{Key: "data", Value: "synthetic:60"}}
		for i := 0; i < len(more); i += 2 {
			flags = append(flags, run.Assignment{Key: more[i], Value: more[i+1]})
		}
		values, err := run.Resolver{Presets: PresetSettings(), Flags: flags}.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		return NewPlan(values)
	}
	const oversampling, margin = "preset small, whose 1.5 does not fit", "preset small, whose 12 does not fit"
	for _, test := range []struct {
		flags                []string
		crop                 string
		oversampling, margin string // where they come from
	}{
		{nil, "centre144-48x1.5+12", "preset small", "preset small"},
		{[]string{"crop-width", "207", "size", "69"}, "centre207-69+12", oversampling, "preset small"},
		{[]string{"crop-width", "256", "size", "24"}, "centre256-24x1.5+6", "preset small", margin},
		{[]string{"crop-width", "424", "size", "69"}, "centre424-69", oversampling, margin},
		{[]string{"crop-width", "83"}, "centre83-48x1.5", "preset small", margin},
		{[]string{"crop", "roi", "size", "69"}, "roi-69", oversampling, "default"},
	} {
		plan, err := planOf(test.flags...)
		if err != nil {
			t.Errorf("%v: %v", test.flags, err)
			continue
		}
		values := plan.Values
		if got := plan.Preprocessing.String(); got != test.crop {
			t.Errorf("%v: the crop is %s, want %s", test.flags, got, test.crop)
		}
		if a, b := values.Origin("oversample"), values.Origin("margin"); a != test.oversampling || b != test.margin {
			t.Errorf("%v: oversample by %s and margin by %s, want %s and %s", test.flags, a, b, test.oversampling, test.margin)
		}
		if cut := Preprocessing(&values.Config); cut.Oversample != plan.Preprocessing.Oversample || values.Config.Margin != plan.Preprocessing.Margin {
			t.Errorf("%v: the configuration has %+v and a margin of %d, the plan %+v", test.flags, cut, values.Config.Margin, plan.Preprocessing)
		}
	}
	for flag, want := range map[string]string{"oversample 1.5": "oversample is 1.5, which makes 69 pixels 103.5", "margin 3": "crop margin is 3, want none"} {
		_, err := planOf(append([]string{"crop-width", "256", "size", "69"}, strings.Fields(flag)...)...)
		if usage, is := errors.AsType[*run.UsageError](err); !is || !strings.Contains(usage.Error(), want) {
			t.Errorf("--%s: got %v, want a usage error with %q", flag, err, want)
		}
	}
}

// fillInput is an input of drawn galaxies, and a batch to be filled.
func fillInput(t testing.TB, more ...string) (*input, *graph.Batch) {
	t.Helper()
	config := settings(t, more...).Config
	plan, err := NewPlan(settings(t, more...))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := infer.OpenCrops(context.Background(), cacheDir, plan.Catalogue, plan.Preprocessing, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	in, err := newInput(&config, plan.Catalogue, cache, plan.Training, imagesOf(config.Size))
	if err != nil {
		t.Fatal(err)
	}
	return in, <-in.ring
}

// Only the workers are started anew for each batch, whatever its size.
func TestFillAllocatesNothingForAnImage(t *testing.T) {
	allocations := func(size string) float64 {
		in, batch := fillInput(t, "batch-size", size, "input-threads", "1")
		return testing.AllocsPerRun(10, func() { in.fill(batch, in.rows[:batch.Rows], 1) })
	}
	if few, many := allocations("4"), allocations("40"); many > few {
		t.Errorf("%v allocations for 40 images, %v for 4", many, few)
	}
}

func BenchmarkFill(b *testing.B) {
	for _, kind := range []struct {
		name     string
		settings []string
	}{
		{"plain", []string{"augment", "none"}},
		{"turned", nil},
		{"margin", []string{"crop", "centre", "crop-width", "256", "margin", "16", "zoom", "1.2", "shift", "0.02"}},
		{"finer", []string{"crop", "centre", "crop-width", "256", "oversample", "1.5"}},
	} {
		for _, workers := range []string{"1", "2"} {
			b.Run(kind.name+"/workers="+workers, func(b *testing.B) {
				in, batch := fillInput(b, slices.Concat([]string{"data", "synthetic:100", "batch-size", "64", "size", "64", "input-threads", workers}, kind.settings)...)
				b.ReportAllocs()
				for b.Loop() {
					in.fill(batch, in.rows[:64], 1)
				}
				b.ReportMetric(64*float64(b.N)/b.Elapsed().Seconds(), "images/s")
			})
		}
	}
}

// imagesOf makes batches as a trainer does that is fed with images.
func imagesOf(size int) func(rows int) (*graph.Batch, error) {
	return func(rows int) (*graph.Batch, error) { return graph.NewBatch(rows, size) }
}
