// Command roidump answers, on stdout, what package imageproc makes of the
// images it is sent on stdin, for scripts/check_roi.py to compare with OpenCV.
//
// A request is a line and, for pixels, the image as packed RGB:
//
//	pixels CROP OUTWIDTH OUTHEIGHT WIDTH HEIGHT
//	file CROP OUTWIDTH OUTHEIGHT PATH
//
// where CROP is roi or whole. The answer is a line with the crop's rectangle,
// X0 Y0 X1 Y1, and then the crop resized to OUTWIDTH x OUTHEIGHT, packed RGB.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"log"
	"os"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("roidump: ")
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return
		}
		if err == nil {
			err = answer(out, in, strings.TrimSuffix(line, "\n"))
		}
		if err != nil {
			log.Fatalf("failed to answer %q: %v", line, err)
		}
	}
}

func answer(out *bufio.Writer, in io.Reader, request string) error {
	var kind, crop string
	var outWidth, outHeight int
	if _, err := fmt.Sscan(request, &kind, &crop, &outWidth, &outHeight); err != nil {
		return err
	}
	rest := strings.SplitN(request, " ", 5)[4]

	var img *image.NRGBA
	var err error
	if kind == "pixels" {
		img, err = readPixels(in, rest)
	} else {
		img, err = readFile(rest)
	}
	if err != nil {
		return err
	}

	r := img.Bounds()
	if crop == "roi" {
		r = imageproc.RegionOfInterest(img)
	}
	fmt.Fprintln(out, r.Min.X, r.Min.Y, r.Max.X, r.Max.Y)
	resized := imageproc.Resize(img.SubImage(r).(*image.NRGBA), outWidth, outHeight)
	packed := make([]byte, 3*outWidth*outHeight)
	imageproc.PackRGB(packed, resized)
	out.Write(packed)
	return out.Flush()
}

func readPixels(in io.Reader, size string) (*image.NRGBA, error) {
	var width, height int
	if _, err := fmt.Sscan(size, &width, &height); err != nil {
		return nil, err
	}
	packed := make([]byte, 3*width*height)
	if _, err := io.ReadFull(in, packed); err != nil {
		return nil, err
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		copy(img.Pix[4*i:], packed[3*i:3*i+3])
		img.Pix[4*i+3] = 0xff
	}
	return img, nil
}

func readFile(path string) (*image.NRGBA, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return imageproc.Decode(f, path, imageproc.DefaultLimits)
}
