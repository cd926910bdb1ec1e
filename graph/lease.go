package graph

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/tfgalaxy/tfgalaxy/graph/internal/server"
)

// A lease is what a trainer's process has on the worker that leads the others, so that
// two do not share it without knowing, and one that was killed leaves nothing there.
// While it lasts, the process writes a number that counts up into a variable of the
// worker.
type lease struct {
	door *door
	stop chan struct{} // closed to end it
	done chan struct{} // closed once it has ended
}

// beatEvery is how often the number counts up, and misses how many times it may not.
var beatEvery = 2 * time.Second

const misses = 5

// takeLease takes the lease of a worker. Where another process has it the error says
// which; one that does not count up any more is over, and its sessions are closed.
func takeLease(w *Introduction, timeout time.Duration) (*lease, error) {
	fail := func(err error) (*lease, error) { return nil, fmt.Errorf("%w at %s: %w", ErrWorker, w.Address, err) }
	d, err := openDoor(w.Address, w.Task, timeout)
	if err != nil {
		return fail(err)
	}
	other, alive, err := d.holder()
	switch {
	case err != nil:
		d.session.Close()
		return fail(err)
	case alive:
		d.session.Close()
		return nil, fmt.Errorf("%w at %s is in use by process %s: wait for its end, or stop it", ErrWorker, w.Address, other)
	case other != "":
		d.session.Close() // with all others there
		if err := server.CloseSessions(targetOf(w.Address)); err != nil {
			return fail(err)
		}
		if d, err = openDoor(w.Address, w.Task, timeout); err != nil {
			return fail(err)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "a machine without a name"
	}
	l := &lease{d, make(chan struct{}), make(chan struct{})}
	holder := strconv.Itoa(os.Getpid()) + " on " + host
	if err := l.beat(holder, 0); err != nil {
		d.session.Close()
		return fail(err)
	}
	go l.keep(holder)
	return l, nil
}

// holder returns which process has the lease, "" where none has, and whether it still
// counts up, which takes a while to see.
func (d *door) holder() (name string, alive bool, err error) {
	before, err := d.load(d.lease)
	if err != nil || before == "" {
		return "", false, err
	}
	time.Sleep(misses * beatEvery)
	now, err := d.load(d.lease)
	name, _, _ = strings.Cut(now, beats)
	return name, now != before && now != "", err
}

// beats stands between who has a lease and the number.
const beats = " beats "

// keep counts up until the lease ends, or the worker does.
func (l *lease) keep(holder string) {
	defer close(l.done)
	defer l.door.session.Close()
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-l.stop:
			l.door.store(l.door.lease, "") //nolint:errcheck // a worker that is gone has no lease
			return
		case <-tick.C:
			if l.beat(holder, n) != nil {
				return // as the next step will tell
			}
		}
	}
}

func (l *lease) beat(holder string, n int) error {
	return l.door.store(l.door.lease, holder+beats+strconv.Itoa(n))
}

// end gives the lease back, unless the worker does not answer.
func (l *lease) end() {
	close(l.stop)
	select {
	case <-l.done:
	case <-time.After(closePatience):
	}
}

// closePatience is how long is waited for servers that may be lost.
const closePatience = 2 * time.Second

// A note is a string variable of a worker that all sessions see.
type note struct {
	text, read tf.Output
	write      *tf.Operation
}

// store writes a note.
func (d *door) store(n note, text string) error {
	value, err := tf.NewTensor(text)
	if err != nil {
		return err
	}
	_, err = d.session.Run(map[tf.Output]*tf.Tensor{n.text: value}, nil, []*tf.Operation{n.write})
	return err
}

// load reads a note.
func (d *door) load(n note) (string, error) {
	out, err := d.session.Run(nil, []tf.Output{n.read}, nil)
	if err != nil {
		return "", err
	}
	text, _ := out[0].Value().(string)
	return text, nil
}
