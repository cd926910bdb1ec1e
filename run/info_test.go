package run

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func testInfo() *Info {
	start := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	return &Info{
		Command:  []string{"tfgalaxy", "train", "--data", "a folder"},
		Versions: Versions{"0.1.0", "go1.26.8", "2.19.0"},
		Device:   "CPU, 2 cores", Seed: 1<<64 - 1,
		Data:    DataInfo{"synthetic:20", "abc", 18, 2},
		Network: "seed3", Weights: 8_941_797,
		Status: StatusDone, ExitCode: new(0),
		Started: start, Finished: start.Add(time.Minute), Seconds: 59.5,
		Best: &BestEpoch{
			Epoch: 2, Step: 8, Loss: 0.1, RMSE: new(0.12),
			Questions: slices.Repeat([]float64{0.12}, galaxyzoo.NumQuestions), MeanVote: new(0.16),
		},
		Resumes: []Resume{{start.Add(time.Second), 1, 4, []string{"tfgalaxy", "train", "--resume", "x"}}},
	}
}

func TestInfoRoundTrip(t *testing.T) {
	for _, info := range []*Info{testInfo(), {Status: StatusRunning}} {
		r := create(t)
		if err := r.WriteInfo(info); err != nil {
			t.Fatal(err)
		}
		got, err := r.Info()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, info) {
			t.Errorf("read %+v\nwrote %+v", got, info)
		}
		if left := names(t, r.Dir); len(left) != 1 {
			t.Errorf("left %q, want run.json alone", left)
		}
	}
}

func TestInfoOmitsWhatIsNotKnownYet(t *testing.T) {
	r := create(t)
	if err := r.WriteInfo(&Info{Status: StatusRunning}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(r.Path(InfoFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"finished", "exit_code", "best", "resumes"} {
		if strings.Contains(string(data), `"`+field+`"`) {
			t.Errorf("%s of a run that has just begun is in %s", field, data)
		}
	}
}

func TestInfoErrors(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"empty", "", "the file ends early"},
		{"torn", `{"status": "run`, "the file ends early"},
		{"status", `{"status": "asleep"}`, `status = "asleep", want one of ["running" "done" "interrupted" "failed"]`},
		{"more", `{"status": "done"} {}`, "something follows the value"},
		{"seconds", `{"status": "done", "seconds": -1}`, "seconds = -1, want at least 0"},
		{"best", `{"status": "done", "best": {"epoch": 0}}`, "best epoch = 0, want at least 1"},
		{"best step", `{"status": "done", "best": {"epoch": 1, "step": -1}}`, "best step = -1, want at least 0"},
		{"best rmse", `{"status": "done", "best": {"epoch": 1, "rmse": -1}}`, "best rmse = -1, want at least 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := create(t)
			if err := os.WriteFile(r.Path(InfoFile), []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := r.Info()
			var fault *galaxyzoo.DataError
			if !errors.As(err, &fault) || err.Error() != r.Path(InfoFile)+": "+tt.want {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
		})
	}
	r := create(t)
	if _, err := r.Info(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error of a missing file = %v", err)
	}
	if err := r.WriteInfo(&Info{}); err == nil {
		t.Error("a run without a status was written")
	}
	if err := r.WriteInfo(&Info{Status: StatusDone, Best: &BestEpoch{Epoch: 1, Loss: math.NaN()}}); err == nil {
		t.Error("a best loss that is no number was written")
	}
	gone := &Run{Dir: r.Path("none")}
	if err := gone.WriteInfo(testInfo()); err == nil || !strings.HasPrefix(err.Error(), "failed to write "+gone.Path(InfoFile)) {
		t.Errorf("error = %v, want one that names the file", err)
	}
}
