package run

import (
	"reflect"
	"strings"
	"testing"
)

// Every field of Config has one setting of its JSON name that reads and prints
// that field and no other.
func TestSettingsCoverConfig(t *testing.T) {
	config := reflect.TypeFor[Config]()
	if len(Settings) != config.NumField() {
		t.Errorf("%d settings for %d fields", len(Settings), config.NumField())
	}
	other := map[string]string{ // a value that is not the default, where "7" is none
		"validation": "0.7", "output": "linear", "crop": "centre", "crop-width": "77", "size": "77",
		"loss": "weighted-mse", "learning-rate": "0.7", "schedule": "step", "decay-factor": "0.7",
		"augment": "none", "rotate": "false", "flip": "false", "zoom": "1.7", "shift": "0.07", "tensorboard": "true",
		"precision": "bfloat16", "xla": "true", "crops-on": "device",
		"init-layers": "body", "oversample": "1.5", "average": "0.7", "label-bias": "true", "optimiser": "sgd",
		"weight-decay": "0.7", "momentum": "0.7", "layer-decay": "0.7",
		"devices": "gpu:0,gpu:1", "workers": "localhost:2222,[::1]:2223", "elastic": "true",
	}
	for i := range config.NumField() {
		key := config.Field(i).Tag.Get("json")
		s, ok := Lookup(key)
		if !ok {
			t.Errorf("field %s has no setting %q", config.Field(i).Name, key)
			continue
		}
		text, ok := other[key]
		if !ok {
			text = "7"
		}
		c := Default()
		if err := s.Parse(&c, text); err != nil {
			t.Error(err)
			continue
		}
		if got := s.Format(&c); got != text {
			t.Errorf("%s: read %q, printed %q", key, text, got)
		}
		for j := range config.NumField() {
			before, after := reflect.ValueOf(Default()).Field(j), reflect.ValueOf(c).Field(j)
			if changed := !before.Equal(after); changed != (i == j) {
				t.Errorf("setting %s: field %s changed = %v", key, config.Field(j).Name, changed)
			}
		}
	}
}

func TestSettingsTable(t *testing.T) {
	seen := map[string]bool{}
	category := ""
	left := map[string]bool{}
	for _, s := range Settings {
		if seen[s.Key] {
			t.Errorf("%s is there twice", s.Key)
		}
		seen[s.Key] = true
		if strings.ToLower(s.Key) != s.Key || strings.ContainsAny(s.Key, "_ ") {
			t.Errorf("key %q, want lower case and dashes", s.Key)
		}
		if s.Category != category {
			if left[s.Category] {
				t.Errorf("%s stands apart from the others of %q", s.Key, s.Category)
			}
			left[category], category = true, s.Category
		}
		var c Config
		if err := s.Parse(&c, s.Default); err != nil {
			t.Errorf("default: %v", err)
		}
		if usage := s.Usage(); usage == "" || strings.ContainsAny(usage, "\n") || strings.HasSuffix(usage, ".") {
			t.Errorf("%s: usage %q, want one line with no full stop", s.Key, usage)
		}
		for _, word := range s.Choices() {
			if err := s.Parse(&c, word); err != nil {
				t.Errorf("choice %q: %v", word, err)
			}
		}
	}
	for _, d := range dependences {
		s, ok := Lookup(d.key)
		if _, on := Lookup(d.on); !ok || !on {
			t.Errorf("dependence of %q on %q names no setting", d.key, d.on)
		}
		var c Config
		if err := s.Parse(&c, d.off); d.off != "" && err != nil {
			t.Error(err)
		}
		if c := Default(); d.works(&c) == (d.on == "crop" || d.on == "schedule" || d.on == "optimiser" || d.key == "init-layers" || d.key == "fold" || d.key == "crops-on" || d.key == "worker-timeout" || d.key == "elastic") {
			t.Errorf("%s, which depends on %s, works by default = %v", d.key, d.on, d.works(&c))
		}
	}
}

func TestSettingNames(t *testing.T) {
	s, ok := Lookup("batch-size")
	if !ok {
		t.Fatal("batch-size is no setting")
	}
	if got, want := s.Env(), "TFGALAXY_BATCH_SIZE"; got != want {
		t.Errorf("Env() = %s, want %s", got, want)
	}
	if got, want := s.Usage(), "images a step: a whole number from 1 to 65536"; got != want {
		t.Errorf("Usage() = %q, want %q", got, want)
	}
	if data, _ := Lookup("data"); data.Env() != "TFGALAXY_DATA" {
		t.Errorf("Env() = %s, want TFGALAXY_DATA", data.Env())
	}
	if rotate, _ := Lookup("rotate"); !rotate.Bool() || s.Bool() {
		t.Error("want rotate to be true or false, and batch-size not")
	}
	if _, ok := Lookup("batch"); ok {
		t.Error("batch is a setting")
	}
}

func TestSettingRanges(t *testing.T) {
	tests := []struct{ key, good, bad string }{
		{"validation", "0 0.5 1e-3 0.999", "1 -0.1 nan inf 0,1 x 1e999"},
		{"epochs", "1 1000", "0 -1 1.5 1e3 99999999999999999999 0x10 1_0"},
		{"batch-size", "1 65536", "0 65537"},
		{"seed", "0 18446744073709551615", "-1 18446744073709551616 1.0"},
		{"crop-width", "16 424", "15 425"},
		{"size", "8 424", "7 425"},
		{"learning-rate", "1e-9 10", "0 -1 NaN +Inf"},
		{"decay-factor", "1 0.1", "0 1.1"},
		{"clip-norm", "0 -0 5", "-1"},
		{"patience", "0 3", "-1"},
		{"input-threads", "0 1024", "-1 1025"},
		{"devices", "auto all cpu:0 gpu:0,gpu:10 cpu:0,cpu:1", "gpu gpu:01 gpu:0,gpu:0 GPU:0 gpu:0, tpu:0"},
		{"workers", "none localhost:2222 10.0.0.1:1,[::1]:65535", "4 localhost localhost:0 :2222 a:1,a:1 a:1,b a/b:1"},
		{"crop", "roi centre", "ROI center box"},
		{"schedule", "constant step cosine", "linear"},
		{"rotate", "true false 1 0 T", "yes on 2"},
	}
	for _, tt := range tests {
		s, ok := Lookup(tt.key)
		if !ok {
			t.Fatalf("%s is no setting", tt.key)
		}
		c := Default()
		for _, text := range strings.Fields(tt.good) {
			if err := s.Parse(&c, text); err != nil {
				t.Error(err)
			}
		}
		before := c
		for _, text := range append(strings.Fields(tt.bad), "", " ") {
			if text == "" && tt.key == workersKey {
				continue // none
			}
			if err := s.Parse(&c, text); err == nil {
				t.Errorf("%s = %q was accepted", tt.key, text)
			}
		}
		if c != before {
			t.Errorf("%s: a bad value changed the configuration", tt.key)
		}
	}
	c := Default()
	if s, _ := Lookup("clip-norm"); s.Parse(&c, "-0") != nil || s.Format(&c) != "0" {
		t.Errorf("clip-norm of -0 prints as %s, want 0", s.Format(&c))
	}
}

func TestNearest(t *testing.T) {
	words := []string{"epochs", "batch-size", "learning-rate", "roi", "centre"}
	variables := []string{"TFGALAXY_EPOCHS", "TFGALAXY_DATA", "TFGALAXY_FLIP"}
	tests := []struct {
		word  string
		known []string
		want  string
	}{
		{"epoch", words, "epochs"},
		{"epcohs", words, "epochs"},
		{"batch", words, "batch-size"},
		{"batchsize", words, "batch-size"},
		{"Learning_Rate", words, "learning-rate"},
		{"center", words, "centre"},
		{"epochs-long", words, "epochs"},
		{"xyz", words, ""},
		{"", words, ""},
		{"quaternion", words, ""},
		{"epochs", nil, ""},
		{"TFGALAXY_EPOCH", variables, "TFGALAXY_EPOCHS"},
		{"TFGALAXY_XYZW", variables, ""},
		{"runs/0001-b", []string{"runs/0001-a", "runs/0017-big"}, "runs/0001-a"},
	}
	for _, tt := range tests {
		if got := Nearest(tt.word, tt.known); got != tt.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", tt.word, tt.known, got, tt.want)
		}
	}
}
