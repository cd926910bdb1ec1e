package train

import (
	"bytes"
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// cardFile is the name of the model card in a SavedModel's folder: the one that is
// shown to whoever opens it.
const cardFile = "README.md"

//go:embed card.md
var cardText string

var cardTemplate = template.Must(template.New(cardFile).Funcs(template.FuncMap{
	"count":    terminal.Count,
	"decimals": func(x float64) string { return fmt.Sprintf("%.4f", x) },
	"sentence": func(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." },
}).Parse(cardText))

// card is what the model card tells. All of it is the run's own, so that the card
// is the same whenever and wherever it is written.
type card struct {
	*checkpoint
	Frozen     bool
	Signatures []graph.Signature
}

// render returns the card as Markdown.
func (c card) render() ([]byte, error) {
	var out bytes.Buffer
	if err := cardTemplate.Execute(&out, c); err != nil {
		return nil, fmt.Errorf("failed to write the model card: %w", err)
	}
	return out.Bytes(), nil
}

// Questions are those of the tree.
func (card) Questions() []galaxyzoo.Question { return galaxyzoo.Questions[:] }

// Has reports whether the model has a signature.
func (c card) Has(signature string) bool {
	return slices.ContainsFunc(c.Signatures, func(s graph.Signature) bool { return s.Name == signature })
}

// Best is the score of these weights, nil where it is not known.
func (c card) Best() *run.BestEpoch {
	if best := c.State.Best; best != nil && best.Step == c.State.Step {
		return best
	}
	return nil
}

// Data is the name of the data without the folders above it, which are nobody
// else's business.
func (c card) Data() string { return lastOf(run.PortablePath(c.Config.Data)) }

// lastOf is the last name of a path, quoted.
func lastOf(path string) string {
	switch name := filepath.Base(path); name {
	case ".", "..", "~", string(filepath.Separator):
		return "a folder"
	default:
		return fmt.Sprintf("`%s`", name)
	}
}

// Drawn reports whether the galaxies are the program's own.
func (c card) Drawn() bool {
	kind, _, _ := strings.Cut(c.Config.Data, ":")
	return kind == syntheticName
}

// Length says how long the run was to be.
func (c card) Length() string {
	if c.Config.Steps > 0 {
		return fmt.Sprintf("steps at most %s", terminal.Count(c.Config.Steps))
	}
	return fmt.Sprintf("epochs at most %d", c.Config.Epochs)
}

// Optimiser names the optimiser with the settings that are its own.
func (c card) Optimiser() string {
	var with []string
	if c.Config.Optimiser == run.OptimiserSGD {
		with = append(with, fmt.Sprintf("Nesterov's momentum %g", c.Config.Momentum))
	}
	if c.Config.WeightDecay > 0 {
		with = append(with, fmt.Sprintf("weight decay %g", c.Config.WeightDecay))
	}
	if len(with) == 0 {
		return "optimiser " + c.Config.Optimiser
	}
	return "optimiser " + c.Config.Optimiser + " with " + enumerate(with)
}

// Augmentation says what was done to the training images.
func (c card) Augmentation() string {
	var done []string
	for _, change := range []struct {
		on   bool
		name string
	}{
		{c.Config.Rotate, "turned"},
		{c.Config.Flip, "mirrored"},
		{c.Config.Zoom != 1, fmt.Sprintf("scaled by %.3g to %g", 1/c.Config.Zoom, c.Config.Zoom)},
		{c.Config.Shift != 0, fmt.Sprintf("moved by up to %g %% of their side", 100*c.Config.Shift)},
		{c.Config.Brightness != 0, "brightened or darkened"},
	} {
		if change.on {
			done = append(done, change.name)
		}
	}
	if c.Config.Augment == run.AugmentNone || len(done) == 0 {
		return "images as they are"
	}
	return "images " + enumerate(done) + " at random"
}

// enumerate joins words by commas and "and".
func enumerate(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Crop describes the preprocessing.
func (c card) Crop() string {
	p := Preprocessing(c.Config)
	scaled := fmt.Sprintf("scaled to %dx%d by area averaging (OpenCV's INTER_AREA), in whole levels", p.CropSize(), p.CropSize())
	if p.Scale() != 1 {
		scaled += fmt.Sprintf(", of which a bilinear interpolation with the same edges makes the %dx%d, in whole levels again", p.Size, p.Size)
	}
	if p.Crop == imageproc.CropCentre {
		return fmt.Sprintf("The central %dx%d pixels of the 424x424 original (of an image of another size, the same part of its shorter side), %s.", p.Width, p.Width, scaled)
	}
	return "The square around the largest structure brighter than grey level 10 with a fifth of its longer side added on each side, or the whole image where that would leave the frame, " + scaled + "."
}
