package graph

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Whatever a step computes in, the network learns, and its weights are float32.
func TestPrecisionsLearn(t *testing.T) {
	plain := tiny()
	plain.Layers = slices.DeleteFunc(plain.Layers, func(l Layer) bool { _, is := l.(Dropout); return is })
	equivariant := &Network{Name: "d4", Size: 8, Init: HeNormal, Output: Sigmoid, Layers: []Layer{
		Lift{Filters: 2, Kernel: 3, Padding: 1}, MaxPool{2}, GroupNorm{}, ReLU{},
		GroupConv{Filters: 4, Kernel: 3, Padding: 1}, GroupNorm{}, ReLU{},
		GroupDense{30}, Dense{galaxyzoo.NumAnswers},
	}}
	for _, net := range []*Network{plain, equivariant} {
		first := map[Precision]float64{}
		for _, p := range []Precision{Float32, BFloat16, Float16} {
			t.Run(net.Name+" "+string(p), func(t *testing.T) {
				trainer := newTrainer(t, net, Options{LossWeights: MSE(), Seed: 1, Precision: p})
				losses := stepsAt(t, trainer, randomBatch(t, 8, net.Size, 4), 200, 5e-3)
				if last := losses[len(losses)-1]; last > 0.004 {
					t.Errorf("loss went from %.4f to %.4f, want below 0.004", losses[0], last)
				}
				for _, v := range trainer.builder.trainable() {
					if got := v.read.DataType(); got != tf.Float {
						t.Errorf("%s is of type %v, want float32", v.Name, got)
					}
				}
				first[p] = losses[0]
			})
		}
		// 8 bits of precision are half a percent of a value; the loss is a mean over
		// many.
		for p, loss := range first {
			if math.Abs(loss-first[Float32]) > 0.01*first[Float32] {
				t.Errorf("%s: first loss in %s is %.5f, %.5f in float32", net.Name, p, loss, first[Float32])
			}
			if p != Float32 && loss == first[Float32] {
				t.Errorf("%s: first loss in %s is float32's to the last bit: nothing was computed in it", net.Name, p)
			}
		}
	}
}

// set gives a variable of the trainer a value.
func set(t *testing.T, trainer *Trainer, v *variable, value float32) {
	t.Helper()
	if err := assign(trainer.session, v, []float32{value}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, trainer *Trainer, v *variable) float32 {
	t.Helper()
	out, err := trainer.session.Run(nil, []tf.Output{v.read}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Value().(float32)
}

// all returns every variable of the trainer but the loss scale's, the optimiser's
// included.
func all(t *testing.T, trainer *Trainer) Weights {
	t.Helper()
	values := Weights{}
	for _, v := range trainer.builder.order {
		if trainer.scale != nil && (v == trainer.scale.scale || v == trainer.scale.steps) || v.dtype != tf.Float {
			continue
		}
		out, err := trainer.session.Run(nil, []tf.Output{v.read}, nil)
		if err != nil {
			t.Fatal(err)
		}
		values[v.Name] = copyFloats(out[0])
	}
	return values
}

func TestOverflowIsHeldBack(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1, Precision: Float16, ClipNorm: 1})
	batch := randomBatch(t, 8, 12, 4)
	steps(t, trainer, batch, 3)
	before := all(t, trainer)
	const tooMuch = 1e30
	set(t, trainer, trainer.scale.scale, tooMuch)

	if _, err := trainer.Step(batch, 1e-3); !errors.Is(err, ErrOverflow) {
		t.Fatalf("a step with the loss scaled by %g: %v, want ErrOverflow", tooMuch, err)
	}
	if !maps.EqualFunc(before, all(t, trainer), slices.Equal) {
		t.Error("a step that overflowed changed variables")
	}
	if n, err := trainer.Steps(); n != 3 || err != nil {
		t.Errorf("%d steps are counted (%v), want 3", n, err)
	}
	if got := get(t, trainer, trainer.scale.scale); got != tooMuch/2 {
		t.Errorf("the scale is %g, want %g", got, float32(tooMuch/2))
	}
	// It finds its way down to where the numbers fit, and then trains.
	for range 100 {
		if _, err := trainer.Step(batch, 1e-3); err == nil {
			break
		} else if !errors.Is(err, ErrOverflow) {
			t.Fatal(err)
		}
	}
	if n, err := trainer.Steps(); n != 4 || err != nil {
		t.Errorf("%d steps are counted (%v), want 4", n, err)
	}
	if maps.EqualFunc(before, all(t, trainer), slices.Equal) {
		t.Error("a step that did not overflow changed nothing")
	}
}

func TestLossScaleGrows(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1, Precision: Float16})
	batch := randomBatch(t, 8, 12, 4)
	scale := get(t, trainer, trainer.scale.scale)
	set(t, trainer, trainer.scale.steps, growthSteps-2)
	for _, want := range []struct{ scale, steps float32 }{{scale, growthSteps - 1}, {2 * scale, 0}, {2 * scale, 1}} {
		steps(t, trainer, batch, 1)
		if s, n := get(t, trainer, trainer.scale.scale), get(t, trainer, trainer.scale.steps); s != want.scale || n != want.steps {
			t.Errorf("scale %g after %g steps, want %g after %g", s, n, want.scale, want.steps)
		}
	}
}

// A checkpoint has the loss scale in it.
func TestLossScaleIsSaved(t *testing.T) {
	trainer := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 1, Precision: Float16})
	set(t, trainer, trainer.scale.scale, 4096)
	dir := t.TempDir()
	if err := trainer.Save(dir); err != nil {
		t.Fatal(err)
	}
	other := newTrainer(t, tiny(), Options{LossWeights: MSE(), Seed: 2, Precision: Float16})
	if err := other.Restore(dir); err != nil {
		t.Fatal(err)
	}
	if got := get(t, other, other.scale.scale); got != 4096 {
		t.Errorf("the scale is %g, want 4096", got)
	}
	if _, err := ReadWeights(tiny(), dir); err != nil {
		t.Errorf("weights alone: %v", err)
	}
}

func TestUnknownPrecision(t *testing.T) {
	if _, err := NewTrainer(tiny(), Options{Precision: "float8"}); err == nil {
		t.Error("float8 is taken")
	}
}

func TestFastestPrecision(t *testing.T) {
	for device, placement := range map[string]Placement{cpuDevice: {}, "CPU:0, CPU:1": onCPUs(t, 2)} {
		p, why, err := FastestPrecision(placement)
		if err != nil || why == "" || device != cpuDevice && !strings.Contains(why, "processor") {
			t.Fatalf("%q because %q: %v", p, why, err)
		}
		if slow, why := p.Slow(device); slow {
			t.Errorf("%s is called fastest and slow on %s: %s", p, device, why)
		}
		if slow, _ := Float16.Slow(device); !slow {
			t.Errorf("float16 is not called slow on %s", device)
		}
	}
}

// The trial that is made on GPUs runs anywhere.
func TestTimeConvolution(t *testing.T) {
	for _, dtype := range []tf.DataType{tf.Float, tf.Bfloat16} {
		if took, err := timeConvolution(cpuDevice, dtype, 1); err != nil || took <= 0 {
			t.Errorf("%v: %v (%v)", dtype, took, err)
		}
	}
}
