package graph

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testVersion = "v1.2.3"

// workers returns the addresses of two that this process starts, once: TensorFlow stops
// none. Each has two CPUs.
var workers = sync.OnceValues(func() ([]string, error) {
	before := machine
	machine.CPUs = 2
	defer func() { machine = before }()
	var addresses []string
	var listeners []net.Listener
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		addresses, listeners = append(addresses, l.Addr().String()), append(listeners, l)
	}
	for i, l := range listeners {
		w := &Worker{Cluster: addresses, Task: i, Version: testVersion}
		if err := w.Serve(l); err != nil {
			return nil, err
		}
	}
	return addresses, nil
})

func connect(t *testing.T) *Cluster {
	t.Helper()
	addresses, err := workers()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Connect(addresses, testVersion, time.Minute, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Workers are one process's until it leaves them or is killed. What one that was killed
// left there is closed.
func TestLease(t *testing.T) {
	usual := beatEvery
	beatEvery = 30 * time.Millisecond
	defer func() { beatEvery = usual }()
	addresses, err := workers()
	if err != nil {
		t.Fatal(err)
	}
	again := func() (*Cluster, error) { return Connect(addresses, testVersion, 10*time.Second, false) }
	first, err := again()
	if err != nil {
		t.Fatal(err)
	}
	net, o := evenly(t)
	o.Placement = first.Placement()
	b := randomBatch(t, 4, net.Size, 1)
	trainer := newTrainer(t, net, o)
	steps(t, trainer, b, 1)
	_, err = again()
	if want := fmt.Sprintf("worker at %s is in use by process %d on ", addresses[0], os.Getpid()); err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, ErrWorker) {
		t.Errorf("%v, want %s", err, want)
	}
	steps(t, trainer, b, 1)
	first.lease.door.session.Close() // as if it were killed
	<-first.lease.done
	second, err := again()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trainer.Step(b, 1e-3); !errors.Is(err, ErrWorker) {
		t.Errorf("a step of a trainer whose lease is over: %v, want an ErrWorker", err)
	}
	o.Placement = second.Placement()
	steps(t, newTrainer(t, net, o), b, 1)
	second.Close()
	third, err := again()
	if err != nil {
		t.Fatalf("of workers that were left: %v", err)
	}
	third.Close()
}

// Two servers make the steps that one process makes, and its checkpoints.
func TestWorkers(t *testing.T) {
	net, o := evenly(t)
	const steps = 50
	rows := []int{12, 7, 1, 12, 2}
	want, wantVotes := curve(t, net, o, steps, rows...)
	o.Placement = connect(t).Placement()
	got, votes := curve(t, net, o, steps, rows...)
	if d := apart(got, want); d > 1e-5 {
		t.Errorf("losses differ by %.1e from those of one process", d)
	}
	if d := apart(votes, wantVotes); d > 1e-4 {
		t.Errorf("votes differ by %.1e from those of one process", d)
	}
}

// manyDevices has each worker compute on both of its CPUs.
func manyDevices(p Placement) Placement {
	p.Towers = nil
	for _, home := range p.Homes {
		p.Towers = append(p.Towers, home, strings.TrimSuffix(home, "0")+"1")
	}
	return p
}

// Two devices of each of two workers make the steps of one process, and what is large is
// sent to a worker once, not once a device.
func TestWorkersOfManyDevices(t *testing.T) {
	net, o := evenly(t)
	const steps = 20
	rows := []int{12, 7, 1, 12, 2}
	want, wantVotes := curve(t, net, o, steps, rows...)
	one := connect(t).Placement()
	two := manyDevices(one)
	o.Placement = two
	got, votes := curve(t, net, o, steps, rows...)
	if d := apart(got, want); d > 1e-5 {
		t.Errorf("losses differ by %.1e from those of one process", d)
	}
	if d := apart(votes, wantVotes); d > 1e-4 {
		t.Errorf("votes differ by %.1e from those of one process", d)
	}

	most := 0 // the elements of all weights
	sent := func(p Placement) int {
		o.Placement = p
		trainer := newTrainer(t, net, o)
		most = 0
		for _, v := range trainer.builder.trainable() {
			most += v.Elements()
		}
		return sentElements(t, trainer)
	}
	few, many := sent(one), sent(two)
	if few < 2*most {
		t.Errorf("one device a worker: %d elements are sent, want at least weights and gradients, twice %d", few, most)
	}
	if many > few+few/100 {
		t.Errorf("two devices a worker: %d elements are sent in a step, want %d as with one", many, few)
	}
}

// sentElements returns how many elements a step has TensorFlow send between workers: an
// output goes to each device that wants it once. What depends on the batch is left out.
func sentElements(t *testing.T, trainer *Trainer) int {
	t.Helper()
	total := 0
	for _, o := range trainer.builder.graph.Operations() {
		if strings.HasPrefix(o.Name(), "inference/") {
			continue
		}
		for i := range o.NumOutputs() {
			out := o.Output(i)
			shape := out.Shape()
			if !shape.IsFullySpecified() {
				continue
			}
			devices := map[string]bool{}
			for _, in := range out.Consumers() {
				if to := in.Op.Device(); !strings.HasPrefix(in.Op.Name(), "inference/") && workerOf(to) != workerOf(o.Device()) {
					devices[to] = true
				}
			}
			n := len(devices)
			for k := range shape.NumDimensions() {
				n *= int(shape.Size(k))
			}
			total += n
		}
	}
	return total
}

func TestWorkersCheckpoint(t *testing.T) {
	net, o := evenly(t)
	local := newTrainer(t, net, o)
	o.Placement = connect(t).Placement()
	remote := newTrainer(t, net, o)
	b := randomBatch(t, 8, net.Size, 1)
	steps(t, remote, b, 3)
	dir := t.TempDir()
	if err := remote.Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := local.Restore(dir); err != nil {
		t.Fatal(err)
	}
	if a, b := patterns(all(t, remote)), patterns(all(t, local)); !maps.EqualFunc(a, b, slices.Equal) {
		t.Error("a checkpoint of workers is not what they have")
	}
	want := steps(t, remote, b, 2)
	if err := remote.Restore(dir); err != nil {
		t.Fatal(err)
	}
	if got := steps(t, remote, b, 2); !slices.Equal(got, want) {
		t.Errorf("after a restore the losses are %v, want %v", got, want)
	}
}

// A step that is held back is on all of them.
func TestWorkersGuard(t *testing.T) {
	net, o := evenly(t)
	o.Placement = connect(t).Placement()
	trainer := newTrainer(t, net, o)
	b := randomBatch(t, 8, net.Size, 1)
	b.Votes[len(b.Votes)-1] = float32(math.NaN())
	before := patterns(all(t, trainer))
	var bad *NotFiniteError
	if _, err := trainer.Step(b, 1e-3); !errors.As(err, &bad) {
		t.Errorf("%v, want a *NotFiniteError", err)
	}
	if !maps.EqualFunc(before, patterns(all(t, trainer)), slices.Equal) {
		t.Error("the step changed variables")
	}
}

// Crops lie on each worker, which changes those of its share.
func TestWorkersCrops(t *testing.T) {
	net, o := evenly(t)
	o.Feed, o.CropSize, o.Crops = FeedRows, net.Size, 5
	o.Average = 0
	losses := func(p Placement) []float64 {
		o.Placement = p
		trainer := newTrainer(t, net, o)
		crops := randomBatch(t, o.Crops, net.Size, 1)
		if err := trainer.LoadCrops(func(dst []byte, i int) error { copy(dst, crops.Image(i)); return nil }); err != nil {
			t.Fatal(err)
		}
		b, err := trainer.NewBatch(3)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows {
			b.SetRow(i, o.Crops-1-i)
			b.SetTransform(i, [8]float32{0, 1, 0, 1, 0, 0}, [Channels]float32{1, 2, 3})
			copy(b.Votes, crops.Votes)
		}
		return steps(t, trainer, b, 3)
	}
	want := losses(Placement{})
	for name, p := range map[string]Placement{"two devices": onCPUs(t, 2), "two workers": connect(t).Placement()} {
		if d := apart(losses(p), want); d > 1e-6 {
			t.Errorf("%s: losses differ by %.1e from those of one", name, d)
		}
	}
}

func TestConnectErrors(t *testing.T) {
	addresses, err := workers()
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	here, there := addresses[0], addresses[1]
	tests := []struct {
		addresses []string
		version   string
		elastic   bool
		want      string
	}{
		{addresses, "v9", false, "worker at " + here + " is tfgalaxy v1.2.3, this is v9: start it with the same version"},
		{[]string{here}, testVersion, false, "worker at " + here + " is one of 2 by its --cluster, but 1 are named here: name the same ones"},
		{[]string{here, closed.Addr().String()}, testVersion, false, "worker 1 does not answer at " + closed.Addr().String() + ": connection refused"},
		{[]string{silent.Addr().String(), there}, testVersion, false, "worker 0 does not answer at " + silent.Addr().String() + ": Deadline Exceeded"},
		{[]string{closed.Addr().String()}, testVersion, true, "worker 0 does not answer at " + closed.Addr().String() + ": connection refused"},
	}
	for _, test := range tests {
		_, err := Connect(test.addresses, test.version, time.Second, test.elastic)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || !errors.Is(err, ErrWorker) || !errors.Is(err, ErrDevice) {
			t.Errorf("%v: %v, want %s", test.addresses, err, test.want)
		}
	}
	c, err := Connect([]string{here, closed.Addr().String()}, testVersion, time.Second, true)
	if err != nil || len(c.Workers) != 1 || len(c.Lost) != 1 || c.Workers[0].Address != here {
		t.Fatalf("elastic: %+v, %v", c, err)
	}
	defer c.Close()
	if err := c.Missing(); err != nil {
		t.Errorf("of those that answered is missing: %v", err)
	}
	net, o := evenly(t)
	o.Placement = c.Placement()
	steps(t, newTrainer(t, net, o), randomBatch(t, 4, net.Size, 1), 1)
}

// Nobody can hold a worker's port, and what holds it is told.
func TestServeTakesTheAddress(t *testing.T) {
	addresses, err := workers()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			t.Errorf("nobody listens at %s", address)
		}
		// TensorFlow by itself would listen on all addresses.
		_, port, _ := net.SplitHostPort(address)
		l, err := net.Listen("tcp", "127.0.0.2:"+port)
		if err != nil {
			t.Errorf("the server listens at more than %s: %v", address, err)
			continue
		}
		l.Close()
	}
}

// Workers that are named in another order than they know each other by are refused: one
// would be watched in place of the other.
func TestConnectInAnotherOrder(t *testing.T) {
	addresses, err := workers()
	if err != nil {
		t.Fatal(err)
	}
	swapped := []string{addresses[1], addresses[0]}
	want := "worker at " + addresses[1] + " is worker 1 by its --cluster, but number 0 here: name them in the same order"
	if _, err := Connect(swapped, testVersion, time.Minute, false); err == nil || err.Error() != want || !errors.Is(err, ErrWorker) {
		t.Errorf("%v, want %s", err, want)
	}
}
