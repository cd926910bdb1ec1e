package plots

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// Names within a run's samples folder.
const (
	augmentedFile     = "augmented.png"
	galaxyFile        = "galaxy.png"
	kernelsFile       = "kernels.npy"
	activationsFolder = "activations"
	predictionsPart   = "predictions"
)

// A RunRecord is what the figures of a run are drawn from: all that its folder
// holds by now.
type RunRecord struct {
	Name   string // of the folder
	Info   run.Info
	Config run.Config
	Steps  []run.Step
	Epochs []run.Epoch

	// Each of the following is nil where it is not there yet, or cannot be
	// read; Lacking then says why, by the part's name in the folder.
	Predictions *galaxyzoo.Labels // of the best weights, for the rows held back
	Augmented   *image.NRGBA      // the first batch, as a mosaic of Config.Size
	Kernels     *Array            // [k, k, 3, filters]
	Galaxy      *image.NRGBA      // the crop that Layers belong to
	Layers      []Layer
	Lacking     map[string]error
}

// A Layer is what a layer of a network makes of one image.
type Layer struct {
	Name string
	Array
}

// LoadRun reads a run folder, which may be that of a run still going. Errors
// are of what every run has from its start: configuration, run.json and
// metrics.
func LoadRun(dir string) (*RunRecord, error) {
	folder, err := run.Open(dir)
	if err != nil {
		return nil, err
	}
	r := &RunRecord{Name: folder.Name(), Lacking: map[string]error{}}
	info, err := folder.Info()
	if err != nil {
		return nil, err
	}
	r.Info = *info
	if r.Config, err = folder.Config(); err != nil {
		return nil, err
	}
	if r.Steps, err = folder.Steps(); err != nil {
		return nil, err
	}
	if r.Epochs, err = folder.Epochs(); err != nil {
		return nil, err
	}

	r.Predictions, err = folder.ReadPredictions()
	r.lacks(predictionsPart, err)
	r.Augmented, err = readPicture(folder, augmentedFile)
	r.lacks(augmentedFile, err)
	r.Kernels, err = readArray(folder, kernelsFile)
	r.lacks(kernelsFile, err)
	r.Galaxy, err = readPicture(folder, galaxyFile)
	if err == nil {
		r.Layers, err = readLayers(folder, activationsFolder)
		r.Layers = withVotes(r.Layers, r.Config.Output)
	}
	r.lacks(activationsFolder, err)
	return r, nil
}

// lacks notes why a part is not there, in words that fit the run's state.
func (r *RunRecord) lacks(part string, err error) {
	switch {
	case err == nil:
		return
	case !errors.Is(err, fs.ErrNotExist):
	case part == predictionsPart && r.Info.Data.Validation == 0:
		err = fmt.Errorf("run %s held no galaxies back", r.Name)
	case r.Info.Status == run.StatusRunning:
		err = fmt.Errorf("run %s is not that far yet", r.Name)
	default:
		err = fmt.Errorf("run %s (%s) did not leave it", r.Name, r.Info.Status)
	}
	r.Lacking[part] = err
}

// File names something in the run's folder as a caption does.
func (r *RunRecord) File(elem ...string) string {
	return strings.Join(append([]string{r.Name}, elem...), "/")
}

// Curves returns what the run measured as it trained.
func (r *RunRecord) Curves() Curves {
	return Curves{Name: r.Name, Steps: r.Steps, Epochs: r.Epochs}
}

// readArray reads a sample, which must not have been damaged.
func readArray(r *run.Run, name string) (*Array, error) {
	path := filepath.Join(r.Samples(), name)
	if err := r.Unchanged(path); err != nil {
		return nil, err
	}
	return ReadArray(path)
}

// readPicture does the same for a picture.
func readPicture(r *run.Run, name string) (*image.NRGBA, error) {
	path := filepath.Join(r.Samples(), name)
	if err := r.Unchanged(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return imageproc.Decode(f, path, imageproc.DefaultLimits)
}

// readLayers reads a folder of NN-LAYER.npy in the order of the numbers.
func readLayers(r *run.Run, dir string) ([]Layer, error) {
	entries, err := os.ReadDir(filepath.Join(r.Samples(), dir))
	if err != nil {
		return nil, err
	}
	var layers []Layer
	for _, e := range entries {
		stem, isArray := strings.CutSuffix(e.Name(), ".npy")
		_, name, numbered := strings.Cut(stem, "-")
		if !isArray || !numbered {
			continue
		}
		a, err := readArray(r, filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		layers = append(layers, Layer{Name: name, Array: *a})
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("%s holds no activations", dir)
	}
	return layers, nil
}

// withVotes adds the votes that a sigmoid output makes of the last layer, which runs
// of earlier versions did not leave.
func withVotes(layers []Layer, output string) []Layer {
	if len(layers) == 0 || output != run.OutputSigmoid {
		return layers
	}
	last := &layers[len(layers)-1]
	if !isVotes(last) || last.Name == output {
		return layers
	}
	votes := Layer{Name: run.OutputSigmoid, Array: Array{Shape: slices.Clone(last.Shape)}}
	for _, v := range last.Values {
		votes.Values = append(votes.Values, float32(1/(1+math.Exp(-float64(v)))))
	}
	return append(layers, votes)
}

// An Outcome holds predicted and cast votes of the same galaxies, row by row.
type Outcome struct {
	IDs             []int64
	Predicted, Cast []galaxyzoo.Votes
}

// Match pairs predictions with the votes of the catalogue by id. It returns an
// error where the catalogue lacks one of the galaxies.
func Match(predictions *galaxyzoo.Labels, c *galaxyzoo.Catalogue) (*Outcome, error) {
	o := &Outcome{IDs: predictions.IDs, Predicted: predictions.Votes}
	ids := c.IDs()
	for _, id := range predictions.IDs {
		i, found := slices.BinarySearch(ids, id)
		if !found {
			return nil, fmt.Errorf("galaxy %d of the predictions is not in %s", id, c.Name)
		}
		o.Cast = append(o.Cast, c.Galaxies[i].Votes)
	}
	return o, o.check()
}

func (o *Outcome) check() error {
	if len(o.IDs) != len(o.Cast) || len(o.Predicted) != len(o.Cast) {
		return fmt.Errorf("%d ids, %d predictions and %d rows of votes", len(o.IDs), len(o.Predicted), len(o.Cast))
	}
	if err := checkVotes(o.Cast); err != nil {
		return err
	}
	if err := checkVotes(o.Predicted); err != nil {
		return fmt.Errorf("predictions: %w", err)
	}
	return nil
}
