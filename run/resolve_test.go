package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var testPresets = map[string][]Assignment{
	"small": {{"network", "small"}, {"epochs", "12"}},
	"seed3": {{"network", "seed3"}, {"epochs", "5"}, {"loss", "weighted-mse"}, {"schedule", "step"}, {"decay-every", "3"}},
}

func ExampleResolver() {
	v, err := Resolver{
		Presets: map[string][]Assignment{"seed3": {{"network", "seed3"}, {"epochs", "5"}}},
		Environ: []string{"TFGALAXY_PRESET=seed3", "TFGALAXY_EPOCHS=20"},
		Flags:   []Assignment{{"epochs", "2"}},
	}.Resolve()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Config.Network, "from", v.Origin("network"))
	fmt.Println(v.Config.Epochs, "from", v.Origin("epochs"))

	_, err = Resolver{Flags: []Assignment{{"epoch", "2"}}}.Resolve()
	var usage *UsageError
	if errors.As(err, &usage) {
		fmt.Println("tfgalaxy:", err)
		fmt.Println("hint:", usage.Hint)
	}
	// Output:
	// seed3 from preset seed3
	// 2 from flag --epochs
	// tfgalaxy: unknown setting "--epoch"
	// hint: did you mean --epochs?
}

func writeFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrecedence(t *testing.T) {
	flag := []Assignment{{"epochs", "44"}}
	environment := []string{"HOME=/", "TFGALAXY_EPOCHS=33"}
	file := "\nepochs: 22\n"
	tests := []struct {
		name     string
		resolver Resolver
		file     string
		want     int
		origin   string
	}{
		{"nothing", Resolver{}, "", 10, "default"},
		{"preset", Resolver{Presets: testPresets}, "", 12, "preset small"},
		{"file", Resolver{Presets: testPresets}, file, 22, "config.yaml:2"},
		{"environment", Resolver{Presets: testPresets, Environ: environment}, file, 33, "environment TFGALAXY_EPOCHS"},
		{"flag", Resolver{Presets: testPresets, Environ: environment, Flags: flag}, file, 44, "flag --epochs"},
		{"flag over preset", Resolver{Presets: testPresets, Flags: flag}, "", 44, "flag --epochs"},
		{"variable taken back", Resolver{Environ: []string{"TFGALAXY_EPOCHS="}}, "", 10, "default"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file != "" {
				tt.resolver.File = writeFile(t, tt.file)
			}
			v, err := tt.resolver.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			if v.Config.Epochs != tt.want {
				t.Errorf("epochs = %d, want %d", v.Config.Epochs, tt.want)
			}
			if got := v.Origin("epochs"); filepath.Base(got) != tt.origin {
				t.Errorf("origin = %s, want %s", got, tt.origin)
			}
			if given := tt.origin != "default" && !strings.HasPrefix(tt.origin, "preset"); v.Given("epochs") != given {
				t.Errorf("given = %v, want %v", !given, given)
			}
		})
	}
}

// The preset's name obeys the order too, and its values stay the weakest
// whoever named it.
func TestPresetPrecedence(t *testing.T) {
	file := writeFile(t, "preset: small\nloss: mse\n")
	v, err := Resolver{
		Presets: testPresets, File: file,
		Environ: []string{"TFGALAXY_PRESET=seed3"},
	}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if c := v.Config; c.Preset != "seed3" || c.Network != "seed3" || c.Epochs != 5 || c.Loss != LossMSE {
		t.Errorf("preset %s, network %s, epochs %d, loss %s", c.Preset, c.Network, c.Epochs, c.Loss)
	}
	if got := v.Origin("preset"); got != "environment TFGALAXY_PRESET" {
		t.Errorf("origin of preset = %s", got)
	}
	if got := v.Origin("network"); got != "preset seed3" {
		t.Errorf("origin of network = %s", got)
	}
}

func TestUsageErrors(t *testing.T) {
	flags := func(pairs ...string) Resolver {
		var r Resolver
		for i := 0; i < len(pairs); i += 2 {
			r.Flags = append(r.Flags, Assignment{pairs[i], pairs[i+1]})
		}
		return r
	}
	tests := []struct {
		name     string
		resolver Resolver
		file     string
		want     string // FILE stands for the file's path
		hint     string
	}{
		{"unknown flag", flags("epoch", "3"), "", `unknown setting "--epoch"`, "did you mean --epochs?"},
		{"unknown far flag", flags("qqqqq", "3"), "", `unknown setting "--qqqqq"`, "tfgalaxy train --help lists the settings"},
		{"range", flags("epochs", "0"), "", `--epochs = "0", want a whole number of at least 1`, ""},
		{"share", flags("validation", "1"), "", `--validation = "1", want a share from 0 to below 1`, ""},
		{"choice", flags("crop", "center"), "", `--crop = "center", want roi or centre`, "did you mean centre?"},
		{"three choices", flags("schedule", "cos"), "", `--schedule = "cos", want constant, step or cosine`, "did you mean cosine?"},
		{"overridden value is checked", Resolver{Environ: []string{"TFGALAXY_EPOCHS=x"}, Flags: []Assignment{{"epochs", "1"}}}, "",
			`TFGALAXY_EPOCHS = "x", want a whole number of at least 1`, ""},
		{"unknown variable", Resolver{Environ: []string{"TFGALAXY_EPOCH=3"}}, "", "unknown environment variable TFGALAXY_EPOCH", "did you mean TFGALAXY_EPOCHS?"},
		{"unknown far variable", Resolver{Environ: []string{"TFGALAXY_XYZW=3"}}, "", "unknown environment variable TFGALAXY_XYZW", "unset it: no setting has that name"},
		{"near another variable", Resolver{Environ: []string{"TFGALAXY_TRACES=3"}, OtherEnv: []string{"TFGALAXY_TRACE"}}, "",
			"unknown environment variable TFGALAXY_TRACES", "did you mean TFGALAXY_TRACE?"},
		{"unknown preset", Resolver{Presets: testPresets, Flags: []Assignment{{"preset", "sed3"}}}, "",
			`unknown preset "sed3" (flag --preset), want one of seed3, small`, "did you mean seed3?"},
		{"unknown far preset", Resolver{Presets: testPresets}, "preset: quasar", `unknown preset "quasar" (FILE:1), want one of seed3, small`, "tfgalaxy presets lists them"},
		{"no preset", flags("preset", " "), "", `--preset = " ", want the name of a preset`, ""},
		{"preset's key", Resolver{Presets: map[string][]Assignment{"small": {{"epoch", "1"}}}}, "", `preset small: unknown setting "epoch"`, "did you mean epochs?"},
		{"preset's value", Resolver{Presets: map[string][]Assignment{"small": {{"epochs", "0"}}}}, "", `preset small: epochs = "0", want a whole number of at least 1`, ""},
		{"preset's preset", Resolver{Presets: map[string][]Assignment{"small": {{"preset", "x"}}}}, "", `preset small: a preset cannot set preset`, ""},

		{"yaml key", Resolver{}, "# one\nepoch: 3\n", `FILE:2: unknown setting "epoch"`, "did you mean epochs?"},
		{"yaml value", Resolver{}, "seed: 1\nepochs: many\n", `FILE:2: epochs = "many", want a whole number of at least 1`, ""},
		{"yaml no value", Resolver{}, "epochs:\n", `FILE:1: epochs = "", want a whole number of at least 1`, ""},
		{"yaml twice", Resolver{}, "epochs: 1\nseed: 2\nepochs: 3\n", "FILE:3: epochs was already given on line 1", ""},
		{"yaml list", Resolver{}, "- epochs\n", "FILE:1: want lines of the form key: value, found a list", ""},
		{"yaml word", Resolver{}, "epochs\n", "FILE:1: want lines of the form key: value, found a single value", ""},
		{"yaml nested", Resolver{}, "seed: 1\nepochs:\n  first: 1\n", "FILE:3: epochs is a mapping, want a plain value", ""},
		{"yaml nested list", Resolver{}, "epochs: [1, 2]\n", "FILE:1: epochs is a list, want a plain value", ""},
		{"yaml reference", Resolver{}, "seed: &s 1\nsplit-seed: *s\n", "FILE:2: split-seed is a reference, want a plain value", ""},
		{"yaml key of a kind", Resolver{}, "[1]: 2\n", "FILE:1: a key is a list, want a plain word", ""},
		{"yaml two", Resolver{}, "seed: 1\n---\nseed: 2\n", "FILE:2: a second document begins, want one", ""},
		{"yaml syntax", Resolver{}, "seed: 1\n  epochs: 2\n", "FILE:2: mapping values are not allowed in this context", ""},
		{"yaml tab", Resolver{}, "seed: 1\n\tepochs: 2\n", "FILE:2: found a tab character that violates indentation", ""},
		{"yaml merge", Resolver{}, "<<: 1\n", `FILE:1: unknown setting "<<"`, "tfgalaxy train --help lists the settings"},
		{"yaml binary", Resolver{}, "data: !!binary '*'\n", "FILE:1: data: illegal base64 data at input byte 0", ""},
		{"yaml large", Resolver{}, strings.Repeat("#\n", 1<<19+1), "FILE: larger than 1 MiB, which no configuration is", ""},

		{"crop width", flags("crop-width", "200"), "",
			"--crop-width has no effect: the region of interest finds its own width (crop is roi: default)", "set crop to centre, or leave crop-width out"},
		{"decay every", flags("schedule", "cosine", "decay-every", "2"), "",
			"--decay-every has no effect: only the step schedule drops the learning rate every few epochs (schedule is cosine: flag --schedule)", "set schedule to step, or leave decay-every out"},
		{"decay factor", Resolver{}, "decay-factor: 0.5\n",
			"FILE:1: decay-factor has no effect: only the step schedule drops the learning rate by a factor (schedule is constant: default)", "set schedule to step, or leave decay-factor out"},
		{"biases of what is there", flags("init-from", "runs/1", "label-bias", "true"), "",
			"--label-bias has no effect: the last layer starts from the weights that are there (init-from is runs/1: flag --init-from)", "set init-layers to body, or leave label-bias out"},
		{"epochs of a run of steps", Resolver{Flags: []Assignment{{"epochs", "3"}}}, "steps: 500\n",
			"--epochs has no effect: the run ends after so many steps (steps is 500: FILE:1)", "leave epochs out, or set steps to 0"},
		{"rotate", Resolver{Flags: []Assignment{{"rotate", "true"}}}, "augment: none\n",
			"--rotate has no effect: images are not turned without augmentation (augment is none: FILE:1)", "set augment to host, or leave rotate out"},
		{"flip", Resolver{Environ: []string{"TFGALAXY_FLIP=1"}}, "augment: none\n",
			"TFGALAXY_FLIP has no effect: images are not mirrored without augmentation (augment is none: FILE:1)", "set augment to host, or leave flip out"},
		{"zoom", flags("augment", "none", "zoom", "1.2"), "",
			"--zoom has no effect: images are not scaled without augmentation (augment is none: flag --augment)", "set augment to host, or leave zoom out"},
		{"margin of regions", flags("margin", "16"), "",
			"--margin has no effect: regions of interest differ in size and have none (crop is roi: default)", "set crop to centre, or leave margin out"},
		{"margin in vain", flags("crop", "centre", "augment", "none", "margin", "16"), "",
			"--margin has no effect: nothing turns in without augmentation (augment is none: flag --augment)", "set augment to host, or leave margin out"},
		{"patience", flags("validation", "0", "patience", "3"), "",
			"--patience has no effect: improvement is measured on rows held back, and there are none (validation is 0: flag --validation)", "hold rows back with validation, or leave patience out"},
		{"runs", flags("runs", "here", "run-dir", "there"), "",
			"--runs has no effect: the new run's folder is named exactly (run-dir is there: flag --run-dir)", "leave runs or run-dir out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file != "" {
				tt.resolver.File = writeFile(t, tt.file)
			}
			_, err := tt.resolver.Resolve()
			var usage *UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("error = %v, want a *UsageError", err)
			}
			if want := strings.ReplaceAll(tt.want, "FILE", tt.resolver.File); err.Error() != want {
				t.Errorf("error = %s\n want = %s", err, want)
			}
			if usage.Hint != tt.hint {
				t.Errorf("hint = %q, want %q", usage.Hint, tt.hint)
			}
		})
	}
}

func TestMissingConfiguration(t *testing.T) {
	_, err := Resolver{File: filepath.Join(t.TempDir(), "none.yaml")}.Resolve()
	var usage *UsageError
	if !errors.As(err, &usage) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("error = %v, want a *UsageError that names the file", err)
	}
	_, err = Resolver{File: t.TempDir()}.Resolve()
	if !errors.As(err, &usage) {
		t.Errorf("error of a folder = %v, want a *UsageError", err)
	}
}

// A weaker source's value that a stronger one leaves without effect is put
// back, and is no error.
func TestIdleSettings(t *testing.T) {
	tests := []struct {
		name     string
		resolver Resolver
		file     string
		check    func(c Config) bool
	}{
		{"preset's decay", Resolver{Presets: testPresets, Flags: []Assignment{{"preset", "seed3"}, {"schedule", "cosine"}}}, "",
			func(c Config) bool { return c.DecayEvery == 10 && c.Schedule == ScheduleCosine }},
		{"file's decay", Resolver{Flags: []Assignment{{"schedule", "constant"}}}, "schedule: step\ndecay-every: 4\n",
			func(c Config) bool { return c.DecayEvery == 10 }},
		{"file's decay used", Resolver{}, "schedule: step\ndecay-every: 4\n",
			func(c Config) bool { return c.DecayEvery == 4 }},
		{"no augmentation", Resolver{Flags: []Assignment{{"augment", "none"}}}, "rotate: true\n",
			func(c Config) bool { return !c.Rotate && !c.Flip }},
		{"none said twice", Resolver{Flags: []Assignment{{"augment", "none"}, {"flip", "false"}}}, "",
			func(c Config) bool { return !c.Rotate && !c.Flip }},
		{"no changes", Resolver{Flags: []Assignment{{"augment", "none"}}}, "crop: centre\nzoom: 1.2\nshift: 0.1\nbrightness: 0.5\nmargin: 16\n",
			func(c Config) bool { return c.Zoom == 1 && c.Shift == 0 && c.Brightness == 0 && c.Margin == 0 }},
		{"no margin of regions", Resolver{Flags: []Assignment{{"crop", "roi"}}}, "crop: centre\nzoom: 1.2\nmargin: 16\n",
			func(c Config) bool { return c.Zoom == 1.2 && c.Margin == 0 }},
		{"file's patience", Resolver{Flags: []Assignment{{"validation", "0"}}}, "patience: 5\n",
			func(c Config) bool { return c.Patience == 0 }},
		{"runs in the environment", Resolver{Environ: []string{"TFGALAXY_RUNS=there"}, Flags: []Assignment{{"run-dir", "here"}}}, "",
			func(c Config) bool { return c.RunDir == "here" && c.Runs == "runs" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file != "" {
				tt.resolver.File = writeFile(t, tt.file)
			}
			v, err := tt.resolver.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(v.Config) {
				t.Errorf("configuration = %+v", v.Config)
			}
		})
	}
}

// What the program finds for the user is recorded with its reason, and is not
// taken for the user's word.
func TestChoose(t *testing.T) {
	v, err := Resolver{}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Choose("data", "synthetic:2000", "no data was named"); err != nil {
		t.Fatal(err)
	}
	if v.Config.Data != "synthetic:2000" || v.Origin("data") != "no data was named" || v.Given("data") {
		t.Errorf("data = %q, origin %q, given %v", v.Config.Data, v.Origin("data"), v.Given("data"))
	}
	var out strings.Builder
	if err := v.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	if want := "data: synthetic:2000             # no data was named\n"; !strings.Contains(out.String(), want) {
		t.Errorf("%s lacks %q", out.String(), want)
	}
	if err := v.Choose("input-threads", "many", "x"); err == nil || err.Error() != `input-threads = "many", want a whole number from 0 to 1024` {
		t.Errorf("error = %v", err)
	}
}

// The folder of caches is of the machine, and does not travel in a file unless
// the user named it.
func TestDefaultCacheStaysOnItsMachine(t *testing.T) {
	v, err := Resolver{}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := v.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "\ncache:") || !strings.Contains(out.String(), "\n# cache: ") {
		t.Errorf("want cache in a comment alone: %s", out.String())
	}
}

// Configurations of earlier versions call the input's threads workers.
func TestEarlierNames(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte("workers: 3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	v, err := Resolver{File: file}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if c := v.Config; c.InputThreads != 3 || c.Workers != "" {
		t.Errorf("input-threads %d and workers %q, want 3 and none", c.InputThreads, c.Workers)
	}
}
