package graph

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// workers are two that this process starts, once: TensorFlow stops none.
var workers = sync.OnceValues(func() ([]string, error) {
	var addresses []string
	var listeners []net.Listener
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, l.Addr().String())
		listeners = append(listeners, l)
	}
	for i, l := range listeners {
		w := &Worker{Cluster: addresses, Task: i, Version: "1.0"}
		if err := w.Serve(l); err != nil {
			return nil, err
		}
	}
	return addresses, nil
})

func TestWorkers(t *testing.T) {
	addresses, err := workers()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	c, err := Connect(addresses, "1.0", 10*time.Second, false)
	fmt.Println(c, err, time.Since(start))
	if err == nil {
		for _, w := range c.Workers {
			fmt.Printf("%+v\n", w)
		}
	}
	net, err := LookUp("seed3")
	if err != nil {
		t.Fatal(err)
	}
	net.Size = 16
	net.Layers = slices.DeleteFunc(net.Layers, func(l Layer) bool { return l.Kind() == "norm" })
	o := Options{LossWeights: MSE(), Seed: 3, ClipNorm: 1, Average: 0.9, Optimiser: AdamW, WeightDecay: 0.01}
	const steps = 50
	rows := []int{12, 7, 1, 12, 2}
	want, wantVotes := curve(t, net, o, steps, rows...)
	o.Placement = c.Placement()
	fmt.Printf("%+v\n", o.Placement)
	start = time.Now()
	got, votes := curve(t, net, o, steps, rows...)
	fmt.Println(time.Since(start))
	fmt.Println(apart(got, want), apart(votes, wantVotes))
}
