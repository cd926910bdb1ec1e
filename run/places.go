package run

import "path/filepath"

// Names within a run folder.
const (
	ConfigFile   = "config.yaml"
	InfoFile     = "run.json"
	MetricsCSV   = "metrics.csv"
	MetricsJSONL = "metrics.jsonl"
	DivergedFile = "diverged.json" // only where the last attempt diverged
	LockFile     = "lock"
	StateFile    = "state.json" // within a checkpoint
	ModelFolder  = "saved_model"
)

// Names within the folder of samples.
const (
	AugmentedSample = "augmented.png" // the first batch as the network sees it
	GalaxySample    = "galaxy.png"    // the crop whose activations are kept
	KernelSample    = "kernels.npy"   // of the first convolution, float32 [k, k, 3, filters]
)

// Names of the checkpoints.
const (
	Last = "last"
	Best = "best"
)

// Name returns the name of the run's folder, "0007-seed3".
func (r *Run) Name() string {
	if abs, err := filepath.Abs(r.Dir); err == nil {
		return filepath.Base(abs)
	}
	return filepath.Base(r.Dir)
}

// Path returns the path of something in the run folder.
func (r *Run) Path(elem ...string) string {
	return filepath.Join(append([]string{r.Dir}, elem...)...)
}

// Checkpoint returns the folder of a checkpoint, Last or Best.
func (r *Run) Checkpoint(name string) string { return r.Path("checkpoints", name) }

// SavedModel returns the folder of the model with the best weights.
func (r *Run) SavedModel() string { return r.Path(ModelFolder) }

// Predictions returns the file of the best weights' votes on the rows held
// back.
func (r *Run) Predictions() string { return r.Path("predictions", "validation.csv") }

// Samples returns the folder of pictures and arrays that show what the network
// saw and learned.
func (r *Run) Samples() string { return r.Path("samples") }

// Plots returns the folder of figures.
func (r *Run) Plots() string { return r.Path("plots") }
