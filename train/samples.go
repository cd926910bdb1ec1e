package train

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// activationsSample, in the folder of samples, has files NN-LAYER.npy, float32 [h, w,
// channels] or [features].
const activationsSample = "activations"

// sampleInput writes a picture of the first batch.
func (l *loop) sampleInput() error {
	order := l.input.order(0)
	size, shown := l.config.Size, min(l.input.batchSize, 64)
	columns := int(math.Ceil(math.Sqrt(float64(shown))))
	rows := (shown + columns - 1) / columns
	sheet := image.NewNRGBA(image.Rect(0, 0, columns*size, rows*size))
	pixels, dice := make([]byte, 3*size*size), newDice()
	for i, position := range order[:shown] {
		if err := l.cache.View(pixels, position, l.input.draw(dice, position, 0)); err != nil {
			return err
		}
		corner := image.Pt(i%columns*size, i/columns*size)
		draw.Draw(sheet, image.Rectangle{corner, corner.Add(image.Pt(size, size))}, imageproc.UnpackRGB(pixels, size), image.Point{}, draw.Src)
	}
	return writePNG(filepath.Join(l.run.Samples(), run.AugmentedSample), sheet)
}

// sampleLearned writes the first kernels and what every layer makes of one
// galaxy.
func (l *loop) sampleLearned(weights graph.Weights) error {
	rows := l.plan.Validation
	if len(rows) == 0 {
		rows = l.plan.Training
	}
	size := l.config.Size
	crop := make([]byte, 3*size*size)
	if err := l.cache.View(crop, rows[0], imageproc.Transform{}); err != nil {
		return err
	}
	if err := writePNG(filepath.Join(l.run.Samples(), run.GalaxySample), imageproc.UnpackRGB(crop, size)); err != nil {
		return err
	}
	variables, err := l.plan.Network.Variables()
	if err != nil {
		return err
	}
	for _, v := range variables {
		if v.Role == graph.Kernel && len(v.Shape) == 4 {
			if err := writeArray(filepath.Join(l.run.Samples(), run.KernelSample), v.Shape, weights[v.Name]); err != nil {
				return err
			}
			break
		}
	}
	activations, err := graph.Activations(l.plan.Network, weights, crop)
	if err != nil {
		return err
	}
	folder := filepath.Join(l.run.Samples(), activationsSample)
	temporary, err := run.NewDir(folder)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	for i, a := range activations {
		name := fmt.Sprintf("%02d-%s.npy", i+1, a.Layer)
		if err := writeArray(filepath.Join(temporary, name), a.Shape, a.Values); err != nil {
			return err
		}
	}
	return run.ReplaceDir(temporary, folder)
}

func writePNG(path string, img image.Image) error {
	return writeFile(path, func(f *renameio.PendingFile) error { return png.Encode(f, img) })
}

// writeArray writes float32 values of a shape in NumPy's own format.
func writeArray(path string, shape []int64, values []float32) error {
	return writeFile(path, func(f *renameio.PendingFile) error { return encodeArray(f, shape, values) })
}

func writeFile(path string, encode func(*renameio.PendingFile) error) error {
	fail := func(err error) error { return fmt.Errorf("failed to write %s: %w", path, err) }
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fail(err)
	}
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return fail(err)
	}
	defer f.Cleanup()
	if err := encode(f); err != nil {
		return fail(err)
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return fail(err)
	}
	return nil
}

// encodeArray writes version 1.0 of the format: a line of Python padded to 64
// bytes, then the values in C order. npyio reads such files, but writes no more
// than two dimensions.
func encodeArray(w io.Writer, shape []int64, values []float32) error {
	var dims strings.Builder
	for _, d := range shape {
		fmt.Fprintf(&dims, "%d, ", d)
	}
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", dims.String())
	const fixed = len("\x93NUMPY") + 2 + 2 + 1 // magic, version, length, line feed
	header += strings.Repeat(" ", 63-(len(header)+fixed-1)%64) + "\n"
	preamble := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	if _, err := w.Write(append(preamble, header...)); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, values)
}
