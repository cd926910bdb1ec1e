package graph

import (
	"testing"
	"time"
)

// plainTwin is the network with as many channels and none of the symmetry.
func plainTwin(net *Network) *Network {
	twin := *net
	twin.Layers = nil
	for _, l := range net.Layers {
		switch l := l.(type) {
		case Lift:
			twin.Layers = append(twin.Layers, l.plain(orientations))
		case GroupConv:
			twin.Layers = append(twin.Layers, l.lift().plain(orientations))
		case GroupNorm:
			twin.Layers = append(twin.Layers, l.BatchNorm)
		case GroupDense:
			twin.Layers = append(twin.Layers, Flatten{}, Dense(l), ReLU{})
		default:
			twin.Layers = append(twin.Layers, l)
		}
	}
	return &twin
}

// A step of network d4 against one of its plain twin, in turn: each number is of the
// fastest step.
func BenchmarkSymmetry(b *testing.B) {
	net, err := LookUp("d4")
	if err != nil {
		b.Fatal(err)
	}
	networks := []*Network{net, plainTwin(net)}
	trainers := make([]*Trainer, len(networks))
	for i, n := range networks {
		trainers[i] = newTrainer(b, n, Options{LossWeights: MSE(), Seed: 1})
	}
	batch := randomBatch(b, 64, net.Size, 1)
	fastest := make([]time.Duration, len(networks))
	step := func(i int) time.Duration {
		start := time.Now()
		if _, err := trainers[i].Step(batch, 1e-3); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	for i := range trainers { // TensorFlow prepares its kernels
		step(i)
		fastest[i] = step(i)
	}
	for b.Loop() {
		for i := range trainers {
			fastest[i] = min(fastest[i], step(i))
		}
	}
	rate := func(i int) float64 { return float64(batch.Rows) / fastest[i].Seconds() }
	b.ReportMetric(rate(0), "images/s")
	b.ReportMetric(rate(1), "plain-images/s")
	b.ReportMetric(rate(0)/rate(1), "of-plain")
}
