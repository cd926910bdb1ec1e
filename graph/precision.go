package graph

import (
	"fmt"
	"strings"
	"time"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
	"golang.org/x/sys/cpu"
)

// A Precision is the type of number that a training step's layers compute in.
// The weights, their averages, the optimiser, the last layer and the loss are
// float32 whatever it is, and so is inference.
type Precision string

// The precisions of a training step. The zero value is Float32.
const (
	Float32 Precision = "float32"
	// BFloat16 has float32's range and 8 bits of precision: as safe, and up to
	// twice as fast where the processor multiplies it, as some CPUs do by
	// AVX512-BF16 or AMX, and NVIDIA's GPUs since Ampere.
	BFloat16 Precision = "bfloat16"
	// Float16 has 11 bits of precision and little range, so that the loss is
	// scaled to keep the gradients in it: see lossScale. It is for GPUs.
	Float16 Precision = "float16"
)

func (p Precision) dtype() tf.DataType {
	switch p {
	case BFloat16:
		return tf.Bfloat16
	case Float16:
		return tf.Half
	}
	return tf.Float
}

// FastestPrecision returns the fastest precision that is safe for training where it is
// placed in this process, by the first of the devices, and why it is that one.
func FastestPrecision(placement Placement) (p Precision, why string, err error) {
	s, err := emptySession()
	if err != nil {
		return "", "", err
	}
	defer s.Close()
	device, err := deviceOf(s, placement)
	if err != nil {
		return "", "", err
	}
	device, _, _ = strings.Cut(device, ", ")
	switch {
	case !isCPU(device) && fasterInBFloat16(device):
		return BFloat16, "a trial on " + device + " was faster in it", nil
	case !isCPU(device):
		return Float32, "a trial on " + device + " was no faster in bfloat16; float16 may be", nil
	case cpuHasBFloat16():
		return BFloat16, "the processor has instructions for it", nil
	}
	return Float32, "the processor has no instructions for bfloat16", nil
}

// cpuDevice is the name of the device where there is no other.
const cpuDevice = "CPU:0"

// isCPU reports whether a device, or the first of several, is one of this process's CPUs.
func isCPU(device string) bool { return strings.HasPrefix(device, "CPU") }

// cpuHasBFloat16 reports whether the processor multiplies bfloat16 itself.
// Without, TensorFlow converts to and from float32, which takes longer than it
// saves.
func cpuHasBFloat16() bool { return cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16 }

// fasterInBFloat16 times a large convolution on a GPU in both types: GPUs older than
// Ampere compute bfloat16 in float32 and convert, which nothing but the time tells.
func fasterInBFloat16(device string) bool {
	exact, err := timeConvolution(device, tf.Float, 512)
	if err != nil {
		return false
	}
	short, err := timeConvolution(device, tf.Bfloat16, 512)
	return err == nil && float64(short) < worthwhile*float64(exact)
}

// worthwhile is the share of float32's time that bfloat16 has to do with.
const worthwhile = 0.85

// timeConvolution returns the least time that a convolution of 0.3 GFLOP an image
// took on a device, as Trainer.Device names it.
func timeConvolution(device string, dtype tf.DataType, images int32) (time.Duration, error) {
	root := op.NewScope()
	name, _, _ := strings.Cut(device, " ")
	onGPU := root.WithDevice("/device:" + name)
	zeros := func(name string, shape ...int32) tf.Output {
		s := onGPU.SubScope(name)
		filled := op.Fill(s, op.Const(s.SubScope("shape"), shape), op.Const(s.SubScope("zero"), float32(0)))
		return cast(s, filled, tf.Float, dtype)
	}
	x, kernel := zeros("images", images, 32, 32, 64), zeros("kernel", 5, 5, 64, 96)
	y := op.Conv2D(onGPU, x, kernel, []int64{1, 1, 1, 1}, "SAME")
	one := op.Slice(onGPU, y, op.Const(root.SubScope("begin"), []int32{0, 0, 0, 0}), op.Const(root.SubScope("size"), []int32{1, 1, 1, 1}))
	g, err := root.Finalize()
	if err != nil {
		return 0, err
	}
	s, err := newSession(g)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	const runs = 5 // of which the first looks for a kernel
	var least time.Duration
	for i := range runs {
		start := time.Now()
		if _, err := s.Run(nil, []tf.Output{one}, nil); err != nil {
			return 0, err
		}
		if took := time.Since(start); i == 1 || i > 1 && took < least {
			least = took
		}
	}
	return least, nil
}

// Slow reports whether a precision that is meant to save time costs some on the
// device, as Trainer.Device names it, and why.
func (p Precision) Slow(device string) (bool, string) {
	if !isCPU(device) {
		return false, ""
	}
	switch {
	case p == Float16:
		return true, "no CPU computes float16 faster than float32 here"
	case p == BFloat16 && !cpuHasBFloat16():
		return true, "this processor has no instructions for bfloat16 (AVX512-BF16 or AMX)"
	}
	return false, ""
}

// checkPrecision knows the zero value too.
func checkPrecision(p Precision) error {
	switch p {
	case "", Float32, BFloat16, Float16:
		return nil
	}
	return fmt.Errorf("no precision %q, want %s, %s or %s", p, Float32, BFloat16, Float16)
}
