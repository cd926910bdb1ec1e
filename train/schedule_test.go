package train

import (
	"math"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/run"
)

func TestLearningRate(t *testing.T) {
	base := run.Default()
	base.LearningRate, base.Epochs = 0.01, 10
	with := func(change func(*run.Config)) run.Config {
		c := base
		change(&c)
		return c
	}
	constant := with(func(c *run.Config) { c.Schedule = run.ScheduleConstant })
	warm := with(func(c *run.Config) { c.Schedule, c.WarmUp = run.ScheduleConstant, 4 })
	drops := with(func(c *run.Config) { c.Schedule, c.DecayEvery, c.DecayFactor = run.ScheduleStep, 2, 0.1 })
	cosine := with(func(c *run.Config) { c.Schedule = run.ScheduleCosine })
	warmCosine := with(func(c *run.Config) { c.Schedule, c.WarmUp = run.ScheduleCosine, 20 })
	tests := []struct {
		name   string
		config run.Config
		step   int64 // of 10 epochs of 10 steps
		want   float64
	}{
		{"constant, first", constant, 0, 0.01},
		{"constant, last", constant, 99, 0.01},
		{"warm-up, first", warm, 0, 0.0025},
		{"warm-up, last", warm, 3, 0.01},
		{"after warm-up", warm, 4, 0.01},
		{"before the first drop", drops, 19, 0.01},
		{"first drop", drops, 20, 0.001},
		{"second drop", drops, 40, 0.0001},
		{"cosine, first", cosine, 0, 0.01},
		{"cosine, half", cosine, 50, 0.005},
		{"cosine, end", cosine, 100, 0},
		{"cosine after warm-up, first", warmCosine, 20, 0.01},
		{"cosine after warm-up, half", warmCosine, 60, 0.005},
	}
	for _, test := range tests {
		if got := learningRate(&test.config, test.step, 10); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", test.name, got, test.want)
		}
	}
}
