package graph

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	tf "github.com/wamuir/graft/tensorflow"
)

// A runner runs parts of a graph.
type runner interface {
	Run(feeds map[tf.Output]*tf.Tensor, fetches []tf.Output, targets []*tf.Operation) ([]*tf.Tensor, error)
}

// A watched session is one on a server that may end. TensorFlow tells at once of servers
// which that server has lost, but waits for the server itself until the session's timeout.
type watched struct {
	*tf.Session
	address string // of the server; "" where the session is of this process
}

func watch(s *tf.Session, p Placement) *watched {
	return &watched{s, strings.TrimPrefix(p.Target, targetOf(""))}
}

// watchEvery is how often it is looked whether the server is there.
const watchEvery = time.Second

// mostSent is how many bytes of values can go to a server at once: TensorFlow ends the
// program over a message of 2 GiB. The rest of it is names.
const mostSent = 1<<31 - 1<<20

// Run is the session's, which it leaves behind once nobody listens at the server's
// address any more.
func (s *watched) Run(feeds map[tf.Output]*tf.Tensor, fetches []tf.Output, targets []*tf.Operation) ([]*tf.Tensor, error) {
	if s.address == "" {
		return s.Session.Run(feeds, fetches, targets)
	}
	sent := 0
	for _, value := range feeds {
		sent += len(memory(value))
	}
	if sent > mostSent {
		return nil, fmt.Errorf("%d MiB at once are more than workers can be sent", sent>>20)
	}
	type result struct {
		out []*tf.Tensor
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := s.Session.Run(feeds, fetches, targets)
		done <- result{out, err}
	}()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case r := <-done:
			return r.out, r.err
		case <-tick.C:
			if gone(s.address) {
				return nil, fmt.Errorf("unavailable: nobody listens at %s", s.address)
			}
		}
	}
}

// gone reports whether nobody listens at an address.
func gone(address string) bool {
	c, err := net.DialTimeout("tcp", address, watchEvery)
	if err != nil {
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	c.Close()
	return false
}
