package imageproc

import "image"

// smoothChroma converts a JPEG whose colour is stored at half the width (4:2:2)
// or at half the width and height (4:2:0), interpolating colour between its
// samples where image/draw repeats each. It reports false, and does nothing, for
// any other.
//
// This is the interpolation and the colour arithmetic of libjpeg, with which the
// study's crops were made. It matters to the region of interest: in the faint
// outskirts of a galaxy a difference of two levels moves the edge of the mask,
// and with repeated colour nearly half of the challenge's images get another
// region than with libjpeg; with this, one in thirty.
func smoothChroma(img image.Image) (*image.NRGBA, bool) {
	src, ok := img.(*image.YCbCr)
	if !ok {
		return nil, false
	}
	width, height := src.Rect.Dx(), src.Rect.Dy()
	var rows int // of luma for one of colour
	switch src.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		rows = 2
	case image.YCbCrSubsampleRatio422:
		rows = 1
	default:
		return nil, false
	}
	if src.Rect.Min != (image.Point{}) {
		return nil, false // the colour grid may start within a sample
	}

	dst := image.NewNRGBA(src.Rect)
	samples := (width + 1) / 2
	cb, cr := make([]int32, samples), make([]int32, samples)
	last := (height - 1) / rows
	for y := range height {
		near := y / rows
		far := near // 4:2:2 has nothing to mix along y
		if rows == 2 {
			far = min(max(near+2*(y&1)-1, 0), last)
		}
		mixRows(cb, src.Cb[near*src.CStride:], src.Cb[far*src.CStride:])
		mixRows(cr, src.Cr[near*src.CStride:], src.Cr[far*src.CStride:])
		convertRow(dst.Pix[y*dst.Stride:][:4*width], src.Y[y*src.YStride:][:width], cb, cr)
	}
	return dst, true
}

// mixRows weighs two rows of colour 3:1. The sums are four times a sample.
func mixRows(dst []int32, near, far []uint8) {
	near, far = near[:len(dst)], far[:len(dst)]
	for i := range dst {
		dst[i] = 3*int32(near[i]) + int32(far[i])
	}
}

// convertRow writes one row of pixels from luma and mixed rows of colour, whose
// samples it weighs 3:1 along the row.
func convertRow(dst, luma []uint8, cb, cr []int32) {
	cbLeft, crLeft := cb[0], cr[0]
	for i := range cb {
		cbHere, crHere := cb[i], cr[i]
		cbRight, crRight := cbHere, crHere
		if i+1 < len(cb) {
			cbRight, crRight = cb[i+1], cr[i+1]
		}
		// The roundings alternate so that no drift builds up.
		setYCbCr(dst, luma[0], (3*cbHere+cbLeft+8)>>4, (3*crHere+crLeft+8)>>4)
		if len(luma) < 2 {
			return
		}
		setYCbCr(dst[4:], luma[1], (3*cbHere+cbRight+7)>>4, (3*crHere+crRight+7)>>4)
		cbLeft, crLeft = cbHere, crHere
		dst, luma = dst[8:], luma[2:]
	}
}

// setYCbCr sets one pixel. The factors are those of JFIF in 16 fractional bits.
func setYCbCr(dst []uint8, luma uint8, cb, cr int32) {
	const half = 1 << 15
	y := int32(luma)<<16 + half
	cb, cr = cb-128, cr-128
	_ = dst[3]
	dst[0] = clamp16(y + 91881*cr)
	dst[1] = clamp16(y - 22554*cb - 46802*cr)
	dst[2] = clamp16(y + 116130*cb)
	dst[3] = 0xff
}

// clamp16 drops 16 fractional bits and keeps the result within a byte.
func clamp16(v int32) uint8 {
	if uint32(v) < 1<<24 {
		return uint8(v >> 16)
	}
	return uint8(^v >> 31) // 0 below, 255 above
}
