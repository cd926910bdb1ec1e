package train

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A DivergedError ends a run whose numbers were no longer numbers. None of them is in
// a checkpoint.
type DivergedError struct {
	Err  error
	Mend run.Assignment // what may help in a new run
}

func (e *DivergedError) Error() string { return e.Err.Error() }
func (e *DivergedError) Unwrap() error { return e.Err }

// diverged ends the run at a step, of which it writes down what is known.
func (l *loop) diverged(d run.Divergence) error {
	unsaved := l.settle()
	e := &DivergedError{Mend: run.Assignment{Key: "learning-rate", Value: strconv.FormatFloat(l.config.LearningRate/10, 'g', 3, 64)}}
	mend := "try a lower --learning-rate or --clip-norm 1"
	if l.config.Precision == run.PrecisionFloat16 {
		e.Mend = run.Assignment{Key: "precision", Value: run.PrecisionFloat32}
		mend = "start a new run with --precision bfloat16 or float32"
	}
	e.Err = fmt.Errorf("%s at step %d (epoch %d), see %s; %s; %s", d.What, d.Step, d.Epoch, l.run.Path(run.DivergedFile), l.good(), mend)
	return errors.Join(e, unsaved, l.run.WriteDivergence(&d))
}

// good says where the last checkpoint is: none has bad weights.
func (l *loop) good() string {
	state, err := run.ReadState(l.run.Checkpoint(run.Last))
	if err != nil {
		return "there is no checkpoint yet"
	}
	return fmt.Sprintf("the last good checkpoint is %s (epoch %d, step %d)", l.run.Checkpoint(run.Last), state.Epoch, state.Step)
}

// ofDevice adds to an error of the device what the run wanted of it, and what is left
// of the run.
func (l *loop) ofDevice(err error) error {
	switch {
	case errors.Is(err, graph.ErrMemory):
		where := "the device"
		if l.info != nil {
			where = l.info.Device
		}
		err = fmt.Errorf("not enough memory for steps of %d images on %s: %w", l.config.BatchSize, where, err)
	case errors.Is(err, graph.ErrWorker) && l.cluster != nil:
		if missing := l.cluster.Missing(); missing != nil {
			err = fmt.Errorf("%w; %w", err, missing)
		}
	case !errors.Is(err, graph.ErrDevice):
		return err
	}
	if l.run == nil || l.state.Step == 0 {
		return err
	}
	return fmt.Errorf("%w; %s", err, l.good())
}

// here is the step that is being made, and the galaxies of its batch.
func (l *loop) here(what string, rate float64) run.Divergence {
	s := &l.state
	return run.Divergence{
		What: what, Step: s.Step + 1, Epoch: s.Epoch + 1, LearningRate: rate,
		Galaxies: l.ids(l.input.batch(l.input.order(s.Epoch), s.Batch)),
	}
}

// ids are those of the galaxies at some positions.
func (l *loop) ids(positions []int) []int64 {
	ids := make([]int64, len(positions))
	for i, p := range positions {
		ids[i] = l.plan.Catalogue.Galaxies[p].ID
	}
	return ids
}

// divergedStep ends the run at a step whose numbers are not finite, and which so
// changed nothing.
func (l *loop) divergedStep(bad *graph.NotFiniteError, rate float64) error {
	d := l.here(bad.Error(), rate)
	d.Variables = bad.Variables
	if !math.IsNaN(bad.Loss) && !math.IsInf(bad.Loss, 0) {
		d.Loss = &bad.Loss
	}
	return l.diverged(d)
}

// divergedAfter ends the run at a step whose weights turn out to be bad.
func (l *loop) divergedAfter(s *run.State, d run.Divergence) error {
	d.Step, d.Epoch, d.LearningRate = s.Step, s.Epoch+1, s.LearningRate
	return l.diverged(d)
}

// notNumbers lists those of some rows of whom votes are not finite.
func notNumbers(rows []int, votes []galaxyzoo.Votes) []int {
	var out []int
	for i := range votes {
		for _, x := range votes[i] {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				out = append(out, rows[i])
				break
			}
		}
	}
	return out
}
