package graph

import (
	"fmt"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"
)

// A hub is the first device of a worker. What several devices of the worker need of
// another one is sent to the hub once, and the gradients that they have for another are
// added up there: between workers is the slowest way that there is.
type hub struct {
	device string
	towers []int // those of the worker, by their number
}

// hubs returns one a worker, in the order of the towers.
func (p Placement) hubs() []*hub {
	var all []*hub
	of := map[string]*hub{}
	for i, device := range p.towers() {
		h := of[workerOf(device)]
		if h == nil {
			h = &hub{device: device}
			of[workerOf(device)], all = h, append(all, h)
		}
		h.towers = append(h.towers, i)
	}
	return all
}

// workerOf is the worker that a device belongs to, "" being this process.
func workerOf(device string) string {
	worker, _, _ := strings.Cut(device, "/device:")
	return worker
}

// between reports whether what lies on a device comes to the hub's towers by way of the hub.
func (h *hub) between(device string) bool {
	return len(h.towers) > 1 && workerOf(h.device) != workerOf(device)
}

// read returns what the hub's towers read of a variable.
func (h *hub) read(scope *op.Scope, v *variable) tf.Output {
	if !h.between(v.device) {
		return v.read
	}
	return op.Identity(on(scope, h.device), v.read)
}

// sum adds up what each tower has, on a device.
func sum(scope *op.Scope, hubs []*hub, device string, of func(i int) tf.Output) tf.Output {
	var all []tf.Output
	for k, h := range hubs {
		var parts []tf.Output
		for _, i := range h.towers {
			parts = append(parts, of(i))
		}
		if h.between(device) {
			parts = []tf.Output{op.AddN(on(scope.SubScope(fmt.Sprintf("hub%d", k)), h.device), parts)}
		}
		all = append(all, parts...)
	}
	return op.AddN(on(scope, device), all)
}
