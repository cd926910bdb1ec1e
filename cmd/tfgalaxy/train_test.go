package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// The line of progress has what matters most where even 60 columns show it.
func TestLineOfProgress(t *testing.T) {
	now := time.Date(2014, 4, 4, 12, 0, 0, 0, time.UTC)
	var said bytes.Buffer
	a := &app{term: &terminal.Terminal{Err: &said, Width: func() int { return 0 }, Now: func() time.Time { return now }}}
	v := a.trainView(false)
	v.observe(train.Started{Run: "runs/0001-small", Network: "small", Weights: 2691781, Device: "CPU:0", Precision: "float32", Training: 55420, Validation: 6158, Epochs: 20, Steps: 17320, StepsPerEpoch: 866})
	step := func(step int64, epoch int) train.Stepped {
		return train.Stepped{Step: run.Step{Step: step, Epoch: epoch}, EpochStep: step - 866*int64(epoch-1), EpochLoss: 0.03217, ImagesPerSecond: 1520, DataWait: 0.004}
	}
	first := step(1, 1)
	first.ImagesPerSecond = 0 // not known before the second
	if got, want := v.line(first), "epoch 1/20 0 %  ETA -  loss 0.03217  step 1/17,320"; got != want {
		t.Errorf("first step: %q, want %q", got, want)
	}
	now = now.Add(866 * time.Second)
	rmse := 0.1042
	v.observe(train.EpochEnded{Epoch: run.Epoch{Epoch: 1, Loss: 0.04, RMSE: &rmse, ValidationLoss: &rmse, ImagesPerSecond: 1520}, Best: true})
	got := v.line(step(1299, 2))
	want := "epoch 2/20 50 %  ETA 2 h 58 min  loss 0.03217  RMSE 0.1042  1,520 images/s  data wait 0.4 %  step 1,299/17,320"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if shown := string([]rune(got)[:60]); !strings.Contains(shown, "RMSE 0.1042") {
		t.Errorf("60 of %d columns: %q, want the RMSE in them", utf8.RuneCountInString(got), shown)
	}
	if got, want := v.line(step(17320, 20)), "epoch 20/20 100 %  ETA 0.0 s  "; !strings.HasPrefix(got, want) {
		t.Errorf("last step: %q, want it to begin with %q", got, want)
	}
	for _, asked := range []bool{false, true} {
		v.observe(train.CheckpointSaved{Name: run.Last, Step: 1299, Dir: "runs/0001-small/checkpoints/last", Asked: asked})
	}
	lines := "run runs/0001-small: network small, 2,691,781 weights, on CPU:0 in float32\n" +
		"55,420 galaxies to train on, 6,158 held back, 20 epochs of 866 steps\n" +
		"epoch 1/20  loss 0.04000  validation loss 0.10420  RMSE 0.1042  1,520 images/s  data wait 0.0 %  best so far\n" +
		"saved at step 1,299: runs/0001-small/checkpoints/last\n"
	if said.String() != lines {
		t.Errorf("says\n%s\nwant\n%s", said.String(), lines)
	}
}
