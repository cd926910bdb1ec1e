package train

import "github.com/tfgalaxy/tfgalaxy/run"

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

// done reports whether the run has all its epochs, or all its steps.
func (l *loop) done() bool {
	if l.config.Steps > 0 {
		return l.state.Step >= int64(l.config.Steps)
	}
	return l.state.Epoch >= l.config.Epochs
}

// epochsInAll returns how many epochs the run has at its end, the one that the steps
// end in among them.
func (l *loop) epochsInAll() int {
	if l.config.Steps == 0 {
		return l.config.Epochs
	}
	begun := l.state.Step - int64(l.state.Batch) // when the running epoch was
	left, perEpoch := int64(l.config.Steps)-begun, int64(l.input.batches())
	return l.state.Epoch + int((left+perEpoch-1)/perEpoch)
}
