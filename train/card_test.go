package train

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

var update = flag.Bool("update", false, "write the golden files anew")

// exportCard exports a checkpoint of a run and returns its model card.
func exportCard(t *testing.T, r *run.Run, name string, frozen bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if _, err := Export(r, name, dir, frozen); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, cardFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The card of a tiny run, whose scores and times are set by hand: they differ
// between machines.
func TestCard(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(r.SavedModel(), cardFile))
	if err != nil {
		t.Fatal(err)
	}
	if exported := exportCard(t, r, run.Best, false); exported != string(written) {
		t.Error("the card of an export is not the run's own")
	}

	info, err := r.Info()
	if err != nil {
		t.Fatal(err)
	}
	info.Versions = run.Versions{TFGalaxy: "1.2.3", Go: "go1.26.0", TensorFlow: "2.18.1"}
	info.Started, info.Data.Fingerprint = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "0123456789abcdef"
	if err := errors.Join(r.Unseal(), r.WriteInfo(info)); err != nil {
		t.Fatal(err)
	}
	state, err := run.ReadState(r.Checkpoint(run.Best))
	if err != nil {
		t.Fatal(err)
	}
	if best := state.Best; len(best.Questions) != galaxyzoo.NumQuestions || best.MeanVote == nil || *best.MeanVote <= 0 {
		t.Errorf("scores %v and mean vote %v were recorded, want all", best.Questions, best.MeanVote)
	}
	questions := make([]float64, galaxyzoo.NumQuestions)
	for i := range questions {
		questions[i] = 0.1 + 0.01*float64(i)
	}
	state.Best.RMSE, state.Best.Questions, state.Best.MeanVote = new(0.1247), questions, new(0.1679)
	if err := errors.Join(state.Write(r.Checkpoint(run.Best)), run.WriteSums(r.Checkpoint(run.Best))); err != nil {
		t.Fatal(err)
	}
	got, golden := exportCard(t, r, run.Best, true), filepath.Join("testdata", "card.golden.md")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the card is not that of %s (go test ./train -run Card -update writes it):\n%s", golden, got)
	}

	// A run of an earlier version has recorded less.
	state.Best.Questions, state.Best.MeanVote = nil, nil
	if err := errors.Join(state.Write(r.Checkpoint(run.Best)), run.WriteSums(r.Checkpoint(run.Best))); err != nil {
		t.Fatal(err)
	}
	wantIn(t, "an earlier version's", exportCard(t, r, run.Best, false), "**0.1247**. The score of each question was not recorded")
}

// What the card says where a run has no score, or no name to give.
func TestCardOfOtherRuns(t *testing.T) {
	checkpointOf := func(change func(*checkpoint), more ...string) card {
		config := settings(t, more...).Config
		network, err := Network(&config)
		if err != nil {
			t.Fatal(err)
		}
		best := &run.BestEpoch{Epoch: 2, Step: 6, RMSE: new(0.125)}
		c := &checkpoint{Name: run.Last, Network: network, Config: &config, Info: &run.Info{}, State: &run.State{Step: 6, Epoch: 2, Best: best}}
		change(c)
		return card{checkpoint: c}
	}
	tests := []struct {
		name string
		card card
		want []string
	}{
		{"the last checkpoint", checkpointOf(func(c *checkpoint) { c.Info.Data.Validation, c.State.Step = 12, 9 }),
			[]string{"| checkpoint | last, after epoch 2, step 9 |", "Not recorded for this checkpoint", "12 galaxies: a share of 0.2"}},
		{"nothing held back", checkpointOf(func(c *checkpoint) { c.State.Best = &run.BestEpoch{Epoch: 2, Step: 6, TrainingRMSE: new(0.0815)} }),
			[]string{"| held back | none |", "No galaxies were held back", "trained on the root mean squared error is 0.0815."}},
		{"a folder with folders above", checkpointOf(func(c *checkpoint) {}, "data", "/home/someone/galaxyzoo"), []string{"| name | `galaxyzoo` |"}},
		{"a folder without a name", checkpointOf(func(c *checkpoint) {}, "data", "."), []string{"| name | a folder |"}},
		{"the home itself", checkpointOf(func(c *checkpoint) {}, "data", "~/"), []string{"| name | a folder |"}},
		{"regions of interest", checkpointOf(func(c *checkpoint) {}, "crop", "roi", "augment", "none"),
			[]string{"The square around the largest structure", "images as they are"}},
		{"oversampled crops", checkpointOf(func(c *checkpoint) {}, "crop", "centre", "crop-width", "256", "size", "32", "oversample", "1.5"),
			[]string{"The central 256x256 pixels", "scaled to 48x48 by area averaging (OpenCV's INTER_AREA), in whole levels, of which a bilinear interpolation with the same edges makes the 32x32, in whole levels again."}},
		{"a linear output", checkpointOf(func(c *checkpoint) {}, "output", "linear", "flip", "false"), []string{"| output | linear |", "images turned at random", "obeys that only nearly."}},
		{"an output that goes down the tree", checkpointOf(func(c *checkpoint) {}, "output", "softmax-tree"),
			[]string{"| output | softmax-tree |", "obeys that for any image, but for rounding."}},
		{"all changes", checkpointOf(func(c *checkpoint) {}, "zoom", "1.2", "shift", "0.05", "brightness", "0.5"),
			[]string{"images turned, mirrored, scaled by 0.833 to 1.2, moved by up to 5 % of their side and brightened or darkened at random"}},
		{"adam", checkpointOf(func(c *checkpoint) {}), []string{"epochs at most 2, batch size 16, loss mse, optimiser adam, learning rate", "`variables/` |"}},
		{"adamw", checkpointOf(func(c *checkpoint) {}, "optimiser", "adamw", "weight-decay", "0.05", "average", "0.999", "label-bias", "true"),
			[]string{"optimiser adamw with weight decay 0.05,", "`variables/`: their moving average over the steps, of decay 0.999 |", ", last biases from the mean votes |"}},
		{"sgd", checkpointOf(func(c *checkpoint) { c.Config.Steps = 12000 }, "optimiser", "sgd", "weight-decay", "0.0005"),
			[]string{"steps at most 12,000, batch", "optimiser sgd with Nesterov's momentum 0.9 and weight decay 0.0005,"}},
		{"a symmetry that is lost", checkpointOf(func(c *checkpoint) {}, "network", "d4", "size", "72"),
			[]string{"says the same to programs. At an input of 72 pixels the votes of d4 change as an image is turned or mirrored; at 64 or 80 they do not.\n"}},
		{"a symmetry that is kept", checkpointOf(func(c *checkpoint) {}, "network", "d4", "size", "80"), []string{"says the same to programs.\n"}},
		{"mirrored", checkpointOf(func(c *checkpoint) {}, "rotate", "false"), []string{"images mirrored at random"}},
	}
	for _, test := range tests {
		text, err := test.card.render()
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		wantIn(t, test.name, string(text), test.want...)
		if strings.Contains(string(text), "/home") || strings.Contains(string(text), "<no value>") {
			t.Errorf("%s: the card has a path or a hole:\n%s", test.name, text)
		}
	}
}

func wantIn(t *testing.T, name, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s: want %q in the card:\n%s", name, w, text)
		}
	}
}

func TestExport(t *testing.T) {
	ended, err := trainNew(t, context.Background(), nil, "epochs", "1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(ended.Run)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "model")
	signatures, err := Export(r, run.Last, dir, true)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range signatures {
		names = append(names, s.Name)
	}
	if want := []string{graph.ServingSignature, graph.OriginalSignature, graph.FeaturesSignature, graph.DropoutSignature}; !slices.Equal(names, want) {
		t.Errorf("signatures %v, want %v", names, want)
	}
	if _, err := Export(r, run.Last, dir, true); err == nil {
		t.Error("an export was overwritten")
	}
	if err := os.RemoveAll(r.Checkpoint(run.Best)); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "model")
	if _, err := Export(r, run.Best, empty, false); err == nil || !strings.Contains(err.Error(), r.Dir) {
		t.Errorf("got %v, want an error that names the run", err)
	}
	if _, err := os.Stat(empty); !os.IsNotExist(err) {
		t.Errorf("a failed export left something: %v", err)
	}
}
