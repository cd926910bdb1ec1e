package imageproc

import "image"

// PackRGB writes the pixels of img to dst, row by row, three bytes a pixel
// (red, green, blue): the form [height, width, 3] that a network reads. dst
// must hold 3*width*height bytes. Alpha is dropped.
func PackRGB(dst []byte, img *image.NRGBA) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for y := range h {
		row := img.Pix[y*img.Stride:]
		packRow(dst[3*w*y:][:3*w], row[:4*w])
	}
}

func packRow(dst, src []byte) {
	for len(src) >= 4 && len(dst) >= 3 {
		dst[0], dst[1], dst[2] = src[0], src[1], src[2]
		dst, src = dst[3:], src[4:]
	}
}

// UnpackRGB is the inverse of PackRGB for a square image: src holds
// [size, size, 3] bytes, the result is opaque.
func UnpackRGB(src []byte, size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	unpackRow(img.Pix, src[:3*size*size])
	return img
}

func unpackRow(dst, src []byte) {
	for len(src) >= 3 && len(dst) >= 4 {
		dst[0], dst[1], dst[2], dst[3] = src[0], src[1], src[2], 0xff
		dst, src = dst[4:], src[3:]
	}
}
