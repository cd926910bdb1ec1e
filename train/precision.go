package train

import (
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// settlePrecision replaces "auto" by the precision that it means where the run computes,
// here or on a cluster, so that the run's configuration names it. It returns why it is
// that one, for the user.
func (p *Plan) settlePrecision(here graph.Placement, cluster *graph.Cluster) (note string, err error) {
	if p.Values.Config.Precision != run.PrecisionAuto {
		return "", nil
	}
	var precision graph.Precision
	var why string
	if cluster != nil {
		precision, why = cluster.FastestPrecision()
	} else if precision, why, err = graph.FastestPrecision(here); err != nil {
		return "", err
	}
	return fmt.Sprintf("precision %s: %s", precision, why), p.Values.Choose("precision", string(precision), "auto: "+why)
}

// slowNote tells of a precision that costs time where it is meant to save some.
func slowNote(precision, device string) string {
	slow, why := graph.Precision(precision).Slow(device)
	if !slow {
		return ""
	}
	return fmt.Sprintf("%s is slower than float32 on %s: %s", precision, device, why)
}

// mostOverflows is how many steps in a row may leave float16's range: each halves
// the scale of the loss, and after so many none is left.
const mostOverflows = 30

// overflowed takes note of a batch whose step changed nothing.
func (l *loop) overflowed(rate float64) error {
	l.overflows++
	if l.overflows > mostOverflows {
		return l.diverged(l.here(fmt.Sprintf("%d steps in a row left the range of float16", l.overflows), rate))
	}
	l.state.Step++
	l.state.Batch++
	return nil
}
