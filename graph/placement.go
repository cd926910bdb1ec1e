package graph

import (
	"cmp"
	"slices"
	"time"

	"github.com/wamuir/graft/tensorflow/op"
)

// A Placement says where a Trainer computes. The zero value is this process, on the
// device that TensorFlow chooses.
type Placement struct {
	// Target is the address of the server that computes, "grpc://localhost:2222"; ""
	// is this process.
	Target string
	// Towers are the devices that each take a share of a batch, by TensorFlow's full
	// names; none leaves the choice to TensorFlow.
	Towers []string
	// Homes are the devices that the variables lie on, spread evenly by their bytes.
	Homes []string
	// Host is the CPU that batches come to and go from, and on which lies what has no
	// other place.
	Host string
	// Timeout is how long a call of a server may take; 0 is any time.
	Timeout time.Duration

	tasks  []string // of servers that take part; none is all
	shared bool     // whether variables outlive the session, and all sessions see them
}

// onCPU places all on this process's CPU.
var onCPU = Placement{Host: cpuOf("")}

func (p Placement) towers() []string {
	if len(p.Towers) == 0 {
		return []string{""}
	}
	return p.Towers
}

// homes gives variables their devices: each to the one that has the fewest bytes yet.
type homes struct {
	devices []string
	bytes   []int64
}

func (h *homes) next(v Variable) string {
	if len(h.devices) == 0 {
		return ""
	}
	if h.bytes == nil {
		h.bytes = make([]int64, len(h.devices))
	}
	least := slices.Index(h.bytes, slices.MinFunc(h.bytes, cmp.Compare))
	h.bytes[least] += int64(v.Elements())
	return h.devices[least]
}

// on returns the scope with a device, where it is to have another.
func on(scope *op.Scope, device string) *op.Scope {
	if device == "" {
		return scope
	}
	return scope.WithDevice(device)
}

// where returns the scope on the device that the variable lies on, for what is computed
// of it alone.
func (v *variable) where(scope *op.Scope) *op.Scope { return on(scope, v.device) }
