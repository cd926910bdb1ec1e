package train

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A run in less precision trains, says what is odd about it, and leaves a model.
func TestRunsInLessPrecision(t *testing.T) {
	for _, precision := range []string{run.PrecisionBFloat16, run.PrecisionFloat16} {
		t.Run(precision, func(t *testing.T) {
			var started Started
			ended, err := trainNew(t, context.Background(), func(e Event) {
				if s, ok := e.(Started); ok {
					started = s
				}
			}, "precision", precision)
			if err != nil {
				t.Fatal(err)
			}
			if ended.SavedModel == "" || ended.RMSE == nil || *ended.RMSE > 0.5 {
				t.Errorf("the run ended with %+v", ended)
			}
			if started.Precision != precision {
				t.Errorf("the first event says %q, want %q", started.Precision, precision)
			}
			if slow, why := graph.Precision(precision).Slow(started.Device); slow != strings.Contains(started.Note, "slower") || slow && !strings.Contains(started.Note, why) {
				t.Errorf("the note is %q where slow is %v because %q", started.Note, slow, why)
			}
		})
	}
}

// What auto meant is in the run's configuration, with the reason.
func TestAutoPrecisionIsSettled(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "precision", "auto", "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	want, why, err := graph.FastestPrecision(graph.Placement{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	config, err := r.Config()
	if err != nil {
		t.Fatal(err)
	}
	if config.Precision != string(want) {
		t.Errorf("the run's configuration says %q, want %q (%s)", config.Precision, want, why)
	}
	// It goes on as it began, whatever the machine.
	if _, err := PlanResume(ended.Run, run.Last, []run.Assignment{{Key: "epochs", Value: "2"}}); err != nil {
		t.Error(err)
	}
}

// Wherever the images are changed, and wherever the crops lie, a run learns the
// same: the graph's images differ from the host's by less than a level, which it
// does not round to.
func TestAugmentationInTheGraph(t *testing.T) {
	losses := map[string]float64{}
	for _, where := range [][]string{{"host", "host"}, {"graph", "host"}, {"graph", "device"}} {
		more := append([]string{"augment", where[0], "epochs", "1", "learning-rate", "1e-5", "oversample", "1.5"}, widened...)
		if where[0] == "graph" {
			more = append(more, "crops-on", where[1])
		}
		ended, err := trainNew(t, context.Background(), nil, more...)
		if err != nil {
			t.Fatalf("%v: %v", where, err)
		}
		losses[where[0]+" "+where[1]] = ended.Loss
	}
	if a, b := losses["graph host"], losses["graph device"]; a != b {
		t.Errorf("loss %.9f with crops on the host, %.9f on the device: want the same", a, b)
	}
	if a, b := losses["host host"], losses["graph host"]; a == b || math.Abs(a-b) > 1e-3*a {
		t.Errorf("loss %.9f with augmentation on the host, %.9f in the graph: want next to the same", a, b)
	}
}
