package graph

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"unsafe"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Batch is a pair of input tensors that is filled and fed again and again: the
// collector does not see TensorFlow's memory, so fresh tensors for each step
// would pile up. Its slices are views of that memory; they must not be used once
// the Batch is out of reach, nor written while a step runs on it.
type Batch struct {
	Rows   int
	Pixels []byte    // uint8 RGB [rows, side, side, 3]; none with FeedRows
	Votes  []float32 // [rows, 37]

	// Transforms and Offsets say what the graph makes of each crop; FeedImages
	// has none. A row of Transforms maps pixel (x, y) of the image to pixel
	// (t0 x + t1 y + t2, t3 x + t4 y + t5) of the crop, and the last two are 0.
	// Offsets are levels to add to red, green and blue.
	Transforms []float32 // [rows, 8]
	Offsets    []float32 // [rows, 3]

	positions                                []int32 // [rows], FeedRows
	images, votes, rows, transforms, offsets *tf.Tensor
}

// NewBatch makes a batch of rows images of size x size pixels.
func NewBatch(rows, size int) (*Batch, error) {
	b := &Batch{Rows: rows}
	var pixels, votes []byte
	var err error
	b.images, pixels, err = newTensor(tf.Uint8, int64(rows), int64(size), int64(size), Channels)
	if err != nil {
		return nil, err
	}
	b.votes, votes, err = newTensor(tf.Float, int64(rows), galaxyzoo.NumAnswers)
	if err != nil {
		return nil, err
	}
	b.Pixels = pixels
	b.Votes = floats(votes)
	return b, nil
}

// Image returns the pixels of row i.
func (b *Batch) Image(i int) []byte {
	n := len(b.Pixels) / b.Rows
	return b.Pixels[i*n : (i+1)*n : (i+1)*n]
}

// SetTransform says what becomes of the crop of row i.
func (b *Batch) SetTransform(i int, projective [8]float32, offsets [Channels]float32) {
	copy(b.Transforms[8*i:], projective[:])
	copy(b.Offsets[Channels*i:], offsets[:])
}

// SetRow says which of the crops on the device is that of row i, for FeedRows.
func (b *Batch) SetRow(i, position int) { b.positions[i] = int32(position) }

// SetVotes writes the votes of row i.
func (b *Batch) SetVotes(i int, votes *galaxyzoo.Votes) {
	row := b.Votes[i*galaxyzoo.NumAnswers:]
	for c, x := range votes {
		row[c] = float32(x)
	}
}

// newTensor allocates a tensor of zeros and returns it with its memory.
func newTensor(dtype tf.DataType, shape ...int64) (*tf.Tensor, []byte, error) {
	if err := Load(); err != nil {
		return nil, nil, err
	}
	t, err := tf.ReadTensor(dtype, shape, zeros{})
	if err != nil {
		return nil, nil, fmt.Errorf("failed to allocate a tensor %v: %w", shape, err)
	}
	return t, memory(t), nil
}

// release gives back what large tensors that nobody holds any more take: Go's
// collector does not see TensorFlow's memory, and would come late.
func release() { debug.FreeOSMemory() }

// memory returns the tensor's own buffer: WriteContentsTo hands it to the writer
// whole, so a writer that keeps what it is given makes the tensor writable.
func memory(t *tf.Tensor) []byte {
	var view keeper
	// The only error is for types without fixed-size elements, which this
	// package never asks for; view would then be empty and its use panic.
	t.WriteContentsTo(&view)
	return view.p
}

type keeper struct{ p []byte }

func (k *keeper) Write(p []byte) (int, error) {
	k.p = p
	return len(p), nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

var _ io.Reader = zeros{}

// floats reinterprets the memory of a float32 tensor, which TensorFlow aligns
// to 64 bytes.
func floats(b []byte) []float32 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// int32s reinterprets the memory of an int32 tensor.
func int32s(b []byte) []int32 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// copyFloats returns the values of a float32 tensor.
func copyFloats(t *tf.Tensor) []float32 {
	values := slices.Clone(floats(memory(t)))
	runtime.KeepAlive(t)
	return values
}

// bytesOf is the inverse of floats.
func bytesOf(f []float32) []byte {
	if len(f) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}

// readVotes copies a float32 tensor [rows, 37] into votes.
func readVotes(t *tf.Tensor, votes []galaxyzoo.Votes) {
	defer runtime.KeepAlive(t)
	values := floats(memory(t))
	for i := range votes {
		for c := range votes[i] {
			votes[i][c] = float64(values[i*galaxyzoo.NumAnswers+c])
		}
	}
}
