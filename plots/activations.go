package plots

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// maxLayers is how many rows of layers fit on a page.
const maxLayers = 13

// Measures of the activations, in points.
const (
	layerNames = vg.Length(74)
	layerInput = vg.Length(74) // side of the galaxy
	layerGap   = vg.Length(3)
	layerTile  = (FullWidth - layerNames - (layerTiles-1)*layerGap) / layerTiles
	layerRow   = layerTile + vg.Length(8)
	layerTiles = 10
	layerFlat  = vg.Length(26) // height of a row of features
	layerVotes = vg.Length(58) // height of the last row
)

// Activations draws what the layers of a network make of one galaxy: for
// convolutions the channels that vary most, for the rest every feature. Layers
// that change nothing are left out, and where the network is deep, those within
// a block.
func Activations(galaxy image.Image, layers []Layer, file string) (*Figure, error) {
	fail := func(err error) (*Figure, error) { return nil, fmt.Errorf("failed to draw the activations: %w", err) }
	if galaxy == nil || galaxy.Bounds().Empty() {
		return fail(errors.New("no image of the galaxy"))
	}
	for i := range layers {
		if err := layers[i].check(); err != nil {
			return fail(fmt.Errorf("layer %s: %w", layers[i].Name, err))
		}
		if n := len(layers[i].Shape); n != 1 && n != 3 {
			return fail(fmt.Errorf("layer %s: shape %v, want [height, width, channels] or [features]", layers[i].Name, layers[i].Shape))
		}
	}
	shown := telling(layers)
	if len(shown) == 0 {
		return fail(errors.New("no layers"))
	}
	height := layerInput + 10
	for i := range shown {
		height += rowHeight(&shown[i], i == len(shown)-1)
	}
	size := galaxy.Bounds().Size()
	return &Figure{
		Name:  "activations",
		Title: "One galaxy on its way through the network",
		Caption: fmt.Sprintf("A crop of %d × %d pixels, its red, green and blue, and what the layers make of it: of convolutions the %d channels that vary most, "+
			"of the others every feature. Bright is high; where a layer has negative values, orange is above 0 and blue below. Each layer has a scale of its own. "+
			"%s of %d shown, those at the ends of blocks. From %s.", size.X, size.Y, layerTiles, plural(len(shown), "layer", "layers"), len(layers), file),
		Width:  FullWidth,
		Height: height,
		Draw:   func(c *Canvas) { drawActivations(c, galaxy, shown) },
	}, nil
}

// telling returns the layers to show: not those that repeat the one before,
// such as dropout, which does nothing after training. Of too many it keeps the
// first, the last, and what each convolution or dense layer is fed with.
func telling(layers []Layer) []Layer {
	var changed []Layer
	for i := range layers {
		if i == 0 || !slices.Equal(layers[i].Values, layers[i-1].Values) {
			changed = append(changed, layers[i])
		}
	}
	if len(changed) <= maxLayers {
		return changed
	}
	var ends []Layer
	for i, l := range changed {
		if i == 0 || i == len(changed)-1 || begins(changed[i+1].Name) {
			ends = append(ends, l)
		}
	}
	for len(ends) > maxLayers { // every second, but for the first and the last
		var fewer []Layer
		for i, l := range ends {
			if i%2 == 0 || i == len(ends)-1 {
				fewer = append(fewer, l)
			}
		}
		ends = fewer
	}
	return ends
}

// begins reports whether a layer of that name multiplies by weights of its own.
func begins(name string) bool {
	kind := strings.TrimRight(name, "0123456789")
	return slices.Contains([]string{"conv", "dense", "maxout", "lift", "gconv", "gdense"}, kind)
}

func rowHeight(l *Layer, last bool) vg.Length {
	switch {
	case last && isVotes(l):
		return layerVotes
	case len(l.Shape) == 1:
		return layerFlat
	}
	return layerRow
}

func isVotes(l *Layer) bool { return len(l.Shape) == 1 && len(l.Values) == galaxyzoo.NumAnswers }

func drawActivations(c *Canvas, galaxy image.Image, layers []Layer) {
	y := c.Max.Y
	size := galaxy.Bounds().Size()
	drawLayerName(c, y-layerInput/2, "input", fmt.Sprintf("%d × %d × 3", size.Y, size.X))
	x := c.Min.X + layerNames
	c.Photo(box(x, y-layerInput, layerInput, layerInput), galaxy)
	for channel := range 3 {
		x += layerInput + layerGap
		c.Photo(box(x, y-layerInput, layerInput, layerInput), channelOf(galaxy, channel))
	}
	y -= layerInput + 10
	for i := range layers {
		l := &layers[i]
		last := i == len(layers)-1
		high := rowHeight(l, last)
		switch {
		case last && isVotes(l):
			drawLayerName(c, y-(layerVotes-20)/2, l.Name, "37 votes")
			drawVoteBars(c, l, box(c.Min.X+layerNames, y-layerVotes, FullWidth-layerNames, layerVotes))
		case len(l.Shape) == 1:
			drawLayerName(c, y-(layerFlat-8)/2, l.Name, plural(len(l.Values), "feature", "features"))
			drawFeatures(c, l, box(c.Min.X+layerNames, y-layerFlat+8, FullWidth-layerNames, layerFlat-8))
		default:
			drawLayerName(c, y-layerTile/2, l.Name, fmt.Sprintf("%d × %d × %d", l.Shape[0], l.Shape[1], l.Shape[2]))
			drawChannels(c, l, c.Min.X+layerNames, y-layerTile)
		}
		y -= high
	}
}

func drawLayerName(c *Canvas, y vg.Length, name, shape string) {
	style, name := Fitted(Aligned(Bold(c.Type(SizeSmall)), Left, Middle), name, layerNames-6)
	c.Text(style, c.Min.X, y+4.5, name)
	c.Text(Aligned(c.Note(SizeSmall), Left, Middle), c.Min.X, y-4.5, shape)
}

// channelOf returns one of red, green and blue as a grey image.
func channelOf(img image.Image, channel int) image.Image {
	b := img.Bounds()
	grey := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			p := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			grey.SetGray(x, y, color.Gray{Y: [3]uint8{p.R, p.G, p.B}[channel]})
		}
	}
	return grey
}

// shade returns how a layer's values are coloured: from 0 where there are none
// below it, else both ways from 0. The scale leaves out the highest thousandth,
// so that a few do not darken the rest.
func (l *Layer) shade(t Theme) func(v float32) color.NRGBA {
	sizes := make([]float64, len(l.Values))
	negative := false
	for i, v := range l.Values {
		sizes[i] = math.Abs(float64(v))
		negative = negative || v < 0
	}
	slices.Sort(sizes)
	top := sizes[(len(sizes)-1)*999/1000]
	if top == 0 {
		top = max(sizes[len(sizes)-1], 1e-12)
	}
	if negative {
		return func(v float32) color.NRGBA { return t.Diverging.At(0.5 + float64(v)/top/2) }
	}
	return func(v float32) color.NRGBA { return t.Magnitude.At(float64(v) / top) }
}

// liveliest returns the n channels of the highest variance, in the order of the
// channels.
func (l *Layer) liveliest(n int) []int {
	channels := l.Shape[2]
	sums, squares := make([]float64, channels), make([]float64, channels)
	for i, v := range l.Values {
		sums[i%channels] += float64(v)
		squares[i%channels] += float64(v) * float64(v)
	}
	pixels := float64(l.Shape[0] * l.Shape[1])
	order := make([]int, channels)
	for k := range order {
		order[k] = k
	}
	variance := func(k int) float64 { return squares[k]/pixels - sums[k]*sums[k]/pixels/pixels }
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(variance(b), variance(a))
	})
	order = order[:min(n, channels)]
	slices.Sort(order)
	return order
}

func drawChannels(c *Canvas, l *Layer, x, y vg.Length) {
	shade := l.shade(c.Theme)
	h, w, channels := l.Shape[0], l.Shape[1], l.Shape[2]
	for _, k := range l.liveliest(layerTiles) {
		img := image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range h * w {
			img.SetNRGBA(i%w, i/w, shade(l.Values[i*channels+k]))
		}
		c.Pixels(box(x, y, layerTile, layerTile), img)
		x += layerTile + layerGap
	}
}

// drawFeatures draws every feature as one pixel of a strip.
func drawFeatures(c *Canvas, l *Layer, r vg.Rectangle) {
	shade := l.shade(c.Theme)
	rows := max(1, min(8, len(l.Values)/100))
	for len(l.Values)%rows != 0 { // full rows
		rows--
	}
	columns := len(l.Values) / rows
	img := image.NewNRGBA(image.Rect(0, 0, columns, rows))
	for i, v := range l.Values {
		img.SetNRGBA(i%columns, i/columns, shade(v))
	}
	c.Pixels(r, img)
}

// drawVoteBars draws the 37 outputs as bars, by question. What the network puts
// out below 0 or above 1 is drawn at these ends.
func drawVoteBars(c *Canvas, l *Layer, r vg.Rectangle) {
	const gap = vg.Length(6)
	t := c.Theme
	step := (r.Size().X - gap*(galaxyzoo.NumQuestions-1)) / galaxyzoo.NumAnswers
	y := scale{lo: 0, hi: 1, from: r.Min.Y + 20, to: r.Max.Y - 2}
	for _, q := range galaxyzoo.Questions {
		x := r.Min.X + step*vg.Length(q.First()) + gap*vg.Length(q.Number-1)
		width := step * vg.Length(len(q.Answers))
		c.FillRect(box(x, y.from, width, y.to-y.from), t.Panel)
		for i, a := range q.Answers {
			top := y.at(float64(l.Values[a.Column]))
			c.FillRect(box(x+step*vg.Length(i)+1, y.from, step-2, max(top-y.from, 0.5)), t.Accent)
		}
		c.Line(LineHair, t.Muted, pt(x, y.from), pt(x+width, y.from))
		style := Aligned(c.Note(SizeTiny), Centre, Top)
		for line, text := range Wrap(style, q.Short, width+gap-1) {
			c.Text(style, x+width/2, y.from-2.5-lineHeight(SizeTiny)*vg.Length(line), text)
		}
	}
}
