package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// A training is one that attacks repeat, with what it leaves when nobody disturbs
// it.
type training struct {
	flags  []string // but for its folders
	run    string   // of the undisturbed one
	cache  string   // its crops
	events []event
	at     []time.Duration // when they came
	took   time.Duration
}

// heavy is the training of a network that takes longer to write than to train.
func (t *trial) heavy() (*training, error) {
	return t.trained(t, "heavy", "--data", t.data, "--preset", "seed3", "--size", "24", "--epochs", "6", "--batch-size", "23",
		"--threads", "1", "--input-threads", "1")
}

// cutting is one that takes longer to cut its crops than to train.
func (t *trial) cutting() (*training, error) {
	return t.trained(t, "cutting", "--data", "synthetic:96", "--size", "32", "--steps", "2", "--batch-size", "5",
		"--threads", "1", "--input-threads", "1")
}

// trained returns the training of that name, and has it done where it is the first
// to ask.
func (f *fixtures) trained(ctx context.Context, name string, flags ...string) (*training, error) {
	return f.trainings.get(name, func() (*training, error) {
		dir, err1 := f.place(name)
		cache, err2 := f.place("cache of " + name)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		w := &training{flags: flags, run: dir, cache: cache}
		p, err := f.start(ctx, w.begin(dir, cache)...)
		if err != nil {
			return nil, err
		}
		for e, more := p.next(); more; e, more = p.next() {
			w.events, w.at = append(w.events, e), append(w.at, time.Since(p.began))
		}
		w.took = time.Since(p.began)
		return w, p.wait().want(0, "")
	})
}

// begin are the arguments of a new run.
func (w *training) begin(dir, cache string) []string {
	return append(append([]string{"train", "--json"}, w.flags...), "--run-dir", dir, "--cache", cache)
}

// resume are those of going on with one.
func resume(dir string) []string { return []string{"train", "--json", "--resume", dir} }

// moment draws one of the whole length of the training, and a little more: a
// disturbed one may be slower.
func (w *training) moment(t *trial) time.Duration {
	return time.Duration(t.dice.Int64N(int64(w.took + w.took/20)))
}

// await waits until a process of this training, or of its resume, has come as far
// as the undisturbed one had at that moment, however fast the machine is now: to
// the last event before it, and by the time since then.
func (w *training) await(p *process, moment time.Duration) {
	last, found := slices.BinarySearchFunc(w.at, moment, cmp.Compare)
	if !found {
		last--
	}
	if last < 0 {
		time.Sleep(moment - time.Since(p.began))
		return
	}
	for {
		e, more := p.next()
		if !more {
			return
		}
		if e.Event != "start" || last == 0 { // a resume starts in the middle
			if slices.Index(w.events, e) >= last {
				break
			}
		}
	}
	time.Sleep(moment - w.at[last])
}

// phase says what a process of this training was at when it was struck, by what
// it left.
func (w *training) phase(dir, cache string) string {
	checkpoints := filepath.Join(dir, "checkpoints")
	switch building, _ := filepath.Glob(filepath.Join(cache, "*.tmp")); {
	case len(building) > 0:
		return "cutting crops"
	case !exists(dir):
		return "before the run folder"
	case exists(filepath.Join(checkpoints, "last.new")), exists(filepath.Join(checkpoints, "best.new")):
		return "writing a checkpoint"
	case !exists(filepath.Join(checkpoints, "last")):
		return "before the first checkpoint"
	case exists(filepath.Join(dir, "saved_model.new")):
		return "writing the model"
	}
	info, state, err := whereRun(dir)
	switch {
	case err != nil:
		return "in the middle of something odd"
	case info.Status == "done":
		return "after the end"
	case state.Step == w.events[len(w.events)-1].Step:
		return "exporting"
	}
	return "between checkpoints"
}

// stepOf is the last step that a run has taken note of, 0 where there is none.
func stepOf(dir string) int64 {
	var last struct{ Step int64 }
	rows, _ := os.ReadFile(filepath.Join(dir, run.MetricsJSONL)) //nolint:errcheck // there is none yet
	for line := range bytes.Lines(rows) {
		json.Unmarshal(line, &last) //nolint:errcheck // the last line may be in the making
	}
	return last.Step
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
