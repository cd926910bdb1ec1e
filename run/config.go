package run

// Config holds every value that a training run depends on. Each field has one
// entry in Settings, which says how it is named, checked and printed.
type Config struct {
	Data       string  `json:"data"`       // folder in Kaggle's layout or "synthetic:N"; "" where none was named
	Validation float64 `json:"validation"` // share of the rows held back, 0 <= F < 1
	SplitSeed  uint64  `json:"split-seed"` // chooses the rows held back
	Folds      int     `json:"folds"`      // parts of the rows, of which one is held back; 0 = Validation says how many rows are
	Fold       int     `json:"fold"`       // the part held back, 1 to Folds

	Preset     string `json:"preset"`
	Network    string `json:"network"`
	Output     string `json:"output"`      // OutputSigmoid and so on
	InitFrom   string `json:"init-from"`   // run or model whose weights the network starts from; "" = drawn ones
	InitLayers string `json:"init-layers"` // InitAll or InitBody
	Freeze     string `json:"freeze"`      // names of layers that do not learn, with commas between

	Crop       string  `json:"crop"`       // CropROI or CropCentre
	CropWidth  int     `json:"crop-width"` // side of the centre crop, pixels of the 424 original
	Size       int     `json:"size"`       // side of the network's input, pixels
	Oversample float64 `json:"oversample"` // pixels of the cached crop to one of the input, along an axis

	Epochs    int    `json:"epochs"`
	Steps     int    `json:"steps"`      // of the whole run, in place of Epochs; 0 = Epochs says
	BatchSize int    `json:"batch-size"` // images a step
	Seed      uint64 `json:"seed"`       // of the weights, the order of rows, dropout and augmentation
	Loss      string `json:"loss"`       // LossMSE or LossWeightedMSE
	Patience  int    `json:"patience"`   // epochs without improvement before training stops; 0 = never
	Precision string `json:"precision"`  // of a training step: PrecisionFloat32 and so on

	Average   float64 `json:"average"`    // decay, each step, of the moving average of the weights that is kept; 0 = none
	LabelBias bool    `json:"label-bias"` // the last layer's biases start from the mean votes

	Optimiser    string  `json:"optimiser"`    // OptimiserAdam and so on
	WeightDecay  float64 `json:"weight-decay"` // of kernels, each step, times the learning rate
	Momentum     float64 `json:"momentum"`     // of OptimiserSGD
	LayerDecay   float64 `json:"layer-decay"`  // learning rate of a layer over that of the next one
	LearningRate float64 `json:"learning-rate"`
	Schedule     string  `json:"schedule"`     // ScheduleConstant, ScheduleStep or ScheduleCosine
	WarmUp       int     `json:"warm-up"`      // steps over which the learning rate rises to its value
	DecayEvery   int     `json:"decay-every"`  // epochs between the drops of ScheduleStep
	DecayFactor  float64 `json:"decay-factor"` // of each drop, 0 < f <= 1
	ClipNorm     float64 `json:"clip-norm"`    // largest norm of the whole gradient; 0 = not clipped

	Augment    string  `json:"augment"` // AugmentHost, AugmentGraph or AugmentNone
	Rotate     bool    `json:"rotate"`
	Flip       bool    `json:"flip"`
	Zoom       float64 `json:"zoom"`       // images are scaled by 1/zoom to zoom
	Shift      float64 `json:"shift"`      // largest shift along an axis, as a share of Size
	Brightness float64 `json:"brightness"` // standard deviation of imageproc.Transform's
	Margin     int     `json:"margin"`     // pixels of the input that the cached crops have beyond it on each side

	InputThreads int    `json:"input-threads"` // goroutines that prepare images; 0 = as many as Threads
	Threads      int    `json:"threads"`       // threads that compute; 0 = one a core
	Devices      string `json:"devices"`       // DevicesAuto, DevicesAll, or their names, "gpu:0,gpu:1"

	Workers       string `json:"workers"`        // addresses of worker processes, "host1:2222,host2:2222"; "" = this process computes
	WorkerTimeout int    `json:"worker-timeout"` // seconds without an answer after which a worker is lost
	Elastic       bool   `json:"elastic"`        // goes on without workers that are lost

	XLA     bool   `json:"xla"`      // TensorFlow compiles the training graph by XLA
	Cache   string `json:"cache"`    // folder of the crop caches
	CropsOn string `json:"crops-on"` // CropsOnHost or CropsOnDevice
	Runs    string `json:"runs"`     // folder in which run folders are numbered
	RunDir  string `json:"run-dir"`  // the new run's folder exactly; "" = the next number in Runs

	TensorBoard bool `json:"tensorboard"` // the run folder has event files for TensorBoard
}

// The words that settings of a few choices accept.
const (
	OutputSigmoid = "sigmoid"
	OutputLinear  = "linear"
	OutputTree    = "tree"
	OutputSoftmax = "softmax-tree"

	InitAll  = "all"
	InitBody = "body"

	OptimiserAdam  = "adam"
	OptimiserAdamW = "adamw"
	OptimiserSGD   = "sgd"

	CropROI    = "roi"
	CropCentre = "centre"

	LossMSE         = "mse"
	LossWeightedMSE = "weighted-mse"

	ScheduleConstant = "constant"
	ScheduleStep     = "step"
	ScheduleCosine   = "cosine"

	PrecisionFloat32  = "float32"
	PrecisionBFloat16 = "bfloat16"
	PrecisionFloat16  = "float16"
	PrecisionAuto     = "auto" // the fastest that is safe on the device; a run's own configuration says which

	AugmentHost  = "host"
	AugmentGraph = "graph"
	AugmentNone  = "none"

	DevicesAuto = "auto" // the first GPU, or else the CPU
	DevicesAll  = "all"  // every GPU, or else the CPU

	CropsOnHost   = "host"
	CropsOnDevice = "device"
)

// Default returns the configuration of a run that was told nothing.
func Default() Config {
	var c Config
	for _, s := range Settings {
		if err := s.Parse(&c, s.Default); err != nil {
			panic("run: default of " + s.Key + ": " + err.Error()) // a fault of the table, caught by its test
		}
	}
	return c
}
