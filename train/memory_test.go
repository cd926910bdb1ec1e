package train

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// What a step takes was measured as the difference of two runs' peaks: 3,161 MiB of 160
// images and 1,876 MiB of 80.
func TestStepBytes(t *testing.T) {
	network, err := graph.LookUp("small")
	if err != nil {
		t.Fatal(err)
	}
	network.Size = 128
	bytes := func(images int, p graph.Precision) float64 {
		n, err := network.StepBytes(images, p)
		if err != nil {
			t.Fatal(err)
		}
		return float64(n)
	}
	got := (bytes(160, graph.Float32) - bytes(80, graph.Float32)) / (1 << 20)
	if want := 3161. - 1876; math.Abs(got-want) > .1*want {
		t.Errorf("80 images take %.0f MiB, want %.0f", got, want)
	}
	if bytes(80, graph.BFloat16) > .6*bytes(80, graph.Float32) {
		t.Error("bfloat16 takes as much as float32")
	}
}

func TestFreeMemory(t *testing.T) {
	if free := freeMemory(); free <= 0 || runtime.GOOS == "linux" && free > 1<<50 {
		t.Errorf("%d bytes are free", free)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("MemTotal:  7 kB\nMemAvailable:   123 kB\nempty:\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if n, has := field(path, "MemAvailable:"); n != 123 || !has {
		t.Errorf("MemAvailable is %d, %v", n, has)
	}
	for _, word := range []string{"empty:", "none:", ""} {
		if n, has := field(path, word); has {
			t.Errorf("%q is %d", word, n)
		}
	}
	if err := os.WriteFile(path, []byte("max\n"), 0o644); err != nil { // of a group without a limit
		t.Fatal(err)
	}
	if _, has := field(path, ""); has {
		t.Error("a limit of max")
	}
}

// Steps that take more than there is are told of before the first one.
func TestWarnMemory(t *testing.T) {
	plan, err := NewPlan(settings(t))
	if err != nil {
		t.Fatal(err)
	}
	plan.Network.Size = 100_000
	got := ""
	l := &loop{plan: plan, config: &plan.Values.Config, info: &run.Info{}, input: &input{batchSize: 1000}, warned: map[string]bool{}}
	l.options.Observe = func(e Event) { got = e.(Warned).Kind }
	for _, test := range []struct{ device, want string }{{"GPU:0 (1 MiB)", ""}, {"CPU", WarnMemory}} {
		l.info.Device = test.device
		if err := l.checkMemory(); err != nil || got != test.want {
			t.Errorf("on %s: %q, %v", test.device, got, err)
		}
	}
}
