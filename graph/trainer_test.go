package graph

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func TestProbe(t *testing.T) {
	net, _ := LookUp("seed3")
	w, err := net.Weights()
	t.Log(w, err)
	n2, _ := LookUp("seed2")
	t.Log(n2.Weights())
	ns, _ := LookUp("small")
	t.Log(ns.Weights())
	start := time.Now()
	tr, err := NewTrainer(net, Options{LossWeights: MSE(), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("trainer", time.Since(start))
	b, err := NewBatch(64, 64)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range b.Pixels {
		b.Pixels[i] = byte(rng.Uint32())
	}
	for i := range b.Votes {
		b.Votes[i] = rng.Float32()
	}
	var l float64
	for i := 0; i < 12; i++ {
		if i == 2 {
			start = time.Now()
		}
		l, err = tr.Step(b, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%.10f", l)
	}
	t.Log("images/s", 64*10/time.Since(start).Seconds())
	dir := t.TempDir()
	if err := tr.Save(dir); err != nil {
		t.Fatal(err)
	}
	v := make([]galaxyzoo.Votes, 64)
	if err := tr.Predict(b, v); err != nil {
		t.Fatal(err)
	}
	weights, err := ReadWeights(net, dir)
	if err != nil {
		t.Fatal(err)
	}
	md := t.TempDir()
	if err := WriteSavedModel(md, net, weights, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	m, err := LoadModel(md)
	if err != nil {
		t.Fatal(err)
	}
	v2 := make([]galaxyzoo.Votes, 64)
	if err := m.Predict(b, v2); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range v {
		for c := range v[i] {
			worst = math.Max(worst, math.Abs(v[i][c]-v2[i][c]))
		}
	}
	t.Log(worst, v[0][:3])
	d, _ := tr.Device()
	t.Log(d)
}
