package train

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// warnings trains and returns the kinds of warnings that it gave. change, unless nil, is
// made to the plan before.
func warnings(t *testing.T, change func(*Plan), more ...string) []string {
	t.Helper()
	plan, err := NewPlan(endless(t, append([]string{"runs", t.TempDir()}, more...)...))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(plan)
	}
	var kinds []string
	_, err = plan.Run(t.Context(), Options{Observe: func(e Event) {
		if w, is := e.(Warned); is {
			kinds = append(kinds, w.Kind)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

// A learning rate that leaves a network saying the same of every galaxy is told of,
// once; the first step of a network that learns is not.
func TestConstantVotes(t *testing.T) {
	dead := warnings(t, nil, "optimiser", "adam", "learning-rate", "30", "steps", "12")
	if strings.Join(dead, " ") != WarnConstant {
		t.Errorf("warnings %v, want %s once", dead, WarnConstant)
	}
	if kinds := warnings(t, nil, "steps", "1", "warm-up", "200", "average", "0.998", "label-bias", "true"); len(kinds) > 0 {
		t.Errorf("after a step, warnings %v, want none", kinds)
	}
}

// A network that trains on labels shuffled among the galaxies is told of.
func TestVotesByChance(t *testing.T) {
	shuffle := func(p *Plan) {
		g := p.Catalogue.Galaxies
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(g), func(i, k int) { g[i].Votes, g[k].Votes = g[k].Votes, g[i].Votes })
	}
	kinds := warnings(t, shuffle, "data", "synthetic:260", "validation", "0.4", "batch-size", "16", "steps", "126", "rotate", "false", "flip", "false")
	if strings.Join(kinds, " ") != WarnChance {
		t.Errorf("warnings %v, want %s", kinds, WarnChance)
	}
}

// Votes by chance are told of once there is something to go by, and weak ones that
// follow the truth are not.
func TestSuspect(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	votes := func(n int, share float64) validation { // of the truth in the votes
		v := validation{heldBack: true, votes: make([]galaxyzoo.Votes, n), cast: make([]galaxyzoo.Votes, n)}
		for i := range n {
			for c := range v.cast[i] {
				v.cast[i][c] = dice.Float64()
				v.votes[i][c] = share*v.cast[i][c] + (1-share)*dice.Float64()
			}
		}
		return v
	}
	tests := []struct {
		name string
		v    validation
		at   run.State
		want string
	}{
		{"by chance", votes(400, 0), run.State{Step: 200, Epoch: 1}, WarnChance},
		{"a third of the truth", votes(400, .33), run.State{Step: 200, Epoch: 1}, ""},
		{"few rows", votes(99, 0), run.State{Step: 200, Epoch: 1}, ""},
		{"the first epoch", votes(400, 0), run.State{Step: 200, Epoch: 0}, ""},
		{"few steps", votes(400, 0), run.State{Step: 190, Epoch: 1}, ""},
		{"one row", votes(1, 0), run.State{Step: 200, Epoch: 1}, ""},
	}
	for _, test := range tests {
		got := ""
		l := &loop{state: test.at, input: &input{batchSize: 10}, warned: map[string]bool{}}
		l.options.Observe = func(e Event) { got += e.(Warned).Kind }
		for range 2 { // and once each
			l.suspect(&test.v)
		}
		if got != test.want {
			t.Errorf("%s: warnings %q, want %q", test.name, got, test.want)
		}
	}
}

func TestSpreadAndCorrelation(t *testing.T) {
	rows := make([]galaxyzoo.Votes, 4)
	for i := range rows {
		rows[i][0], rows[i][36] = float64(i), 10*float64(i%2)
	}
	if got := spread(rows); got != 5 {
		t.Errorf("spread %g, want 5", got)
	}
	turned := make([]galaxyzoo.Votes, 4)
	for i := range turned {
		turned[i][0] = 7 - float64(i)
	}
	if got := correlation(rows, turned); got < 1-1e-12 || got > 1+1e-12 {
		t.Errorf("correlation %g, want 1", got)
	}
	if got := correlation(rows, make([]galaxyzoo.Votes, 4)); got != 0 {
		t.Errorf("correlation %g with a constant, want 0", got)
	}
}

// A cache whose checksums are right and whose crops are not those of the images is
// not trained on.
func TestCropsOfOtherImages(t *testing.T) {
	cache := t.TempDir()
	draw := func(seed uint64) string {
		dir := filepath.Join(t.TempDir(), "data")
		if err := galaxyzoo.Export(t.Context(), galaxyzoo.Synthetic(30, seed), dir, nil, nil); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	first, second := draw(1), draw(2)
	if _, err := trainNew(t, t.Context(), nil, "data", first, "cache", cache, "epochs", "1"); err != nil {
		t.Fatal(err)
	}
	plan, err := NewPlan(settings(t, "data", first, "cache", cache, "runs", t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	// Behind the back of the catalogue, which knows files by sizes and times.
	g := &plan.Catalogue.Galaxies[plan.Training[0]]
	other, err := os.ReadFile(filepath.Join(second, galaxyzoo.TrainingFolder, filepath.Base(g.File)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(g.File, other, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = plan.Run(t.Context(), Options{})
	var data *galaxyzoo.DataError
	if !errors.As(err, &data) || !strings.Contains(err.Error(), "remove this file") || filepath.Dir(data.File) != cache {
		t.Errorf("got %v, want a data error that names the cache", err)
	}
	if runs, err := run.List(plan.Values.Config.Runs); err != nil || len(runs) > 0 {
		t.Errorf("it left %v: %v", runs, err)
	}
}
