package train

import (
	"math"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// learningRate returns the learning rate of a step, counted from 0, in a run of
// stepsPerEpoch steps an epoch. While warming up it rises in equal parts to the
// configured rate; then it stays, drops every few epochs, or falls to 0 along
// half a cosine at the run's last step (Loshchilov & Hutter 2017, arXiv
// 1608.03983, without restarts).
func learningRate(c *run.Config, step, stepsPerEpoch int64) float64 {
	warmUp := int64(c.WarmUp)
	if step < warmUp {
		return c.LearningRate * float64(step+1) / float64(warmUp)
	}
	switch c.Schedule {
	case run.ScheduleStep:
		drops := step / stepsPerEpoch / int64(c.DecayEvery)
		return c.LearningRate * math.Pow(c.DecayFactor, float64(drops))
	case run.ScheduleCosine:
		total := stepsInAll(c, stepsPerEpoch) - warmUp
		done := float64(step-warmUp) / float64(max(total, 1))
		return c.LearningRate * (1 + math.Cos(math.Pi*min(done, 1))) / 2
	}
	return c.LearningRate
}

// Steps returns how many steps the whole run has, and how many an epoch has.
func (p *Plan) Steps() (all, perEpoch int64) {
	c := &p.Values.Config
	perEpoch = int64((len(p.Training) + c.BatchSize - 1) / c.BatchSize)
	return stepsInAll(c, perEpoch), perEpoch
}

// stepsInAll returns how many steps a whole run has.
func stepsInAll(c *run.Config, stepsPerEpoch int64) int64 {
	if c.Steps > 0 {
		return int64(c.Steps)
	}
	return stepsPerEpoch * int64(c.Epochs)
}
