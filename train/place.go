package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// Warnings of where a run computes: of workers that it goes on without, and of devices
// that have nothing to do.
const (
	WarnWorker  = "worker"
	WarnDevices = "devices"
)

// place says where the trainer computes, and asks workers whether they are there.
func (l *loop) place() (graph.Placement, error) {
	c := l.config
	if c.Workers == "" {
		if c.Devices == run.DevicesAuto {
			return graph.Placement{}, nil
		}
		devices, err := graph.ChooseDevices(c.Devices)
		if err != nil {
			return graph.Placement{}, err
		}
		return graph.PlaceOn(devices), nil
	}
	addresses, err := run.ParseAddresses(c.Workers)
	if err != nil {
		return graph.Placement{}, err
	}
	l.cluster, err = graph.Connect(addresses, l.options.Version, time.Duration(c.WorkerTimeout)*time.Second, c.Elastic)
	if err != nil {
		return graph.Placement{}, err
	}
	if lost := errors.Join(l.cluster.Lost...); lost != nil {
		l.warn(WarnWorker, fmt.Sprintf("going on with %d of %d workers: %v", len(l.cluster.Workers), len(addresses), lost))
	}
	return l.cluster.Placement(), nil
}

// mostLosses is how often in a row an elastic run may lose workers before it has another
// checkpoint: one that does so each time would never end.
const mostLosses = 10

// elastically runs a plan once and, as long as an elastic run loses workers, what is left
// of it.
func (p *Plan) elastically(ctx context.Context, once func(*Plan) (*Ended, error)) (*Ended, error) {
	var last *Ended
	for losses := 1; ; losses++ {
		ended, err := once(p)
		if ended == nil {
			ended = last // that which could not go on
		}
		if !p.Values.Config.Elastic || ended == nil || !errors.Is(err, graph.ErrWorker) || ctx.Err() != nil {
			return ended, err
		}
		next, fault := PlanResume(ended.Run, run.Last, nil)
		if fault != nil {
			return ended, errors.Join(err, fault)
		}
		if next.state.Step > p.from() {
			losses = 1
		}
		if losses > mostLosses {
			return ended, fmt.Errorf("workers were lost %d times in a row with no checkpoint after step %d: %w", losses, next.state.Step, err)
		}
		p, last = next, ended
	}
}

// from is the step that a run goes on from.
func (p *Plan) from() int64 {
	if p.state == nil {
		return 0
	}
	return p.state.Step
}
