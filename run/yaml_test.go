package run

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func ExampleValues_WriteYAML() {
	v, err := Resolver{
		Presets: map[string][]Assignment{"small": {{"epochs", "12"}, {"schedule", "cosine"}}},
		Environ: []string{"TFGALAXY_DATA=galaxies"},
		Flags:   []Assignment{{"seed", "7"}, {"cache", "~/crops"}},
	}.Resolve()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := v.WriteYAML(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// # tfgalaxy train --config FILE with this file repeats the run.
	//
	// # Data
	// data: galaxies                   # environment TFGALAXY_DATA
	// validation: 0.1                  # default
	// split-seed: 1                    # default
	// folds: 0                         # default
	// # fold: 1                        # no effect while folds is 0
	//
	// # Network
	// preset: small                    # default
	// network: small                   # default
	// output: sigmoid                  # default
	// init-from: ""                    # default
	// # init-layers: all               # no effect while init-from is empty
	// freeze: ""                       # default
	// crop: roi                        # default
	// # crop-width: 424                # no effect while crop is roi
	// size: 64                         # default
	// oversample: 1                    # default
	//
	// # Training
	// epochs: 12                       # preset small
	// steps: 0                         # default
	// batch-size: 64                   # default
	// seed: 7                          # flag --seed
	// loss: mse                        # default
	// patience: 0                      # default
	// precision: float32               # default
	// average: 0                       # default
	// label-bias: false                # default
	//
	// # Optimiser
	// optimiser: adam                  # default
	// # weight-decay: 0                # no effect while optimiser is adam
	// # momentum: 0.9                  # no effect while optimiser is adam
	// learning-rate: 0.001             # default
	// schedule: cosine                 # preset small
	// warm-up: 0                       # default
	// # decay-every: 10                # no effect while schedule is cosine
	// # decay-factor: 0.1              # no effect while schedule is cosine
	// layer-decay: 1                   # default
	// clip-norm: 0                     # default
	//
	// # Augmentation
	// augment: host                    # default
	// rotate: true                     # default
	// flip: true                       # default
	// zoom: 1                          # default
	// shift: 0                         # default
	// brightness: 0                    # default
	// # margin: 0                      # no effect while crop is roi
	//
	// # Folders and machine
	// input-threads: 0                 # default
	// threads: 0                       # default
	// devices: auto                    # default
	// workers: ""                      # default
	// # worker-timeout: 60             # no effect while workers is empty
	// # elastic: false                 # no effect while workers is empty
	// xla: false                       # default
	// cache: ~/crops                   # flag --cache
	// # crops-on: host                 # no effect while augment is host
	// runs: runs                       # default
	// tensorboard: false               # default
}

// awkward are texts that YAML might read as something else.
var awkward = []string{
	"~", "null", "true", "no", "1", "1e3", "0x10", "2026-01-02", "-", "- a", "a: b", "a #b", "#a", "'", `"`, `\`,
	" a ", "a\nb", "a\n", "\n", "a\r\nb", "\t", "*a", "&a", "!a", "!!binary YQ==", "%a", "@a", "`a", "{a}", "[a", "|", ">", "?", "<<", "=",
	"é/ü", "日本", "\u00a0", "\u2028", "\u0085", "\ufeff", "\x00", "\x1b[31m", "\x7f", "\xff\xfe/x", "synthetic:2000", strings.Repeat("long and spaced ", 40),
}

// listed are texts that settings of lists accept.
var listed = map[string][]string{"devices": {"auto", "all", "cpu:0", "gpu:0,gpu:1"}, "workers": {"", "localhost:1", "10.0.0.1:2222,[::1]:2222"}}

// randomFlags gives every setting a random value that it accepts.
func randomFlags(rng *rand.Rand) []Assignment {
	var flags []Assignment
	for _, s := range Settings {
		var text string
		for c := Default(); ; {
			switch choices := s.Choices(); {
			case listed[s.Key] != nil:
				text = listed[s.Key][rng.IntN(len(listed[s.Key]))]
			case choices != nil:
				text = choices[rng.IntN(len(choices))]
			case s.value.quote:
				text = awkward[rng.IntN(len(awkward))] + awkward[rng.IntN(len(awkward))]
			case rng.IntN(2) == 0:
				text = strconv.FormatUint(rng.Uint64()>>rng.IntN(64), 10)
			default:
				text = strconv.FormatFloat(rng.ExpFloat64(), 'g', -1, 64)
			}
			if s.Parse(&c, text) == nil {
				break
			}
		}
		if s.Key != runDirKey && rng.IntN(3) == 0 {
			flags = append(flags, Assignment{s.Key, text})
		}
	}
	return flags
}

// Whatever a configuration holds, it survives config.yaml, also when another
// preset hides behind its name by then.
func TestConfigSurvivesYAML(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	resolved := 0
	for range 3000 {
		flags := randomFlags(rng)
		v, err := Resolver{Flags: flags}.Resolve()
		if err != nil {
			var usage *UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), "has no effect") {
				t.Fatal(err)
			}
			continue
		}
		resolved++
		r := &Run{Dir: dir}
		if err := r.WriteConfig(v); err != nil {
			t.Fatal(err)
		}
		presets := map[string][]Assignment{v.Config.Preset: {{"epochs", "77"}, {"schedule", "step"}, {"decay-every", "77"}, {"crop-width", "77"}}}
		again, err := Resolver{File: r.Path(ConfigFile), Presets: presets}.Resolve()
		if err != nil {
			t.Fatalf("%v\n%q", err, flags)
		}
		if again.Config != v.Config {
			t.Fatalf("read %#v\nwrote %#v", again.Config, v.Config)
		}
		bare, err := r.Config()
		if err != nil || bare != v.Config {
			t.Fatalf("without presets: %v, %#v", err, bare)
		}
	}
	if resolved < 50 {
		t.Errorf("only %d of the random configurations had no contradiction", resolved)
	}
}

// The file is the same whatever order the values were given in, and a strange
// path of the file before does not break out of its comment.
func TestYAMLComments(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a\nepochs: 99")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r := &Run{Dir: dir}
	if err := os.WriteFile(r.Path(ConfigFile), []byte("seed: 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	v, err := Resolver{File: r.Path(ConfigFile)}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if err := errors.Join(v.WriteYAML(&first), v.WriteYAML(&second)); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Error("two writings differ")
	}
	again, err := Resolver{File: writeFile(t, first.String())}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if again.Config != v.Config {
		t.Errorf("epochs = %d, want %d", again.Config.Epochs, v.Config.Epochs)
	}
}

func TestYAMLForms(t *testing.T) {
	tests := []struct {
		file string
		want func(c *Config)
	}{
		{"", func(*Config) {}},
		{"# nothing\n", func(*Config) {}},
		{"---\n", func(*Config) {}},
		{"{epochs: 3, flip: false}", func(c *Config) { c.Epochs, c.Flip = 3, false }},
		{"\"epochs\": '3'\n", func(c *Config) { c.Epochs = 3 }},
		{"\ufeffepochs: 3\r\nseed: 4\r\n", func(c *Config) { c.Epochs, c.Seed = 3, 4 }},
		{"data:\n", func(*Config) {}},
		{"data: |-\n  synthetic:20\n", func(c *Config) { c.Data = "synthetic:20" }},
		{"seed: 18446744073709551615\nlearning-rate: 1e-05\n", func(c *Config) { c.Seed, c.LearningRate = 1<<64-1, 1e-5 }},
	}
	for _, tt := range tests {
		want := Default()
		tt.want(&want)
		v, err := Resolver{File: writeFile(t, tt.file)}.Resolve()
		if err != nil {
			t.Errorf("%q: %v", tt.file, err)
			continue
		}
		v.Config.CropWidth = want.CropWidth
		if v.Config != want {
			t.Errorf("%q: %+v, want %+v", tt.file, v.Config, want)
		}
	}
}

func TestWriteConfigFails(t *testing.T) {
	v, err := Resolver{}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	r := &Run{Dir: filepath.Join(t.TempDir(), "none")}
	if err := r.WriteConfig(v); err == nil || !strings.Contains(err.Error(), "failed to write "+r.Path(ConfigFile)) {
		t.Errorf("error = %v, want one that names the file", err)
	}
}

// The reader of configuration files gives an error or values, whatever it is
// fed, and what resolves can be written and read again.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		"", "epochs: 3\n", "a: &a [*a]\n", "? [a]\n: b\n", "data: !!binary YQ==\n", "data: >\n  a\n", "- 1\n", "a: 1\n---\nb: 2\n",
		"\xff\xfee\x00", "{", "'", "%YAML 9.9\n---\n", "seed: !!int 3 # x\n", "!!map {}", "data: \"\\x00\"\n", "preset: \"\\u2028\"\n", "...\n", "a: *b\n",
	} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		v, err := Resolver{File: path}.Resolve()
		if err != nil {
			var usage *UsageError
			if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), path+":") {
				t.Fatalf("error = %v, want a *UsageError with file:line", err)
			}
			return
		}
		var out bytes.Buffer
		if err := v.WriteYAML(&out); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		again, err := Resolver{File: path}.Resolve()
		if err != nil {
			t.Fatalf("%v\n%s", err, out.Bytes())
		}
		want := v.Config
		want.RunDir = ""
		if again.Config != want {
			t.Fatalf("read %#v\nwrote %#v", again.Config, want)
		}
	})
}
