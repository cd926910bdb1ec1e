package imageproc

import "math/rand/v2"

// An Augmentation says which changes may be drawn for a training image. The
// zero value leaves images as they are.
type Augmentation struct {
	Rotate bool // by a whole number of degrees, 0 to 359, each as likely
	Flip   bool // left to right, for one image in two
}

// A Transform is what was drawn for one image: a rotation about the centre,
// counter-clockwise, and then a flip.
type Transform struct {
	Degrees float64
	Flip    bool
}

// Draw draws the changes for one image. It takes from rng only what is switched
// on.
func (a Augmentation) Draw(rng *rand.Rand) Transform {
	var t Transform
	if a.Rotate {
		t.Degrees = float64(rng.IntN(360))
	}
	if a.Flip {
		t.Flip = rng.IntN(2) == 1
	}
	return t
}

// ApplyRGB writes the changed image to dst. Both hold packed RGB pixels
// [size, size, 3] and must not overlap; src is only read. The pixels are those
// of Rotate and then Flip. It may be called by several goroutines at once.
func (t Transform) ApplyRGB(dst, src []byte, size int) {
	n := 3 * size * size
	dst, src = dst[:n], src[:n]
	if !turns(t.Degrees) {
		if !t.Flip {
			copy(dst, src)
			return
		}
		for row := 0; row < n; row += 3 * size {
			flipRow(dst[row:][:3*size], src[row:][:3*size])
		}
		return
	}

	table := turntables.Get().(*turntable)
	defer turntables.Put(table)
	p := table.lay(size, t.Degrees)
	for y := range size {
		unpackRow(table.row(y), src[3*size*y:][:3*size])
	}
	turned := table.rotate(p)
	pack := packRow
	if t.Flip {
		// Mirroring while packing saves imaging.FlipH's second image.
		pack = packRowMirrored
	}
	for y := range size {
		pack(dst[3*size*y:][:3*size], turned.Pix[y*turned.Stride:][:4*size])
	}
}

// flipRow copies a row of packed RGB with the last pixel first.
func flipRow(dst, src []byte) {
	for len(src) >= 3 && len(dst) >= 3 {
		pixel := src[len(src)-3:]
		dst[0], dst[1], dst[2] = pixel[0], pixel[1], pixel[2]
		dst, src = dst[3:], src[:len(src)-3]
	}
}
