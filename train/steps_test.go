package train

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// trainSteps trains for so many steps, 3 of which are an epoch.
func trainSteps(t *testing.T, ctx context.Context, observe func(Event), steps string, more ...string) (*Ended, error) {
	t.Helper()
	return trainBy(t, ctx, observe, endless(t, append([]string{"runs", t.TempDir(), "schedule", "cosine", "steps", steps}, more...)...))
}

// trainedNetwork returns a run with its network and configuration.
func trainedNetwork(t *testing.T, dir string) (*run.Run, *graph.Network, *run.Config) {
	t.Helper()
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	config, err := r.Config()
	if err != nil {
		t.Fatal(err)
	}
	network, err := Network(&config)
	if err != nil {
		t.Fatal(err)
	}
	return r, network, &config
}

// kept returns the weights of one of a run's checkpoints, as they are used.
func kept(t *testing.T, dir, checkpoint string) graph.Weights {
	t.Helper()
	r, network, _ := trainedNetwork(t, dir)
	weights, err := graph.ReadWeights(network, r.Checkpoint(checkpoint))
	if err != nil {
		t.Fatal(err)
	}
	return weights
}

// A run of 8 steps has two epochs of 3 and one of 2, which is scored and saved as they
// are.
func TestSteps(t *testing.T) {
	var started Started
	ended, err := trainSteps(t, context.Background(), func(e Event) {
		if s, is := e.(Started); is {
			started = s
		}
	}, "8", "schedule", "cosine")
	if err != nil {
		t.Fatal(err)
	}
	if started.Steps != 8 || started.Epochs != 3 || started.StepsPerEpoch != 3 {
		t.Errorf("starts with %d steps, %d epochs of %d steps, want 8, 3 and 3", started.Steps, started.Epochs, started.StepsPerEpoch)
	}
	epochs, steps := measured(t, ended.Run)
	if len(epochs) != 3 || epochs[1].Step != 6 || epochs[2].Step != 8 || epochs[2].RMSE == nil || len(steps) != 8 {
		t.Errorf("epochs %+v and %d steps, want epochs that end after steps 3, 6 and 8", epochs, len(steps))
	}
	if ended.Status != run.StatusDone || ended.Step != 8 || ended.Epochs != 3 {
		t.Errorf("ended as %+v", ended)
	}

	_, err = PlanResume(ended.Run, run.Last, nil)
	var usage *run.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "has done all of its steps: 8") || !strings.Contains(usage.Hint, "--steps 1008 goes on") {
		t.Errorf("resumed with nothing left: %v (%+v)", err, usage)
	}
	// With more steps it goes on with its next epoch.
	more, err := resume(t, ended.Run, run.Assignment{Key: "steps", Value: "12"})
	if err != nil {
		t.Fatal(err)
	}
	after, _ := measured(t, ended.Run)
	if len(after) != 5 || !slices.EqualFunc(after[:3], epochs, equalEpochs) || after[3].Step != 11 || more.Step != 12 {
		t.Errorf("12 steps ended as %+v with epochs %+v", more, after)
	}
}

// With every optimiser, a run that is stopped, in a whole epoch or in the last one,
// and resumed has the same numbers to the last digit, and the same averages.
func TestResumeOfOptimisers(t *testing.T) {
	for _, test := range []struct {
		recipe    []string
		stopAfter int64
	}{
		{[]string{"optimiser", "adamw", "weight-decay", "0.05", "average", "0.9", "label-bias", "true", "schedule", "cosine"}, 4},
		{[]string{"optimiser", "sgd", "weight-decay", "0.001", "average", "0.5", "learning-rate", "0.01", "schedule", "step", "decay-every", "1"}, 7},
	} {
		whole, err := trainSteps(t, context.Background(), nil, "8", test.recipe...)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		stopped, err := trainSteps(t, ctx, func(e Event) {
			if s, is := e.(Stepped); is && s.Step.Step == test.stopAfter {
				stop()
			}
		}, "8", test.recipe...)
		stop()
		if !errors.Is(err, ErrInterrupted) || stopped.Step != test.stopAfter {
			t.Fatalf("ended as %+v with %v, want an interruption after step %d", stopped, err, test.stopAfter)
		}
		if _, err := resume(t, stopped.Run); err != nil {
			t.Fatal(err)
		}
		wantEpochs, wantSteps := measured(t, whole.Run)
		epochs, steps := measured(t, stopped.Run)
		if !slices.EqualFunc(epochs, wantEpochs, equalEpochs) || !slices.Equal(steps, wantSteps) {
			t.Errorf("%v: epochs %+v and steps %+v, want %+v and %+v", test.recipe, epochs, steps, wantEpochs, wantSteps)
		}
		if !maps.EqualFunc(kept(t, stopped.Run, run.Last), kept(t, whole.Run, run.Last), slices.Equal) {
			t.Errorf("%v: the averages are not the same", test.recipe)
		}
	}
}

// The model that a run leaves has the averages of its best checkpoint, and their score
// is the run's.
func TestModelOfAverages(t *testing.T) {
	ended, err := trainSteps(t, context.Background(), nil, "4", "average", "0.99", "learning-rate", "0.01")
	if err != nil {
		t.Fatal(err)
	}
	want := kept(t, ended.Run, run.Best)
	r, network, config := trainedNetwork(t, ended.Run)
	vars, err := network.Variables()
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := graph.OpenStored(r.Checkpoint(run.Best))
	if err != nil {
		t.Fatal(err)
	}
	model, err := graph.OpenStored(r.SavedModel())
	if err != nil {
		t.Fatal(err)
	}
	got, err := model.Read(vars)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Error("the model has other weights than the averages")
	}
	catalogue, err := OpenData(config.Data)
	if err != nil {
		t.Fatal(err)
	}
	_, held, err := Rows(config, catalogue.IDs())
	if err != nil {
		t.Fatal(err)
	}
	scorer, err := infer.LoadEnsemble([]string{ended.Run})
	if err != nil {
		t.Fatal(err)
	}
	defer scorer.Close()
	result, err := scorer.Evaluate(context.Background(), catalogue, held, infer.Scoring{Cache: cacheDir, BatchSize: 7})
	if err != nil {
		t.Fatal(err)
	}
	if d := result.RMSE - *ended.RMSE; d > 1e-6 || d < -1e-6 { // float32, in batches of other sizes
		t.Errorf("RMSE %.7f by the model, %.7f while training", result.RMSE, *ended.RMSE)
	}
	for i := range vars {
		if _, has := checkpoint.Shape("average/" + vars[i].Name); !has {
			t.Errorf("the checkpoint has no average of %s", vars[i].Name)
		}
	}
}
