package graph

import (
	"errors"
	"fmt"
	"runtime"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Feed says what a training step is fed with.
type Feed int

// The feeds there are.
const (
	// FeedImages are images as the network sees them, made by the host.
	FeedImages Feed = iota
	// FeedCrops are crops, each with a transform that the graph makes.
	FeedCrops
	// FeedRows are positions of crops that lie on the device, see
	// Trainer.LoadCrops, each with a transform that the graph makes.
	FeedRows
)

// feed is the part of a training graph that the images come in by.
type feed struct {
	kind Feed
	size int // side of the images that come out, pixels
	side int // of the crops that go in, pixels

	images     tf.Output // uint8 [batch, size, size, 3] for FeedImages, [batch, side, side, 3] for FeedCrops
	rows       tf.Output // int32 [batch], FeedRows
	transforms tf.Output // float32 [batch, 8], all but FeedImages
	offsets    tf.Output // float32 [batch, 3], all but FeedImages

	crops []*variable // uint8 [crops, side, side, 3], one a tower, FeedRows

	// Of each tower:
	shares []share
	out    []tf.Output // its images as the network sees them, in levels 0 to 255
}

// addFeed adds the placeholders, images and votes being those of whole ones, and what the
// graph makes of them on each of the devices that take a share of a batch.
func (b *builder) addFeed(scope *op.Scope, o Options, images, votes tf.Output) *feed {
	f := &feed{kind: o.Feed, size: b.net.Size, side: o.CropSize, images: images}
	side := int64(f.side)
	placeholder := func(name string, dtype tf.DataType, shape ...int64) tf.Output {
		return op.Placeholder(scope.SubScope(name), dtype, op.PlaceholderShape(tf.MakeShape(shape...)))
	}
	if f.kind != FeedImages {
		f.transforms = placeholder("transforms", tf.Float, -1, 8)
		f.offsets = placeholder("offsets", tf.Float, -1, Channels)
	}
	switch f.kind {
	case FeedCrops:
		f.images = placeholder("crops", tf.Uint8, -1, side, side, Channels)
	case FeedRows:
		f.rows = placeholder("rows", tf.Int32, -1)
	}
	batch := rowsOf(scope.SubScope("batch"), votes)
	devices := b.placement.towers()
	for i, device := range devices {
		s := scope.SubScope(fmt.Sprintf("tower%d", i))
		share := shareOf(s, batch, i, len(devices))
		f.shares = append(f.shares, share)
		part := func(name string, all tf.Output) tf.Output {
			if len(devices) == 1 {
				return all
			}
			return share.of(s.SubScope(name), all, 1)
		}
		if f.kind == FeedImages {
			f.out = append(f.out, part("images", f.images))
			continue
		}
		var crops tf.Output
		if f.kind == FeedRows {
			v := Variable{Name: fmt.Sprintf("crops%d", i), Shape: []int64{int64(o.Crops), side, side, Channels}}
			f.crops = append(f.crops, b.newVariable(v, tf.Uint8, device))
			crops = op.ResourceGather(on(s, device), f.crops[i].handle, part("rows", f.rows), tf.Uint8)
		} else {
			crops = part("crops", f.images)
		}
		f.out = append(f.out, f.change(on(s, device), crops, part("transforms", f.transforms), part("offsets", f.offsets)))
	}
	return f
}

// change adds what makes images, float32, of crops.
func (f *feed) change(scope *op.Scope, crops, transforms, offsets tf.Output) tf.Output {
	x := op.Cast(scope, crops, tf.Float)
	size := int32(f.size)
	x = op.ImageProjectiveTransformV3(scope, x, transforms, op.Const(scope.SubScope("size"), []int32{size, size}),
		op.Const(scope.SubScope("beyond"), float32(0)), "BILINEAR", op.ImageProjectiveTransformV3FillMode("CONSTANT"))
	tint := op.Reshape(scope, offsets, op.Const(scope.SubScope("colours"), []int32{-1, 1, 1, Channels}))
	return op.ClipByValue(scope, op.AddV2(scope, x, tint), op.Const(scope.SubScope("black"), float32(0)), op.Const(scope.SubScope("white"), float32(255)))
}

// dtype is that of the images which come out.
func (f *feed) dtype() tf.DataType {
	if f.kind == FeedImages {
		return tf.Uint8
	}
	return tf.Float
}

// newBatch makes a batch that fits.
func (f *feed) newBatch(rows int) (*Batch, error) {
	if f.kind == FeedImages {
		return NewBatch(rows, f.size)
	}
	b := &Batch{Rows: rows}
	var err error
	allocate := func(dtype tf.DataType, shape ...int64) (t *tf.Tensor, memory []byte) {
		if err == nil {
			t, memory, err = newTensor(dtype, shape...)
		}
		return t, memory
	}
	n := int64(rows)
	var votes, transforms, offsets []byte
	b.votes, votes = allocate(tf.Float, n, galaxyzoo.NumAnswers)
	b.transforms, transforms = allocate(tf.Float, n, 8)
	b.offsets, offsets = allocate(tf.Float, n, Channels)
	if f.kind == FeedRows {
		var positions []byte
		b.rows, positions = allocate(tf.Int32, n)
		b.positions = int32s(positions)
	} else {
		b.images, b.Pixels = allocate(tf.Uint8, n, int64(f.side), int64(f.side), Channels)
	}
	b.Votes, b.Transforms, b.Offsets = floats(votes), floats(transforms), floats(offsets)
	return b, err
}

// feeds are the tensors of a batch by their placeholders.
func (f *feed) feeds(b *Batch) (map[tf.Output]*tf.Tensor, error) {
	feeds := map[tf.Output]*tf.Tensor{f.images: b.images}
	switch f.kind {
	case FeedCrops:
		feeds[f.transforms], feeds[f.offsets] = b.transforms, b.offsets
	case FeedRows:
		feeds = map[tf.Output]*tf.Tensor{f.rows: b.rows, f.transforms: b.transforms, f.offsets: b.offsets}
	}
	for _, tensor := range feeds {
		if tensor == nil {
			return nil, fmt.Errorf("failed to feed a batch: it was not made by this trainer's NewBatch")
		}
	}
	return feeds, nil
}

// NewBatch makes a batch for Step: of what Options.Feed says.
func (t *Trainer) NewBatch(rows int) (*Batch, error) { return t.feed.newBatch(rows) }

// LoadCrops puts the crops that FeedRows takes its images from on each device, where
// they take as many bytes as here. crop writes that of a position to dst, uint8
// RGB [side, side, 3].
func (t *Trainer) LoadCrops(crop func(dst []byte, position int) error) error {
	if t.feed.crops == nil {
		return fmt.Errorf("failed to load crops: this trainer is not fed with rows")
	}
	shape := t.feed.crops[0].Shape
	tensor, pixels, err := newTensor(tf.Uint8, shape...)
	if err != nil {
		return err
	}
	count := int(shape[0])
	each := len(pixels) / count
	for i := range count {
		if err := crop(pixels[i*each:(i+1)*each], i); err != nil {
			return err
		}
	}
	for _, v := range t.feed.crops {
		if _, err = t.session.Run(map[tf.Output]*tf.Tensor{v.initial: tensor}, nil, []*tf.Operation{v.assign}); err != nil {
			break
		}
	}
	runtime.KeepAlive(tensor)
	tensor = nil
	release()
	if lost := explain(err); errors.Is(lost, ErrWorker) {
		return lost
	}
	if err != nil {
		return fmt.Errorf("%w: failed to load %d crops, %d MiB, to the device; they can stay on the host: %s",
			ErrDevice, count, len(pixels)>>20, firstLine(err))
	}
	return nil
}
