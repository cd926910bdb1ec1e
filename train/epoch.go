package train

import (
	"context"
	"errors"
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// epoch makes the steps that are left of the running epoch, or of the run.
func (l *loop) epoch(ctx context.Context) error {
	feed, stop := l.input.epoch(l.state.Epoch, l.state.Batch)
	defer stop()
	l.clock.startEpoch()
	for {
		l.clock.wait()
		waiting := l.track.Start("wait")
		batch, more := <-feed
		waiting.End()
		if !more {
			return l.input.fault
		}
		l.clock.step()
		taken, err := l.step(batch)
		l.clock.done(batch.Rows)
		l.input.recycle(batch)
		if err != nil {
			return err
		}
		l.state.Seconds += l.clock.lap()
		if taken != nil {
			if run.Kept(taken.Step) {
				if err := l.metrics.WriteStep(*taken); err != nil {
					return err
				}
			}
			l.options.Observe(Stepped{
				Event: "step", Step: *taken, EpochStep: int64(l.state.Batch), EpochLoss: l.state.LossSum / float64(l.state.LossImages),
				ImagesPerSecond: l.clock.epoch.rate(), DataWait: l.clock.epoch.share(),
			})
		}
		if err := l.settleIfDone(); err != nil {
			return err
		}
		if l.done() && l.state.LossImages > 0 { // or nothing could be told of the epoch
			return nil
		}
		if l.state.Batch == l.input.batches() {
			continue // the end of the epoch saves
		}
		if ctx.Err() != nil {
			return l.interrupt()
		}
		if l.options.SaveAsked() {
			if err := l.save(false, true); err != nil {
				return err
			}
		}
	}
}

// step makes one step and takes note of it. There is nothing to note, nil, of one
// that left the range of float16.
func (l *loop) step(batch *graph.Batch) (*run.Step, error) {
	s := &l.state
	rate := learningRate(l.config, s.Step, int64(l.input.batches()))
	name := "step"
	if !l.clock.warm { // TensorFlow optimises the graph
		name = "first step"
	}
	stepping := l.track.Start(name)
	loss, err := l.trainer.Step(batch, rate)
	stepping.End()
	var bad *graph.NotFiniteError
	switch {
	case errors.Is(err, graph.ErrOverflow):
		return nil, l.overflowed(rate)
	case errors.As(err, &bad):
		return nil, l.divergedStep(bad, rate)
	case err != nil:
		return nil, fmt.Errorf("failed at step %d: %w", s.Step+1, err)
	}
	l.overflows = 0
	s.Step++
	s.Batch++
	s.LossSum += loss * float64(batch.Rows)
	s.LossImages += int64(batch.Rows)
	s.LearningRate = rate
	return &run.Step{Step: s.Step, Epoch: s.Epoch + 1, Loss: loss, LearningRate: rate}, nil
}

// interrupt saves in the middle of an epoch.
func (l *loop) interrupt() error {
	if err := l.save(false, false); err != nil {
		return err
	}
	if err := l.settle(); err != nil {
		return err
	}
	return ErrInterrupted
}

// finishEpoch validates, writes the epoch's row, and saves.
func (l *loop) finishEpoch(ctx context.Context) error {
	s := &l.state
	if s.LossImages == 0 {
		d := run.Divergence{What: "every step of the epoch left the range of float16", Step: s.Step, Epoch: s.Epoch + 1, LearningRate: s.LearningRate}
		return l.diverged(d)
	}
	row := run.Epoch{
		Epoch: s.Epoch + 1, Step: s.Step, Loss: s.LossSum / float64(s.LossImages),
		LearningRate: s.LearningRate, ImagesPerSecond: l.clock.epoch.rate(), DataWait: l.clock.epoch.share(), Seconds: s.Seconds,
	}
	v, err := l.validate()
	if err != nil {
		return err
	}
	l.suspect(&v)
	result := run.BestEpoch{Epoch: row.Epoch, Step: row.Step, Loss: row.Loss}
	if v.heldBack {
		row.RMSE, row.ValidationLoss = &v.score.RMSE, &v.loss
		result.RMSE, result.Questions, result.MeanVote = &v.score.RMSE, v.score.Questions[:], &v.meanVote
	} else {
		result.TrainingRMSE = &v.score.RMSE
	}
	best := better(&result, s.Best)
	s.EpochsSinceBest++
	if best {
		s.EpochsSinceBest = 0
		s.Best = &result
	}
	s.Epoch, s.Batch, s.LossSum, s.LossImages = row.Epoch, 0, 0, 0

	if err := l.metrics.WriteEpoch(row); err != nil {
		return err
	}
	if best && v.heldBack {
		if err := l.keepVotes(v.votes); err != nil {
			return err
		}
	}
	if err := l.save(best, l.options.SaveAsked()); err != nil {
		return err
	}
	l.last.Loss = row.Loss
	l.options.Observe(EpochEnded{Event: "epoch", Epoch: row, Best: best})
	interrupted := ctx.Err() != nil && !l.done()
	// Until it has its first checkpoint, a run that is killed has none to go on from.
	if interrupted || s.Epoch == 1 {
		if err := l.settle(); err != nil {
			return err
		}
	}
	if interrupted {
		return ErrInterrupted
	}
	return nil
}
