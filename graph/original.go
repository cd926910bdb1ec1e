package graph

import (
	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// originalSide is the height and width of the images that signature original
// takes, in pixels.
const originalSide = galaxyzoo.ImageSize

// cutCentre cuts the central width x width pixels out of images, uint8 [batch,
// 424, 424, 3], scales them to a crop of side x side and interpolates size x size
// pixels from that, whole levels, int32 [batch, size, size, 3], just as
// imageproc.Preprocessing does: level for level the same. The crop, whose levels are
// whole too, is the result where side is size.
func cutCentre(scope *op.Scope, images tf.Output, width, side, size int) tf.Output {
	w := int32(width)
	corner := int32(originalSide-width) / 2
	cut := op.Slice(scope, images, op.Const(scope.SubScope("corner"), []int32{0, corner, corner, 0}),
		op.Const(scope.SubScope("extent"), []int32{-1, w, w, Channels}))
	crop := resample(scope, cut, resizeWeights(width, side))
	if side == size {
		return crop
	}
	return resample(scope.SubScope("view"), crop, viewWeights(side, size))
}

// resample makes of images, whole levels [batch, source, source, 3], whole levels
// int32 [batch, size, size, 3]: weighted means, rounded, by the whole numbers
// weights [source, size] along each axis.
//
// A pixel is the weighted mean of a rectangle, its weights a product of one for
// the row and one for the column: two multiplications by matrices of whole
// numbers, which every device and format knows. float32 holds whole numbers up to
// 1<<24, which the second product may exceed, so that it is made of the upper and
// the lower part of the first and put together as int32.
func resample(scope *op.Scope, images tf.Output, weights [][]float32) tf.Output {
	w, s := int32(len(weights)), int32(len(weights[0]))
	unit := int32(0) // what the weights along an axis sum to
	for _, row := range weights {
		unit += int32(row[0])
	}
	sub := scope.SubScope
	whole := func(name string, values ...int32) tf.Output { return op.Const(sub(name), values) }

	planes := op.Transpose(sub("planes"), op.Cast(sub("float"), images, tf.Float), whole("to_planes", 0, 3, 1, 2))
	matrix := op.Const(sub("weights"), weights)

	rows := op.Reshape(sub("rows"), planes, whole("as_rows", -1, w))
	across := op.MatMul(sub("across"), rows, matrix) // up to 255 units
	turned := op.Transpose(sub("turned"), op.Reshape(sub("image"), across, whole("as_image", -1, w, s)), whole("turn", 0, 2, 1))
	columns := op.Reshape(sub("columns"), turned, whole("as_columns", -1, w))

	digit := op.Const(sub("unit"), float32(256))
	upper := op.Floor(scope, op.Div(scope, columns, digit))
	lower := op.Sub(scope, columns, op.Mul(sub("upper"), upper, digit))
	down := func(name string, part tf.Output) tf.Output { // up to 422 units
		return op.Cast(sub(name), op.MatMul(sub(name), part, matrix), tf.Int32)
	}
	sum := op.AddV2(sub("sum"), op.Mul(sub("shift"), down("down_upper", upper), op.Const(sub("shift"), int32(256))), down("down_lower", lower))

	total := unit * unit // what a pixel's weights sum to
	levels := op.FloorDiv(scope, op.AddV2(sub("rounded"), sum, op.Const(sub("half"), total/2)), op.Const(sub("total"), total))
	return op.Transpose(scope, op.Reshape(scope, levels, whole("as_planes", -1, Channels, s, s)), whole("to_pixels", 0, 3, 2, 1))
}

// viewWeights returns the whole numbers [side, size] by which a bilinear
// interpolation makes the positions along one axis of a result from those of a crop
// with the same edges, side >= size. The middle of position i of the result lies
// (i+1/2) side/size positions of the crop behind its edge, and so half a position
// less behind the middle of the first. See imageproc.Transform.WarpRGB.
func viewWeights(side, size int) [][]float32 {
	weights := make([][]float32, side)
	for i := range weights {
		weights[i] = make([]float32, size)
	}
	common := gcd(side, size)
	n, d := side/common, size/common
	for i := range size {
		place := (2*i+1)*n - d // in 1/2d of a position of the crop
		first, second := place/(2*d), place%(2*d)
		weights[first][i] = float32(2*d - second)
		if second > 0 {
			weights[first+1][i] = float32(second)
		}
	}
	return weights
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// resizeWeights returns the whole numbers [source, size] by which the positions
// along one axis make up those of the result, each column summing to source: the
// area that a position of the result covers or, where the axis grows, OpenCV's
// interpolation. See imageproc.Resize, whose arithmetic this is.
func resizeWeights(source, size int) [][]float32 {
	weights := make([][]float32, source)
	for i := range weights {
		weights[i] = make([]float32, size)
	}
	if size > source {
		interpolate(weights, source, size)
		return weights
	}
	for d := range size { // in units of 1/size of a source position
		start, end := d*source, (d+1)*source
		for j := start / size; j*size < end; j++ {
			weights[j][d] = float32(min(end, (j+1)*size) - max(start, j*size))
		}
	}
	return weights
}

// interpolate repeats source positions; the last position of the result that
// starts within one is mixed with its successor by how far it reaches over.
func interpolate(weights [][]float32, source, size int) {
	inverse := float64(size) / float64(source)
	for d := range size {
		first := int(float64(d) * (1 / inverse))
		if first >= source-1 {
			weights[source-1][d] = float32(source)
			continue
		}
		// The conversion keeps the product from being fused with the subtraction.
		over := float32(max(0, float64(d+1)-float64(float64(first+1)*inverse)))
		over -= float32(int(over))
		second := float32(int(over*float32(source) + 0.5))
		weights[first][d], weights[first+1][d] = float32(source)-second, second
	}
}
