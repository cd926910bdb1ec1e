package graph

import (
	"fmt"

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

// FastestPrecision returns the fastest precision that is safe for training on the
// device that networks are placed on, and why it is that one.
func FastestPrecision() (p Precision, why string, err error) {
	s, err := emptySession()
	if err != nil {
		return "", "", err
	}
	defer s.Close()
	device, err := deviceOf(s)
	if err != nil {
		return "", "", err
	}
	switch {
	case device != cpuDevice && convolvesBFloat16():
		return BFloat16, device + " computes in it", nil
	case device != cpuDevice:
		return Float32, device + " does not compute in bfloat16; float16 may be faster", nil
	case cpuHasBFloat16():
		return BFloat16, "the processor has instructions for it", nil
	}
	return Float32, "the processor has no instructions for bfloat16", nil
}

// cpuDevice is the name of the device where there is no other.
const cpuDevice = "CPU:0"

// cpuHasBFloat16 reports whether the processor multiplies bfloat16 itself.
// Without, TensorFlow converts to and from float32, which takes longer than it
// saves.
func cpuHasBFloat16() bool { return cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16 }

// convolvesBFloat16 tries a convolution on the first GPU: those that are too old
// have no kernel for it, which nothing but a run tells.
func convolvesBFloat16() bool {
	root := op.NewScope()
	zeros := func(name string, shape ...int32) tf.Output {
		s := root.SubScope(name)
		filled := op.Fill(s, op.Const(s.SubScope("shape"), shape), op.Const(s.SubScope("zero"), float32(0)))
		return op.Cast(s, filled, tf.Bfloat16)
	}
	images, kernel := zeros("images", 2, 8, 8, 8), zeros("kernel", 3, 3, 8, 8)
	y := op.Conv2D(root.WithDevice("/device:GPU:0"), images, kernel, []int64{1, 1, 1, 1}, "SAME")
	g, err := root.Finalize()
	if err != nil {
		return false
	}
	s, err := newSession(g)
	if err != nil {
		return false
	}
	defer s.Close()
	_, err = s.Run(nil, []tf.Output{y}, nil)
	return err == nil
}

// Slow reports whether a precision that is meant to save time costs some on the
// device, as Trainer.Device names it, and why.
func (p Precision) Slow(device string) (bool, string) {
	if device != cpuDevice {
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
