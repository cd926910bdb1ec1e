package train

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// An error of the device says what was wanted of it, and where the run's last
// checkpoint is; any other is left as it is.
func TestErrorsOfTheDevice(t *testing.T) {
	ended, err := trainNew(t, t.Context(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	l := &loop{config: &run.Config{BatchSize: 640}, run: r, info: &run.Info{Device: "GPU:0 (81000 MiB)"}}
	memory := fmt.Errorf("failed at step 4: %w: OOM", graph.ErrMemory)
	lost := fmt.Errorf("failed at step 4: %w: GPU sync failed", graph.ErrDevice)
	good := "; the last good checkpoint is " + r.Checkpoint(run.Last) + " (epoch 1, step 3)"
	for _, test := range []struct {
		step int64
		err  error
		want string
	}{
		{0, memory, "not enough memory for steps of 640 images on GPU:0 (81000 MiB): " + memory.Error()},
		{3, memory, "not enough memory for steps of 640 images on GPU:0 (81000 MiB): " + memory.Error() + good},
		{3, lost, lost.Error() + good},
	} {
		l.state.Step = test.step
		if got := l.ofDevice(test.err); got.Error() != test.want || !errors.Is(got, graph.ErrDevice) {
			t.Errorf("%v, want %s", got, test.want)
		}
	}
	other := errors.New("another")
	if got := l.ofDevice(other); got != other || l.ofDevice(nil) != nil {
		t.Errorf("%v, want it as it was", got)
	}
}
