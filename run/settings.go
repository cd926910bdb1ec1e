package run

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Setting describes one field of Config: its name on the command line, in a
// configuration file and in the environment, and what it accepts.
type Setting struct {
	Key      string // name of the flag and in YAML, "batch-size"
	Category string // heading in the help and in config.yaml
	Default  string
	About    string // one line with the unit; Usage adds the range

	value value
}

// The categories of settings, in the order of Settings.
const (
	CategoryData         = "Data"
	CategoryNetwork      = "Network"
	CategoryTraining     = "Training"
	CategoryOptimiser    = "Optimiser"
	CategoryAugmentation = "Augmentation"
	CategoryFolders      = "Folders and machine"
)

// Settings describes every field of Config, grouped by category, in the order
// of the help and of config.yaml. A new setting is one entry here and one field
// in Config.
var Settings = []Setting{
	{dataKey, CategoryData, "", "folder in Kaggle's layout, or synthetic:N for N drawn galaxies",
		asPath(text(func(c *Config) *string { return &c.Data }))},
	{"validation", CategoryData, "0.1", "share of the rows held back for validation",
		number(func(c *Config) *float64 { return &c.Validation }, "a share from 0 to below 1", func(x float64) bool { return x >= 0 && x < 1 })},
	{"split-seed", CategoryData, "1", "seed that chooses the rows held back",
		seed(func(c *Config) *uint64 { return &c.SplitSeed })},
	{"folds", CategoryData, "0", "parts of equal size that the rows are split into, one of which is held back; 0 = as validation says",
		whole(func(c *Config) *int { return &c.Folds }, 0, 1000)},
	{"fold", CategoryData, "1", "which of the folds is held back, from 1 on",
		whole(func(c *Config) *int { return &c.Fold }, 1, 1000)},

	{"preset", CategoryNetwork, "small", "network and recipe to start from",
		name("the name of a preset", func(c *Config) *string { return &c.Preset })},
	{"network", CategoryNetwork, "small", "network to train",
		name("the name of a network", func(c *Config) *string { return &c.Network })},
	{"output", CategoryNetwork, OutputSigmoid, "how the last layer's values become votes; the trees' obey the decision tree",
		choice(func(c *Config) *string { return &c.Output }, OutputSigmoid, OutputLinear, OutputTree, OutputSoftmax)},
	{"init-from", CategoryNetwork, "", "folder of a run or model whose weights training starts from",
		asPath(text(func(c *Config) *string { return &c.InitFrom }))},
	{"init-layers", CategoryNetwork, InitAll, "which layers start from them; body is all but the last one with weights",
		choice(func(c *Config) *string { return &c.InitLayers }, InitAll, InitBody)},
	{"freeze", CategoryNetwork, "", "layers that do not learn, their names with commas between",
		text(func(c *Config) *string { return &c.Freeze })},
	{"crop", CategoryNetwork, CropROI, "part of the image that is used: the region of interest, or the centre",
		choice(func(c *Config) *string { return &c.Crop }, CropROI, CropCentre)},
	{"crop-width", CategoryNetwork, "424", "side of the centre crop in pixels of the 424 original",
		whole(func(c *Config) *int { return &c.CropWidth }, 16, 424)},
	{"size", CategoryNetwork, "64", "side of the network's input in pixels",
		whole(func(c *Config) *int { return &c.Size }, 8, 424)},
	{"oversample", CategoryNetwork, "1", "pixels of the cached crop to one of the input, along an axis: more blur images less as they are turned",
		number(func(c *Config) *float64 { return &c.Oversample }, "a number from 1 to 4", func(x float64) bool { return x >= 1 && x <= 4 })},

	{"epochs", CategoryTraining, "10", "passes over the training rows",
		whole(func(c *Config) *int { return &c.Epochs }, 1, math.MaxInt32)},
	{"steps", CategoryTraining, "0", "steps of the whole run, in place of epochs; 0 = as epochs says",
		whole(func(c *Config) *int { return &c.Steps }, 0, math.MaxInt32)},
	{"batch-size", CategoryTraining, "64", "images a step",
		whole(func(c *Config) *int { return &c.BatchSize }, 1, 65536)},
	{seedKey, CategoryTraining, "1", "seed of the weights, the order of rows, dropout and augmentation",
		seed(func(c *Config) *uint64 { return &c.Seed })},
	{"loss", CategoryTraining, LossMSE, "what training makes small",
		choice(func(c *Config) *string { return &c.Loss }, LossMSE, LossWeightedMSE)},
	{"patience", CategoryTraining, "0", "epochs without improvement before training stops, 0 = never",
		whole(func(c *Config) *int { return &c.Patience }, 0, math.MaxInt32)},
	{"precision", CategoryTraining, PrecisionFloat32, "what a training step computes in; auto is the fastest that is safe on the device",
		choice(func(c *Config) *string { return &c.Precision }, PrecisionFloat32, PrecisionBFloat16, PrecisionFloat16, PrecisionAuto)},
	{"average", CategoryTraining, "0", "decay, each step, of the moving average of the weights that is scored and kept; 0 = the weights themselves",
		number(func(c *Config) *float64 { return &c.Average }, "a number from 0 to below 1", func(x float64) bool { return x >= 0 && x < 1 })},
	{"label-bias", CategoryTraining, "false", "start the last layer's biases from the training rows' mean votes",
		toggle(func(c *Config) *bool { return &c.LabelBias })},

	{"optimiser", CategoryOptimiser, OptimiserAdam, "rule by which the weights move; sgd has Nesterov's momentum",
		choice(func(c *Config) *string { return &c.Optimiser }, OptimiserAdam, OptimiserAdamW, OptimiserSGD)},
	{"weight-decay", CategoryOptimiser, "0", "share of the kernels taken off at each step, times the learning rate; with adamw and sgd",
		number(func(c *Config) *float64 { return &c.WeightDecay }, "a number of at least 0", func(x float64) bool { return x >= 0 })},
	{"momentum", CategoryOptimiser, "0.9", "Nesterov's momentum, with sgd",
		number(func(c *Config) *float64 { return &c.Momentum }, "a number from 0 to below 1", func(x float64) bool { return x >= 0 && x < 1 })},
	{"learning-rate", CategoryOptimiser, "0.001", "learning rate, the highest where it changes",
		number(func(c *Config) *float64 { return &c.LearningRate }, "a number above 0", func(x float64) bool { return x > 0 })},
	{"schedule", CategoryOptimiser, ScheduleConstant, "how the learning rate changes",
		choice(func(c *Config) *string { return &c.Schedule }, ScheduleConstant, ScheduleStep, ScheduleCosine)},
	{"warm-up", CategoryOptimiser, "0", "steps over which the learning rate rises from 0",
		whole(func(c *Config) *int { return &c.WarmUp }, 0, math.MaxInt32)},
	{"decay-every", CategoryOptimiser, "10", "epochs between drops, with schedule step",
		whole(func(c *Config) *int { return &c.DecayEvery }, 1, math.MaxInt32)},
	{"decay-factor", CategoryOptimiser, "0.1", "learning rate after a drop over that before it, with schedule step",
		number(func(c *Config) *float64 { return &c.DecayFactor }, "a number above 0 and at most 1", func(x float64) bool { return x > 0 && x <= 1 })},
	{"layer-decay", CategoryOptimiser, "1", "learning rate of a layer over that of the layer behind it",
		number(func(c *Config) *float64 { return &c.LayerDecay }, "a number above 0 and at most 1", func(x float64) bool { return x > 0 && x <= 1 })},
	{"clip-norm", CategoryOptimiser, "0", "largest norm of the whole gradient, 0 = not clipped",
		number(func(c *Config) *float64 { return &c.ClipNorm }, "a number of at least 0", func(x float64) bool { return x >= 0 })},

	{"augment", CategoryAugmentation, AugmentHost, "where training images are changed: by the host, or in the graph, for devices that are faster",
		choice(func(c *Config) *string { return &c.Augment }, AugmentHost, AugmentGraph, AugmentNone)},
	{"rotate", CategoryAugmentation, "true", "turn each training image by a random whole angle",
		toggle(func(c *Config) *bool { return &c.Rotate })},
	{"flip", CategoryAugmentation, "true", "mirror every other training image",
		toggle(func(c *Config) *bool { return &c.Flip })},
	{"zoom", CategoryAugmentation, "1", "scale each training image by a random ratio, from 1/zoom to zoom",
		number(func(c *Config) *float64 { return &c.Zoom }, "a number from 1 to 4", func(x float64) bool { return x >= 1 && x <= 4 })},
	{"shift", CategoryAugmentation, "0", "move each training image at random, by up to this share of its side along each axis",
		number(func(c *Config) *float64 { return &c.Shift }, "a share from 0 to 0.5", func(x float64) bool { return x >= 0 && x <= 0.5 })},
	{"brightness", CategoryAugmentation, "0", "brighten or darken each training image at random, standard deviation; 0.5 is 0.7 % of white",
		number(func(c *Config) *float64 { return &c.Brightness }, "a number from 0 to 10", func(x float64) bool { return x >= 0 && x <= 10 })},
	{"margin", CategoryAugmentation, "0", "with the centre crop, pixels of the input that may turn, zoom or shift in from beyond it on each side",
		whole(func(c *Config) *int { return &c.Margin }, 0, 424)},

	{inputThreadsKey, CategoryFolders, "0", "images prepared at once, 0 = as many as threads",
		whole(func(c *Config) *int { return &c.InputThreads }, 0, 1024)},
	{"threads", CategoryFolders, "0", "threads that compute at once, 0 = one a core",
		whole(func(c *Config) *int { return &c.Threads }, 0, 1024)},
	{"devices", CategoryFolders, DevicesAuto, "what the images of a step are split over; auto is one GPU or the CPU, all is every GPU",
		deviceList(func(c *Config) *string { return &c.Devices })},
	{workersKey, CategoryFolders, "", "processes that compute the steps, as tfgalaxy worker starts them",
		addressList(func(c *Config) *string { return &c.Workers })},
	{"worker-timeout", CategoryFolders, "60", "seconds without an answer after which a worker counts as lost; more than the longest step takes, which is often the first",
		whole(func(c *Config) *int { return &c.WorkerTimeout }, 1, 86400)},
	{"elastic", CategoryFolders, "false", "go on from the last checkpoint with the workers that are left when one is lost",
		toggle(func(c *Config) *bool { return &c.Elastic })},
	{"xla", CategoryFolders, "false", "have TensorFlow compile the training graph by XLA",
		toggle(func(c *Config) *bool { return &c.XLA })},
	{cacheKey, CategoryFolders, defaultCache(), "folder of the crop caches",
		asPath(name("a folder", func(c *Config) *string { return &c.Cache }))},
	{"crops-on", CategoryFolders, CropsOnHost, "where the crops lie while training; with augment graph they fit on a device with memory for them",
		choice(func(c *Config) *string { return &c.CropsOn }, CropsOnHost, CropsOnDevice)},
	{runsKey, CategoryFolders, "runs", "folder in which runs are numbered",
		asPath(name("a folder", func(c *Config) *string { return &c.Runs }))},
	{runDirKey, CategoryFolders, "", "the new run's folder exactly, instead of the next number in runs",
		asPath(text(func(c *Config) *string { return &c.RunDir }))},
	{"tensorboard", CategoryFolders, "false", "write what TensorBoard shows into the run's folder too",
		toggle(func(c *Config) *bool { return &c.TensorBoard })},
}

const (
	presetKey = "preset"
	seedKey   = "seed"
	cacheKey  = "cache"
	runsKey   = "runs"
	runDirKey = "run-dir"
	dataKey   = "data"

	workersKey      = "workers"
	inputThreadsKey = "input-threads"
)

// EnvPrefix begins the names of all environment variables of the program.
const EnvPrefix = "TFGALAXY_"

// Lookup returns the setting of a key.
func Lookup(key string) (Setting, bool) {
	i := slices.IndexFunc(Settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return Setting{}, false
	}
	return Settings[i], true
}

// Env returns the name of the setting's environment variable,
// "TFGALAXY_BATCH_SIZE".
func (s Setting) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(s.Key, "-", "_"))
}

// Usage is one line for the help: what the setting is, its unit and its range.
func (s Setting) Usage() string {
	if s.value.truth || s.value.want == "text" {
		return s.About
	}
	return s.About + ": " + s.value.want
}

// Bool reports whether the setting is true or false, so that its flag needs no
// value.
func (s Setting) Bool() bool { return s.value.truth }

// Choices returns the words the setting accepts, nil where they are not a few.
func (s Setting) Choices() []string { return slices.Clone(s.value.words) }

// Parse reads the setting from text into c. The error says what is wanted.
func (s Setting) Parse(c *Config, text string) error {
	if err := s.value.parse(c, text); err != nil {
		return fmt.Errorf("%s = %q, want %s", s.Key, text, s.value.want)
	}
	return nil
}

// Format prints the setting's value in c, in a form that Parse reads back.
func (s Setting) Format(c *Config) string { return s.value.print(c) }

// defaultCache is the user's folder for caches, or one of theirs among the
// temporary files on an account without a home.
func defaultCache() string {
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "tfgalaxy")
	}
	return filepath.Join(os.TempDir(), "tfgalaxy-"+strconv.Itoa(os.Getuid()))
}
