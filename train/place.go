package train

import (
	"errors"
	"fmt"
	"time"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// WarnWorker is the warning of workers that a run goes on without.
const WarnWorker = "worker"

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

// again plans what is left of an elastic run that lost workers, nil where nothing is
// left to go on from.
func (p *Plan) again(ended *Ended, cause error) (*Plan, error) {
	if !p.Values.Config.Elastic || ended == nil || !errors.Is(cause, graph.ErrWorker) {
		return nil, nil
	}
	return PlanResume(ended.Run, run.Last, nil)
}
