package run

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func testState() State {
	return State{
		Step: 130, Epoch: 2, Batch: 30, LossSum: 1.0 / 3, LossImages: 1920,
		LearningRate: 1e-3, Best: &BestEpoch{Epoch: 2, Step: 100, Loss: 0.02, RMSE: new(0.13)}, EpochsSinceBest: 1, Seconds: 12.25,
		Network: "seed3", NetworkDigest: "abc", Data: "def", Seed: 1<<64 - 1, SplitSeed: 3, Validation: 0.1,
	}
}

func TestStateRoundTrip(t *testing.T) {
	fresh := State{Network: "small", NetworkDigest: "x"}
	for _, s := range []State{testState(), fresh} {
		dir := t.TempDir()
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
		got, err := ReadState(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, s) {
			t.Errorf("read %+v\nwrote %+v", *got, s)
		}
	}
}

func TestStateChecks(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(s *State)
		want  string
	}{
		{"step", func(s *State) { s.Step = -1 }, "step = -1, want at least 0"},
		{"epoch", func(s *State) { s.Epoch = -1 }, "epoch = -1, want at least 0"},
		{"batch", func(s *State) { s.Batch = -1 }, "batch = -1, want at least 0"},
		{"batch past step", func(s *State) { s.Batch = 131 }, "batch = 131, want at most step = 130"},
		{"images", func(s *State) { s.LossImages = -1 }, "loss_images = -1, want at least 0"},
		{"since", func(s *State) { s.EpochsSinceBest = -1 }, "epochs_since_best = -1, want at least 0"},
		{"loss", func(s *State) { s.LossSum = math.NaN() }, "loss_sum = NaN, want a finite number"},
		{"rate", func(s *State) { s.LearningRate = math.Inf(1) }, "learning_rate = +Inf, want a finite number"},
		{"negative rate", func(s *State) { s.LearningRate = -1 }, "learning_rate = -1, want at least 0"},
		{"seconds", func(s *State) { s.Seconds = -1 }, "seconds = -1, want at least 0"},
		{"validation", func(s *State) { s.Validation = math.NaN() }, "validation = NaN, want a share from 0 to below 1"},
		{"network", func(s *State) { s.NetworkDigest = "" }, "network and network_digest must not be empty"},
		{"best epoch", func(s *State) { s.Best.Epoch = 3 }, "best epoch = 3, want at most epoch = 2"},
		{"best loss", func(s *State) { s.Best.Loss = math.NaN() }, "best loss = NaN, want a finite number"},
		{"best questions", func(s *State) { s.Best.Questions = make([]float64, 3) }, "best questions: 3 values, want 11"},
		{"best question", func(s *State) { s.Best.Questions = append(make([]float64, 10), -1) }, "best questions[10] = -1, want at least 0"},
		{"best mean vote", func(s *State) { s.Best.MeanVote = new(-0.1) }, "best mean_vote_rmse = -0.1, want at least 0"},
		{"best rmse", func(s *State) { s.Best.RMSE = new(math.NaN()) }, "best rmse = NaN, want a finite number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := testState()
			tt.spoil(&s)
			dir := t.TempDir()
			want := "failed to write " + filepath.Join(dir, StateFile) + ": " + tt.want
			if err := s.Write(dir); err == nil || err.Error() != want {
				t.Errorf("error = %v\n want = %s", err, want)
			}
			if left := names(t, dir); len(left) > 0 {
				t.Errorf("left %q", left)
			}
		})
	}
}

func TestReadStateErrors(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"torn", `{"step": 1`, "the file ends early"},
		{"negative", `{"step": -5, "network": "a", "network_digest": "b"}`, "step = -5, want at least 0"},
		{"fraction", `{"step": 1.5}`, "json: cannot unmarshal number 1.5 into Go struct field State.step of type int64"},
		{"unknown", `{"generator": 1}`, `json: unknown field "generator"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, StateFile)
			if err := os.WriteFile(path, []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := ReadState(dir)
			var fault *galaxyzoo.DataError
			if !errors.As(err, &fault) || err.Error() != path+": "+tt.want {
				t.Errorf("error = %v\n want = %s: %s", err, path, tt.want)
			}
		})
	}
	dir := t.TempDir()
	if _, err := ReadState(dir); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), filepath.Join(dir, StateFile)) {
		t.Errorf("error of a missing file = %v", err)
	}
}
