package train

import "github.com/tfgalaxy/tfgalaxy/run"

// A Preset is a network with a recipe to train it by: settings that take the
// place of the defaults, and give way to whatever the user says.
type Preset struct {
	Name     string           `json:"name"`
	Doc      string           `json:"doc"`      // purpose
	Hardware string           `json:"hardware"` // what it was made for
	Settings []run.Assignment `json:"settings"`
}

// Presets are the presets there are. Above each stand the time it took on 2 cores
// and its RMSE on 469 galaxies never trained on, of 3,165 (mean vote: 0.1679):
// tfgalaxy train --preset NAME --validation 0.15 --split-seed 2.
var Presets = []Preset{
	// 1 min 28 s, 0.1437
	{
		Name: "seed2", Doc: "the seed study's printed network, trained as the study trained",
		Hardware: "a GPU, or two cores and patience",
		Settings: append(seedRecipe, run.Assignment{Key: "network", Value: "seed2"}),
	},
	// 1 min 2 s, 0.1459
	{
		Name: "seed3", Doc: "the seed study's scored network, trained as the study trained",
		Hardware: "two cores",
		Settings: append(seedRecipe, run.Assignment{Key: "network", Value: "seed3"}),
	},
	// 12 min by the time of an epoch, 0.1016
	{
		Name: "small", Doc: "a batch-norm network with the recipe of the strong ones",
		Hardware: "two cores",
		Settings: append(strongRecipe, run.Assignment{Key: "network", Value: "small"}, run.Assignment{Key: "epochs", Value: "60"}),
	},
	// 23 min by the time of an epoch, 0.0900, and 0.0887 as the mean of 8 views
	{
		Name: "d4", Doc: "a network to which a galaxy has no up and no left, for the best score on few images",
		Hardware: "two cores",
		Settings: append(strongRecipe,
			run.Assignment{Key: "network", Value: "d4"},
			run.Assignment{Key: "epochs", Value: "60"},
			run.Assignment{Key: "precision", Value: run.PrecisionAuto},
		),
	},
	// Not trained to the end here.
	{
		Name: "d4-large", Doc: "the same, wider, at twice the resolution, for the whole challenge",
		Hardware: "a GPU",
		Settings: append(strongRecipe,
			run.Assignment{Key: "network", Value: "d4-large"},
			run.Assignment{Key: "crop-width", Value: "192"},
			run.Assignment{Key: "size", Value: "128"},
			run.Assignment{Key: "margin", Value: "32"},
			run.Assignment{Key: "batch-size", Value: "128"},
			run.Assignment{Key: "epochs", Value: "60"},
			run.Assignment{Key: "precision", Value: run.PrecisionAuto},
			run.Assignment{Key: "augment", Value: run.AugmentGraph},
		),
	},
	// Not trained to the end here: one step of batch 16 takes 3.6 s of processor time
	// on 2 cores of an AMD EPYC with AVX-512. Its crops stand for random centre crops of 184 to
	// 351 pixels: 256 / 1.38 to 256 * 1.38 are 186 to 353, each ratio as likely. The
	// margin is all that an image has beyond 256 pixels; what lies beyond that is black.
	{
		Name: "ng4", Doc: "large kernels at 128 pixels and many epochs, from scratch",
		Hardware: "a GPU",
		Settings: []run.Assignment{
			{Key: "network", Value: "ng4"},
			{Key: "size", Value: "128"},
			{Key: "crop", Value: run.CropCentre},
			{Key: "crop-width", Value: "256"},
			{Key: "margin", Value: "42"},
			{Key: "zoom", Value: "1.38"},
			{Key: "epochs", Value: "240"},
			{Key: "learning-rate", Value: "0.0001"},
			{Key: "schedule", Value: run.ScheduleCosine},
		},
	},
	// Not trained to the end here: one step of batch 16 takes 1.1 s of processor time on
	// 2 cores of an AMD EPYC with AVX-512. As published: 25 million images in batches of 16,
	// which are 450 epochs of 55,000; 3 pixels of the original to one of the input,
	// moved by up to 4 of the original. The learning rate falls tenfold twice, there
	// after 72 and 92 % of the steps, here, where the epochs between are as many, after
	// 44 and 89 %. The margin is what zoom and shift reach.
	{
		Name: "dieleman", Doc: "the competition's winner: parts of turned views, maxout, Nesterov's momentum",
		Hardware: "a GPU",
		Settings: []run.Assignment{
			{Key: "network", Value: "dieleman"},
			{Key: "output", Value: run.OutputTree},
			{Key: "size", Value: "99"},
			{Key: "crop", Value: run.CropCentre},
			{Key: "crop-width", Value: "297"},
			{Key: "margin", Value: "18"},
			{Key: "zoom", Value: "1.3"},
			{Key: "shift", Value: "0.0135"},
			{Key: "brightness", Value: "0.5"},
			{Key: "epochs", Value: "450"},
			{Key: "batch-size", Value: "16"},
			{Key: "optimiser", Value: run.OptimiserSGD},
			{Key: "momentum", Value: "0.9"},
			{Key: "learning-rate", Value: "0.04"},
			{Key: "schedule", Value: run.ScheduleStep},
			{Key: "decay-every", Value: "200"},
			{Key: "decay-factor", Value: "0.1"},
		},
	},
}

// seedRecipe is how the study trained: region-of-interest crops turned by a
// random whole angle, weighted squared error, Adam at its defaults, five epochs
// in mini-batches of 64. The warm-up is ours: without it Adam's first steps, which
// have the full length whatever the gradient, saturate the sigmoids for some
// seeds, and the first epoch is lost. Capped, so that appending copies.
var seedRecipe = []run.Assignment{
	{Key: "crop", Value: run.CropROI},
	{Key: "epochs", Value: "5"},
	{Key: "batch-size", Value: "64"},
	{Key: "loss", Value: run.LossWeightedMSE},
	{Key: "learning-rate", Value: "0.001"},
	{Key: "schedule", Value: run.ScheduleConstant},
	{Key: "warm-up", Value: "50"},
	{Key: "rotate", Value: "true"},
	{Key: "flip", Value: "false"},
}[:9:9]

// strongRecipe is how the strong networks train: a third of the original's scale, every
// change of an image made in one interpolation from a finer crop with a margin
// (after Dieleman, Willett & Dambre 2015, arXiv 1503.07077), AdamW under a cosine, the
// last biases from the mean votes, and an average of the weights. Capped, so that
// appending copies.
var strongRecipe = []run.Assignment{
	{Key: "crop", Value: run.CropCentre},
	{Key: "crop-width", Value: "144"},
	{Key: "size", Value: "48"},
	{Key: "oversample", Value: "1.5"},
	{Key: "margin", Value: "12"},
	{Key: "batch-size", Value: "32"},
	{Key: "zoom", Value: "1.3"},
	{Key: "shift", Value: "0.02"},
	{Key: "brightness", Value: "0.5"},
	{Key: "optimiser", Value: run.OptimiserAdamW},
	{Key: "weight-decay", Value: "0.01"},
	{Key: "learning-rate", Value: "0.002"},
	{Key: "schedule", Value: run.ScheduleCosine},
	{Key: "warm-up", Value: "200"},
	{Key: "label-bias", Value: "true"},
	{Key: "average", Value: "0.998"},
}[:16:16]

// PresetSettings returns the settings of each preset by its name, as
// run.Resolver takes them.
func PresetSettings() map[string][]run.Assignment {
	settings := make(map[string][]run.Assignment, len(Presets))
	for _, p := range Presets {
		settings[p.Name] = p.Settings
	}
	return settings
}
