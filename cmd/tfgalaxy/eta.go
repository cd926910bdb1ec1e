package main

import (
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
)

// eta estimates the time that is left from the steps of this process.
type eta struct {
	from  int64 // the step it began after
	begin time.Time
	now   func() time.Time
}

// of returns the time left after a step, or "-" while a single step, the slow
// first one, would be all to judge by.
func (t *eta) of(step, steps int64) string {
	done := step - t.from
	if done < 2 {
		return "-"
	}
	each := t.now().Sub(t.begin) / time.Duration(done)
	return terminal.Duration(each * time.Duration(steps-step))
}
