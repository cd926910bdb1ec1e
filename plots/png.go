package plots

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"io"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

func encodePNG(f *Figure, w io.Writer, theme Theme) error {
	dpi := f.Resolution
	if dpi == 0 {
		dpi = DPI
	}
	return encodePNGAt(f, w, theme, dpi)
}

// rasterise renders the figure in pixels.
func rasterise(f *Figure, theme Theme, dpi int) (image.Image, error) {
	width, height := f.Size()
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(theme.Background))
	err := f.render(&Canvas{Canvas: draw.New(canvas), Theme: theme, picture: rasterPictures(canvas)})
	return canvas.Image(), err
}

func encodePNGAt(f *Figure, w io.Writer, theme Theme, dpi int) error {
	img, err := rasterise(f, theme, dpi)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return err
	}

	// The resolution and the texts go between the header, which is always 33
	// bytes with the signature, and the rest.
	const header = 33
	dotsPerMetre := uint32(dpi * 5000 / 127) // an inch is 0.0254 m
	size := binary.BigEndian.AppendUint32(nil, dotsPerMetre)
	size = append(binary.BigEndian.AppendUint32(size, dotsPerMetre), 1)
	out := append([]byte{}, b.Bytes()[:header]...)
	out = appendChunk(out, "pHYs", size)
	out = appendChunk(out, "iTXt", []byte("Title\x00\x00\x00\x00\x00"+f.Title))
	out = appendChunk(out, "iTXt", []byte("Description\x00\x00\x00\x00\x00"+f.Caption))
	out = append(out, b.Bytes()[header:]...)
	_, err = w.Write(out)
	return err
}

func appendChunk(b []byte, kind string, data []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	start := len(b)
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}
