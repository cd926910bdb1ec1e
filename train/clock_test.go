package train

import (
	"testing"
	"time"
)

// Three steps of 1 s wait and 3 s work: the first, in which TensorFlow optimises
// the graph, is on the clock but in no rate.
func TestClock(t *testing.T) {
	now := time.Unix(0, 0)
	c := clock{now: func() time.Time { return now }}
	c.startEpoch()
	for range 3 {
		c.wait()
		now = now.Add(time.Second)
		c.step()
		now = now.Add(3 * time.Second)
		c.done(60)
		if c.lap() != 4 {
			t.Errorf("a step with its wait took %g s, want 4", c.lap())
		}
		now = now.Add(time.Hour) // a validation, which counts nowhere
	}
	if c.epoch.rate() != 15 || c.epoch.share() != 0.25 {
		t.Errorf("%g images/s and %g of the time waiting, want 15 and 0.25", c.epoch.rate(), c.epoch.share())
	}
	c.startEpoch()
	if c.epoch.rate() != 0 || c.epoch.share() != 0 || c.total.rate() != 15 {
		t.Errorf("a new epoch begins with %g images/s, and the run has %g", c.epoch.rate(), c.total.rate())
	}
}
