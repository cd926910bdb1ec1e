package train

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// An elastic run goes on as long as it gets on: not for ever with workers that are lost
// each time, not when it is to stop, and what could not begin again is where it was.
func TestElasticRunsEnd(t *testing.T) {
	ended, err := trainNew(t, t.Context(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := PlanResume(ended.Run, run.Last, []run.Assignment{
		{Key: "epochs", Value: "2"}, {Key: "workers", Value: "127.0.0.1:1"}, {Key: "elastic", Value: "true"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.run.WriteConfig(plan.Values); err != nil {
		t.Fatal(err)
	}
	lost := fmt.Errorf("at some step: %w lost", graph.ErrWorker)
	other := errors.New("another")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, test := range map[string]struct {
		ctx  context.Context
		ends func(time int) (*Ended, error) // what each time comes to
		want int                            // times
		err  error
	}{
		"lost each time":             {t.Context(), func(int) (*Ended, error) { return ended, lost }, 1 + mostLosses, lost},
		"done the second time":       {t.Context(), func(time int) (*Ended, error) { return ended, map[int]error{1: lost}[time] }, 2, nil},
		"another fault":              {t.Context(), func(int) (*Ended, error) { return ended, other }, 1, other},
		"asked to stop":              {stopped, func(int) (*Ended, error) { return ended, lost }, 1, lost},
		"nothing to go on from":      {t.Context(), func(int) (*Ended, error) { return nil, lost }, 1, lost},
		"nobody left the third time": {t.Context(), func(time int) (*Ended, error) { return map[int]*Ended{1: ended, 2: ended}[time], lost }, 1 + mostLosses, lost},
	} {
		times := 0
		got, err := plan.elastically(test.ctx, func(*Plan) (*Ended, error) {
			if times++; times > 100 {
				return ended, nil
			}
			return test.ends(times)
		})
		if times != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %d times, then %v; want %d, then %v", name, times, err, test.want, test.err)
		}
		if wantEnd := name != "nothing to go on from"; (got != nil) != wantEnd {
			t.Errorf("%s: it ended as %+v", name, got)
		}
	}
}
