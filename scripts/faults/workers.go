package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"
)

// losses are the attacks on processes that a training computes on.
var losses = []kind{
	{"kill a worker", 2, 20, killWorker},
	{"stop a worker from answering", 1, 5, stopWorker},
	{"kill a worker of an elastic run", 1, 10, killElastic},
	{"kill a training on workers", 1, 10, killClient},
}

// A cluster are two workers.
type cluster struct {
	t         *trial
	addresses []string
	processes []*process
}

// cluster starts two workers, each with one thread. They have to be stopped.
func (t *trial) cluster() (*cluster, error) {
	c := &cluster{t: t, processes: make([]*process, 2)}
	var listeners []net.Listener
	for range c.processes {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		listeners = append(listeners, l)
		c.addresses = append(c.addresses, l.Addr().String())
	}
	for _, l := range listeners {
		l.Close()
	}
	for i := range c.processes {
		if err := c.start(i); err != nil {
			c.stop()
			return nil, err
		}
	}
	return c, nil
}

func (c *cluster) names() string { return strings.Join(c.addresses, ",") }

// start starts a worker and waits until it listens.
func (c *cluster) start(i int) error {
	p, err := c.t.start(c.t, "worker", "--json", "--listen", c.addresses[i], "--cluster", c.names(), "--threads", "1")
	if err != nil {
		return err
	}
	if _, listens := p.next(); !listens {
		return p.wait()
	}
	c.processes[i] = p
	return nil
}

// kill ends a worker without a word.
func (c *cluster) kill(i int) {
	c.processes[i].Process.Kill()
	c.processes[i].wait()
	c.processes[i] = nil
}

func (c *cluster) stop() {
	for i, p := range c.processes {
		if p != nil {
			c.kill(i)
		}
	}
}

// shared is the usual training on two workers, undisturbed.
func (c *cluster) shared() (*training, error) {
	undisturbed, err := c.t.trained(c.t, "on workers", append(c.t.flags(), "--workers", c.names())...)
	if err != nil {
		return nil, err
	}
	mine := *undisturbed
	mine.flags = append(c.t.flags(), "--workers", c.names())
	return &mine, nil
}

// struck disturbs a training of workers, and has it gone on with once they are as they
// were. What stopped it has to be told within some time.
func (c *cluster) struck(w *training, disturb, mend func(i int) error, told time.Duration) error {
	return c.t.struck(w, w.cache, 1+c.t.dice.IntN(2), func(p *process) error {
		i := c.t.dice.IntN(len(c.processes))
		w.await(p, w.moment(c.t))
		if err := disturb(i); err != nil {
			return err
		}
		since := time.Now()
		e := p.wait()
		took := time.Since(since)
		if e.code != 0 { // or the training had ended
			if err := e.want(4, "worker"); err != nil {
				return err
			}
			if took > told {
				return fmt.Errorf("a lost worker was told of after %v, want %v", took, told)
			}
		}
		return mend(i)
	})
}

// onWorkers makes an attack on two workers and their training.
func (t *trial) onWorkers(attack func(c *cluster, w *training) error) error {
	c, err := t.cluster()
	if err != nil {
		return err
	}
	defer c.stop()
	w, err := c.shared()
	if err != nil {
		return err
	}
	return attack(c, w)
}

// besides is what a machine that does other things may take on top.
const besides = 20 * time.Second

func killWorker(t *trial) error {
	return t.onWorkers(func(c *cluster, w *training) error {
		kill := func(i int) error { c.kill(i); return nil }
		return c.struck(w, kill, c.start, besides)
	})
}

// stopWorker has one hang. It is told of after twice the timeout: that of the step, and
// of asking which worker it is that hangs.
func stopWorker(t *trial) error {
	const timeout = 4
	return t.onWorkers(func(c *cluster, w *training) error {
		w.flags = append(w.flags, "--worker-timeout", fmt.Sprint(timeout))
		signal := func(s syscall.Signal) func(i int) error {
			return func(i int) error { return c.processes[i].Process.Signal(s) }
		}
		// One that hung may hold what its sessions had: it is started anew.
		mend := func(i int) error { c.kill(i); return c.start(i) }
		return c.struck(w, signal(syscall.SIGSTOP), mend, 2*timeout*time.Second+besides)
	})
}

// killClient kills the process that the workers compute for: they are free for the next.
func killClient(t *trial) error {
	return t.onWorkers(func(c *cluster, w *training) error { return t.killed(w, w.cache) })
}

// killElastic kills one of the workers of a run that goes on without.
func killElastic(t *trial) error {
	return t.onWorkers(func(c *cluster, w *training) error {
		w.flags = append(w.flags, "--elastic")
		dir := t.dir + "/run"
		p, err := t.start(t, w.begin(dir, w.cache)...)
		if err != nil {
			return err
		}
		if !p.until("step") {
			return p.wait()
		}
		w.await(p, w.moment(t))
		c.kill(t.dice.IntN(len(c.processes)))
		e := p.wait()
		if e.code != 0 {
			return e
		}
		return errors.Join(t.run(t, "runs", "verify", "--run", dir).want(0, ""), sameLength(dir, w.run))
	})
}

// sameLength checks that a run has the epochs of another, whose numbers may differ.
func sameLength(dir, undisturbed string) error {
	got, err1 := epochTable(dir)
	want, err2 := epochTable(undisturbed)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if len(got) != len(want) {
		return fmt.Errorf("metrics.csv has %d rows, want %d", len(got), len(want))
	}
	return nil
}
