package train

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A weightSource is a run or model whose weights another run may start from.
type weightSource struct {
	path string // as it was named
	*graph.Stored
	run  *run.Run  // that the weights are part of; nil where they are of none
	info *run.Info // of that run, nil where it cannot be read
}

// openWeights opens what holds weights: a run, whose best checkpoint it is, one of
// its checkpoints, or a SavedModel. Errors are *galaxyzoo.DataError.
func openWeights(path string) (*weightSource, error) {
	fail := func(err error) (*weightSource, error) { return nil, &galaxyzoo.DataError{File: path, Err: err} }
	info, err := os.Stat(path)
	if err != nil {
		return fail(fmt.Errorf("failed to find weights to start from: %w", galaxyzoo.Reason(err)))
	}
	if !info.IsDir() {
		return fail(errors.New("want the folder of a run, of a checkpoint or of a SavedModel"))
	}
	s := &weightSource{path: path}
	folders := []string{path}
	if s.run, err = run.Open(path); err == nil {
		folders = []string{s.run.Checkpoint(run.Best), s.run.SavedModel()}
	} else {
		s.run = runAround(path)
	}
	if s.run != nil {
		s.info, _ = s.run.Info() // what it tells is for the record alone
	}
	for _, dir := range folders {
		s.Stored, err = graph.OpenStored(dir)
		if err == nil {
			return s, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return fail(fmt.Errorf("failed to read weights: %w", err))
		}
	}
	if len(folders) > 1 {
		return fail(errors.New("the run has no best checkpoint yet, nor a model"))
	}
	if runs, err := run.List(path); err == nil && len(runs) > 0 {
		return fail(fmt.Errorf("want one run, not a folder of them; the latest is %s", runs[len(runs)-1].Dir))
	}
	return fail(errors.New("want the folder of a run, of a checkpoint or of a SavedModel, but it holds no weights"))
}

// runAround returns the run that a folder is a checkpoint or the model of, nil
// where it is none.
func runAround(path string) *run.Run {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	for _, up := range []string{"..", "../.."} {
		r, err := run.Open(filepath.Join(path, up))
		if err == nil && slices.Contains([]string{r.Checkpoint(run.Best), r.Checkpoint(run.Last), r.SavedModel()}, path) {
			return r
		}
	}
	return nil
}

// wanted lists the variables of a network that a configuration takes from here. They
// are found by their names and shapes, whatever network they were of; errors about
// the first that is not are *run.UsageError.
func (s *weightSource) wanted(network *graph.Network, c *run.Config) ([]graph.Variable, error) {
	layers, err := learningLayers(network)
	if err != nil {
		return nil, err
	}
	body := variablesOf(layers[:len(layers)-1])
	vars := variablesOf(layers)
	if c.InitLayers == run.InitBody {
		vars = body
	}
	misfits := s.misfits(vars)
	if len(misfits) == 0 {
		return vars, nil
	}
	first := misfits[0]
	there := "there is no such variable"
	if shape, has := s.Shape(first.Name); has {
		there = "there it is " + shapeText(shape)
	}
	hint := "tfgalaxy presets lists the layers of all networks; name one by --network whose shapes are those of " + s.path
	size := 0
	if len(misfits) == 1 {
		size = s.fittingSize(network, first)
	}
	switch {
	case size > 0:
		there += fmt.Sprintf(", for images of %d pixels", size)
		hint = fmt.Sprintf("--size %d fits these weights; --size %d does not", size, network.Size)
	case len(vars) > len(body) && len(s.misfits(body)) == 0:
		hint = fmt.Sprintf("--init-layers %s takes all layers but %s, which then starts anew", run.InitBody, layers[len(layers)-1].Name)
	case s.info != nil && s.info.Network != network.Name:
		hint = fmt.Sprintf("these weights are of network %s: --network %s", s.info.Network, s.info.Network)
	case s.run != nil && s.path != s.run.Dir:
		hint = fmt.Sprintf("--init-from %s names the run, whose checkpoint has the weights as they were trained", s.run.Dir)
	}
	return nil, &run.UsageError{
		Err:  fmt.Errorf("--init-from %s: %s of network %s is %s, but %s", s.path, first.Name, network.Name, shapeText(first.Shape), there),
		Hint: hint,
	}
}

// misfits lists those of the variables that are not here in their shapes.
func (s *weightSource) misfits(vars []graph.Variable) []graph.Variable {
	return slices.DeleteFunc(slices.Clone(vars), func(v graph.Variable) bool {
		shape, has := s.Shape(v.Name)
		return has && slices.Equal(shape, v.Shape)
	})
}

// fittingSize returns the size of images with which the network's variable v has
// the shape that it has here, 0 where there is none. Of the first dense layer the
// inputs depend on it.
func (s *weightSource) fittingSize(network *graph.Network, v graph.Variable) int {
	shape, has := s.Shape(v.Name)
	if !has {
		return 0
	}
	other := *network
	fits := func(size int) bool {
		other.Size = size
		vars, err := other.Variables()
		return err == nil && slices.ContainsFunc(vars, func(o graph.Variable) bool { return o.Name == v.Name && slices.Equal(o.Shape, shape) })
	}
	if s.run != nil { // several may fit, if a pool drops what is left over
		if c, err := s.run.Config(); err == nil && fits(c.Size) {
			return c.Size
		}
	}
	for size := range galaxyzoo.ImageSize + 1 {
		if fits(size) {
			return size
		}
	}
	return 0
}

// shapeText prints a variable's shape as those of layers are printed.
func shapeText(dims []int64) string {
	shape := make(graph.Shape, len(dims))
	for i, d := range dims {
		shape[i] = int(d)
	}
	return shape.String()
}

func variablesOf(layers []graph.LayerInfo) []graph.Variable {
	var vars []graph.Variable
	for _, l := range layers {
		vars = append(vars, l.Variables()...)
	}
	return vars
}

// checkInitFrom checks that a new run finds the weights that it is to start from.
func checkInitFrom(network *graph.Network, c *run.Config) error {
	if c.InitFrom == "" {
		return nil
	}
	s, err := openWeights(c.InitFrom)
	if err != nil {
		return err
	}
	_, err = s.wanted(network, c)
	return err
}

// startFrom sets the weights that a new run starts from, and returns what they are
// of. They are found anew: the source may be a run that goes on.
func startFrom(trainer *graph.Trainer, network *graph.Network, c *run.Config) (*run.InitSource, error) {
	s, err := openWeights(c.InitFrom)
	if err != nil {
		return nil, err
	}
	vars, err := s.wanted(network, c)
	if err != nil {
		return nil, err
	}
	weights, err := s.Read(vars)
	if err != nil {
		return nil, &galaxyzoo.DataError{File: s.path, Err: err}
	}
	if err := trainer.SetWeights(weights); err != nil {
		return nil, err
	}
	source := &run.InitSource{Path: run.PortablePath(s.path), Layers: c.InitLayers, Digest: s.Digest}
	if s.run != nil {
		source.Run = s.run.Name()
	}
	if s.info != nil {
		source.Network, source.Data = s.info.Network, s.info.Data.Fingerprint
	}
	return source, nil
}

// FineTuning tells what the weights started from and which of them learned slowly or
// not at all; "" where all were drawn and learned alike. Of the source's folders it
// tells as little as Data.
func (c card) FineTuning() string {
	var parts []string
	if from := c.Info.InitFrom; from != nil {
		layers := "all layers"
		if from.Layers == run.InitBody {
			layers = "all layers but the last"
		}
		text := fmt.Sprintf("%s start from %s", layers, lastOf(cmp.Or(from.Run, from.Path)))
		if from.Data != "" {
			text += fmt.Sprintf(" (network `%s`, trained on data `%s`)", from.Network, from.Data)
		}
		parts = append(parts, text)
	}
	if c.Config.Freeze != "" {
		parts = append(parts, fmt.Sprintf("`%s` frozen", c.Config.Freeze))
	}
	if c.Config.LayerDecay != 1 {
		parts = append(parts, fmt.Sprintf("learning rate times %g with each layer from the last", c.Config.LayerDecay))
	}
	return strings.Join(parts, "; ")
}
