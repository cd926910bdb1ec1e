package train

import "time"

// clock measures steps and the wait for their input. The first step of a process
// is left out of all rates: in it TensorFlow optimises the graph.
type clock struct {
	now func() time.Time // time.Now unless a test says otherwise

	mark       time.Time // the last change
	waiting    time.Duration
	warm       bool // a step has been made
	lapSeconds float64

	epoch, total tally
}

// tally is what rates are made of.
type tally struct {
	images          int
	waited, stepped time.Duration
}

func (t *tally) add(images int, waited, stepped time.Duration) {
	t.images += images
	t.waited += waited
	t.stepped += stepped
}

func (t tally) rate() float64 {
	if seconds := (t.waited + t.stepped).Seconds(); seconds > 0 {
		return float64(t.images) / seconds
	}
	return 0
}

func (t tally) share() float64 {
	if all := t.waited + t.stepped; all > 0 {
		return float64(t.waited) / float64(all)
	}
	return 0
}

func (c *clock) time() time.Time {
	if c.now != nil {
		return c.now()
	}
	return time.Now()
}

func (c *clock) startEpoch() { c.epoch = tally{} }

// wait begins the wait for a batch, step the step on it; done ends the step.
func (c *clock) wait() { c.mark = c.time() }

func (c *clock) step() {
	now := c.time()
	c.waiting, c.mark = now.Sub(c.mark), now
}

func (c *clock) done(images int) {
	stepping := c.time().Sub(c.mark)
	c.lapSeconds = (c.waiting + stepping).Seconds()
	if c.warm {
		c.epoch.add(images, c.waiting, stepping)
		c.total.add(images, c.waiting, stepping)
	}
	c.warm = true
}

// lap returns the seconds of the last step with its wait.
func (c *clock) lap() float64 { return c.lapSeconds }
