package graph

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrWorker marks a worker that cannot be had, was lost, or does not fit the others. It
// is an ErrDevice too.
var ErrWorker error = workerFault{}

type workerFault struct{}

func (workerFault) Error() string        { return "worker" }
func (workerFault) Is(target error) bool { return target == ErrDevice }

// A Cluster are the workers that a trainer computes on.
type Cluster struct {
	Workers []*Introduction
	Lost    []error // why others that were named are not among them
	timeout time.Duration
	lease   *lease
}

// Connect asks the workers at all addresses of a cluster, in the order of their tasks,
// for what they are. Unless they answer within the timeout and fit each other and this
// program, of that version, the error is an ErrWorker that says what is to be done; where
// it is elastic, those that do not answer are left out. That of each call of a trainer on
// them is the same timeout. No other process computes on them until Close.
func Connect(addresses []string, version string, timeout time.Duration, elastic bool) (*Cluster, error) {
	c := &Cluster{timeout: timeout}
	found, errs := askAll(addresses, timeout)
	for i, w := range found {
		if errs[i] == nil {
			c.Workers = append(c.Workers, w)
		} else {
			c.Lost = append(c.Lost, errs[i])
		}
	}
	if len(c.Lost) > 0 && !elastic || len(c.Workers) == 0 {
		return nil, errors.Join(c.Lost...)
	}
	if err := c.check(addresses, version); err != nil {
		return nil, err
	}
	var err error
	if c.lease, err = takeLease(c.Workers[0], timeout); err != nil {
		return nil, err
	}
	return c, nil
}

// Close leaves the workers to others, once the trainers on them are closed.
func (c *Cluster) Close() { c.lease.end() }

// askAll asks the workers at all addresses at once.
func askAll(addresses []string, timeout time.Duration) ([]*Introduction, []error) {
	found, errs := make([]*Introduction, len(addresses)), make([]error, len(addresses))
	var all sync.WaitGroup
	for i, address := range addresses {
		if address == "" { // lost before
			continue
		}
		all.Go(func() {
			w, err := ask(address, i, timeout)
			if err != nil {
				errs[i] = fmt.Errorf("%w %d does not answer at %s: %s", ErrWorker, i, address, firstLine(err))
				return
			}
			w.Task, w.Address = i, address
			found[i] = w
		})
	}
	all.Wait()
	return found, errs
}

// Missing asks all workers again, and returns why those that do not answer do not.
func (c *Cluster) Missing() error {
	const patience = 5 * time.Second
	all := make([]string, c.Workers[0].Workers)
	for _, w := range c.Workers {
		all[w.Task] = w.Address
	}
	_, errs := askAll(all, min(c.timeout, patience))
	return errors.Join(errs...)
}

// ask asks one worker.
func ask(address string, task int, timeout time.Duration) (*Introduction, error) {
	// TensorFlow would wait for one to start where nobody listens.
	c, err := net.DialTimeout("tcp", address, timeout)
	if refused, is := errors.AsType[syscall.Errno](err); is {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	c.Close()
	door, err := openDoor(address, task, timeout)
	if err != nil {
		return nil, err
	}
	defer door.session.Close()
	return door.ask()
}

// check insists on workers that fit.
func (c *Cluster) check(addresses []string, version string) error {
	for _, w := range c.Workers {
		wrong := func(format string, values ...any) error {
			return fmt.Errorf("%w at %s %s", ErrWorker, w.Address, fmt.Sprintf(format, values...))
		}
		switch {
		case w.TFGalaxy != version:
			return wrong("is tfgalaxy %s, this is %s: start it with the same version", w.TFGalaxy, version)
		case w.TensorFlow != Version():
			return wrong("runs TensorFlow %s, this program %s: install the same version", w.TensorFlow, Version())
		case w.Workers != len(addresses):
			return wrong("is one of %d by its --cluster, but %d are named here: name the same ones", w.Workers, len(addresses))
		case w.server != taskName(w.Task):
			return wrong("is %sby its --cluster, but number %d here: name them in the same order", taskOf(w.server+"/"), w.Task)
		}
	}
	return nil
}

// Placement places a trainer on the workers: a tower on each device they have, and each
// variable on the first device of one of them.
func (c *Cluster) Placement() Placement {
	p := Placement{Target: targetOf(c.Workers[0].Address), Host: cpuOf(taskName(c.Workers[0].Task)), Timeout: c.timeout}
	for _, w := range c.Workers {
		p.Towers = append(p.Towers, w.Devices...)
		p.Homes = append(p.Homes, w.Devices[0])
		p.tasks = append(p.tasks, taskName(w.Task))
	}
	return p
}

// FastestPrecision returns the fastest precision that is safe on all workers, and why it
// is that one.
func (c *Cluster) FastestPrecision() (p Precision, why string) {
	for _, w := range c.Workers {
		if !w.BFloat16 {
			return Float32, "worker " + w.Address + " computes nothing faster"
		}
	}
	return BFloat16, "all workers are faster in it"
}

// What TensorFlow says, in lower case, of a server that is gone or does not answer.
var workerTexts = []string{
	"unavailable:", "deadline_exceeded:", "deadline exceeded", "failed to connect", "socket closed", "connection reset", "connection refused",
	"unable to find the context_id", "remote rpc", "/job:" + workerJob,
}

// sessionGone is what a server says that has closed a session, or was started again.
var sessionGone = regexp.MustCompile(`session [0-9a-f]+ is not found`)

func ofWorker(text string) bool {
	return sessionGone.MatchString(text) || slices.ContainsFunc(workerTexts, func(part string) bool { return strings.Contains(text, part) })
}
