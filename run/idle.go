package run

import (
	"cmp"
	"fmt"
)

// A dependence says that a setting has an effect only while another has certain
// values. To give it a value that does nothing is an error; one that a weaker
// source left behind is put back to its default.
type dependence struct {
	key, on string
	works   func(c *Config) bool
	why     string // that it has no effect, in words
	mend    string
	off     string // the one value that agrees with having no effect, if any
}

var dependences = []dependence{
	{"validation", "folds", func(c *Config) bool { return c.Folds == 0 },
		"one fold is held back", "leave validation or folds out", ""},
	{"fold", "folds", func(c *Config) bool { return c.Folds > 0 },
		"there are no folds", "set folds to how many, or leave fold out", ""},
	{"init-layers", "init-from", func(c *Config) bool { return c.InitFrom != "" },
		"all weights are drawn", "name a run or model by init-from, or leave init-layers out", InitAll},
	{"label-bias", "init-from", func(c *Config) bool { return c.InitFrom == "" || c.InitLayers == InitBody },
		"the last layer starts from the weights that are there", "set init-layers to body, or leave label-bias out", "false"},
	{"epochs", "steps", func(c *Config) bool { return c.Steps == 0 },
		"the run ends after so many steps", "leave epochs out, or set steps to 0", ""},
	{"weight-decay", "optimiser", func(c *Config) bool { return c.Optimiser != OptimiserAdam },
		"adam does not decay weights", "set optimiser to adamw, or leave weight-decay out", "0"},
	{"momentum", "optimiser", func(c *Config) bool { return c.Optimiser == OptimiserSGD },
		"only sgd has a momentum of its own", "set optimiser to sgd, or leave momentum out", ""},
	{"crop-width", "crop", func(c *Config) bool { return c.Crop == CropCentre },
		"the region of interest finds its own width", "set crop to centre, or leave crop-width out", ""},
	{"decay-every", "schedule", func(c *Config) bool { return c.Schedule == ScheduleStep },
		"only the step schedule drops the learning rate every few epochs", "set schedule to step, or leave decay-every out", ""},
	{"decay-factor", "schedule", func(c *Config) bool { return c.Schedule == ScheduleStep },
		"only the step schedule drops the learning rate by a factor", "set schedule to step, or leave decay-factor out", ""},
	{"rotate", "augment", augments,
		"images are not turned without augmentation", "set augment to host, or leave rotate out", "false"},
	{"flip", "augment", augments,
		"images are not mirrored without augmentation", "set augment to host, or leave flip out", "false"},
	{"zoom", "augment", augments,
		"images are not scaled without augmentation", "set augment to host, or leave zoom out", "1"},
	{"shift", "augment", augments,
		"images are not moved without augmentation", "set augment to host, or leave shift out", "0"},
	{"brightness", "augment", augments,
		"images are not brightened without augmentation", "set augment to host, or leave brightness out", "0"},
	{"margin", "augment", augments,
		"nothing turns in without augmentation", "set augment to host, or leave margin out", "0"},
	{"margin", "crop", func(c *Config) bool { return c.Crop == CropCentre },
		"regions of interest differ in size and have none", "set crop to centre, or leave margin out", "0"},
	{"crops-on", "augment", func(c *Config) bool { return c.Augment == AugmentGraph },
		"only changes made in the graph take crops from the device", "set augment to graph, or leave crops-on out", CropsOnHost},
	{"devices", workersKey, func(c *Config) bool { return c.Workers == "" },
		"the workers compute on all GPUs they have, or else on their CPUs", "leave devices or workers out", DevicesAuto},
	{"worker-timeout", workersKey, distributed,
		"there are no workers to wait for", "name workers, or leave worker-timeout out", ""},
	{"elastic", workersKey, distributed,
		"there are no workers to lose", "name workers, or leave elastic out", "false"},
	{"patience", "validation", func(c *Config) bool { return c.Validation > 0 || c.Folds > 0 },
		"improvement is measured on rows held back, and there are none", "hold rows back with validation, or leave patience out", "0"},
	{"runs", runDirKey, func(c *Config) bool { return c.RunDir == "" },
		"the new run's folder is named exactly", "leave runs or run-dir out", ""},
}

// distributed reports whether other processes compute.
func distributed(c *Config) bool { return c.Workers != "" }

// augments reports whether training images are changed at all.
func augments(c *Config) bool { return c.Augment != AugmentNone }

// settle finds the settings that have no effect. It returns a *UsageError for
// one that the user gave by a source at least as strong as that of the setting
// it depends on, and puts the others to a value that says so.
func (v *Values) settle() error {
	v.idle = map[string]string{}
	for _, d := range dependences {
		if d.works(&v.Config) {
			continue
		}
		s, _ := Lookup(d.key)
		on, _ := Lookup(d.on)
		text, now := s.Format(&v.Config), cmp.Or(on.Format(&v.Config), "empty")
		agrees := d.off != "" && text == d.off
		if v.Given(d.key) && !agrees && v.origins[d.key].source >= v.origins[d.on].source {
			a := assigned{Assignment{d.key, text}, v.origins[d.key]}
			return &UsageError{
				Err:  fmt.Errorf("%s has no effect: %s (%s is %s: %s)", a.subject(), d.why, d.on, now, v.Origin(d.on)),
				Hint: d.mend,
			}
		}
		quiet := s.Default
		if d.off != "" {
			quiet = d.off
		}
		if err := s.Parse(&v.Config, quiet); err != nil {
			return err
		}
		delete(v.origins, d.key)
		v.idle[d.key] = fmt.Sprintf("no effect while %s is %s", d.on, now)
	}
	return nil
}
