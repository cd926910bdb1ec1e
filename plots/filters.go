package plots

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// A Kernel is one filter of a first convolution, as pictures.
type Kernel struct {
	// Colour is the filter itself: mid-grey where a weight is 0, brighter in a
	// channel that it adds and darker in one that it takes away.
	Colour *image.NRGBA
	// Light is the mean of its three channels, [k, k], from -1 to 1 of the
	// largest weight.
	Light    []float64
	Strength float64 // root of the sum of squares of its weights
	// Order is the correlation of weights with their neighbours, -1 to 1: near
	// 1 in the detector of an edge, near 0 where a filter has learned nothing.
	Order float64
}

// Kernels returns the filters of an array [k, k, 3, filters], those of the
// highest Order first. Each is scaled by its own largest weight, as their
// strengths differ by more than a picture can show.
func Kernels(a *Array) ([]Kernel, error) {
	if len(a.Shape) != 4 || a.Shape[0] != a.Shape[1] || a.Shape[2] != 3 {
		return nil, fmt.Errorf("kernels of shape %v, want [k, k, 3, filters]", a.Shape)
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	side, filters := a.Shape[0], a.Shape[3]
	kernels := make([]Kernel, filters)
	for f := range kernels {
		weight := func(pixel, channel int) float64 { return float64(a.Values[(pixel*3+channel)*filters+f]) }
		largest, squares := 0.0, 0.0
		for i := range side * side * 3 {
			w := weight(i/3, i%3)
			largest = max(largest, math.Abs(w))
			squares += w * w
		}
		scale := 1.0
		if largest > 0 {
			scale = 1 / largest
		}
		k := Kernel{Colour: image.NewNRGBA(image.Rect(0, 0, side, side)), Strength: math.Sqrt(squares)}
		for i := range side * side {
			var rgb [3]uint8
			light := 0.0
			for channel := range rgb {
				w := weight(i, channel) * scale
				rgb[channel] = uint8(math.Round(127.5 + 127.5*w))
				light += w / 3
			}
			k.Colour.SetNRGBA(i%side, i/side, color.NRGBA{R: rgb[0], G: rgb[1], B: rgb[2], A: 255})
			k.Light = append(k.Light, light)
		}
		k.Order = neighbours(side, weight)
		kernels[f] = k
	}
	slices.SortStableFunc(kernels, func(a, b Kernel) int { return cmp.Compare(b.Order, a.Order) })
	return kernels, nil
}

// neighbours returns the correlation of weights with those right of and below
// them in the same channel, about 0 and not about their mean: a filter that
// averages is in order too.
func neighbours(side int, weight func(pixel, channel int) float64) float64 {
	product, first, second := 0.0, 0.0, 0.0
	for channel := range 3 {
		for y := range side {
			for x := range side {
				w := weight(y*side+x, channel)
				for _, next := range []struct{ dx, dy int }{{1, 0}, {0, 1}} {
					if x+next.dx < side && y+next.dy < side {
						v := weight((y+next.dy)*side+x+next.dx, channel)
						product += w * v
						first += w * w
						second += v * v
					}
				}
			}
		}
	}
	if first == 0 || second == 0 {
		return 0
	}
	return product / math.Sqrt(first*second)
}

// maxFilters is how many filters one figure shows.
const maxFilters = 96

// Measures of the filters, in points.
const (
	filterGap    = vg.Length(6)
	filterInner  = vg.Length(1.5) // between the two pictures of a filter
	filterBar    = vg.Length(2.2)
	filterBarGap = vg.Length(2)
)

// Filters draws the kernels of the first convolution, [k, k, 3, filters]: each
// in colour, its light and dark below, and its strength as a bar.
func Filters(a *Array, file string) (*Figure, error) {
	kernels, err := Kernels(a)
	if err != nil {
		return nil, fmt.Errorf("failed to draw the filters: %w", err)
	}
	shown := kernels[:min(len(kernels), maxFilters)]
	// A zero of weights is in the middle of both maps.
	columns := filterColumns(len(shown))
	rows := (len(shown) + columns - 1) / columns
	side := (FullWidth - vg.Length(columns-1)*filterGap) / vg.Length(columns)
	high := 2*side + filterInner + filterBarGap + filterBar
	which := "those first in which neighbouring weights agree most, as they do in the detector of an edge"
	if len(shown) < len(kernels) {
		which = fmt.Sprintf("the %d in which neighbouring weights agree most, as they do in the detector of an edge", len(shown))
	}
	strongest := 0.0
	for _, k := range kernels {
		strongest = max(strongest, k.Strength)
	}
	return &Figure{
		Name:  "filters",
		Title: "What the first convolution looks for",
		Caption: fmt.Sprintf("The %s of %d × %d pixels, %s. Above: its weights for red, green and blue as a colour, grey where they are 0. "+
			"Below: their mean, %s. Each filter is scaled by its largest weight; bars are strengths, the root of the sum of squared weights, at most %s. From %s.",
			plural(len(kernels), "filter", "filters"), a.Shape[0], a.Shape[1], which,
			"blue where light counts against and orange where it counts for", Decimal(strongest, 2), file),
		Width:  FullWidth,
		Height: vg.Length(rows)*high + vg.Length(rows-1)*filterGap*1.3,
		Draw: func(c *Canvas) {
			for i, k := range shown {
				x := c.Min.X + vg.Length(i%columns)*(side+filterGap)
				y := c.Max.Y - vg.Length(i/columns)*(high+filterGap*1.3) - side
				drawKernel(c, k, x, y, side, strongest)
			}
		},
	}, nil
}

// filterColumns is how many filters stand side by side: few are drawn large.
func filterColumns(n int) int {
	switch {
	case n <= 24:
		return 8
	case n <= 48:
		return 12
	}
	return 16
}

// drawKernel draws one filter, the lower left corner of its upper picture at
// x, y.
func drawKernel(c *Canvas, k Kernel, x, y, side vg.Length, strongest float64) {
	c.Pixels(box(x, y, side, side), k.Colour)
	size := k.Colour.Rect.Dx()
	light := image.NewNRGBA(k.Colour.Rect)
	top := 0.0
	for _, v := range k.Light {
		top = max(top, math.Abs(v))
	}
	for i, v := range k.Light {
		at := 0.5
		if top > 0 {
			at += 0.5 * v / top
		}
		light.SetNRGBA(i%size, i/size, c.Theme.Diverging.At(at))
	}
	y -= filterInner + side
	c.Pixels(box(x, y, side, side), light)
	y -= filterBarGap + filterBar
	c.FillRect(box(x, y, side, filterBar), c.Theme.Panel)
	if strongest > 0 {
		c.FillRect(box(x, y, side*vg.Length(k.Strength/strongest), filterBar), c.Theme.Muted)
	}
}
