package infer

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// symmetricFolder is modelFolder for a model that says it has the square's symmetry,
// which an untrained network of this kind has not: only so can be seen which views
// it gets.
func symmetricFolder(t testing.TB, net *graph.Network, seed uint64, preprocessing string) string {
	t.Helper()
	dir := modelFolder(t, net, seed, preprocessing)
	description := []byte(`{"symmetry":"` + graph.SymmetryD4 + `"}`)
	if err := os.WriteFile(filepath.Join(dir, "assets.extra", "network.json"), description, 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// mixed is an ensemble of members with three feeds: two that share a crop and its
// views, one with the crop and other views, and one with an oversampled crop.
func mixed(t testing.TB) *Ensemble {
	t.Helper()
	const crop, region = `{"crop":"centre","width":212,"size":8}`, `{"crop":"roi","size":12,"oversample":1.5}`
	e, err := LoadEnsemble([]string{
		modelFolder(t, conv(8), 1, crop), symmetricFolder(t, conv(8), 2, crop),
		modelFolder(t, conv(8), 3, crop), modelFolder(t, conv(12), 4, region),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if len(e.feeds) != 3 || !slices.Equal(e.feed, []int{0, 1, 0, 2}) {
		t.Fatalf("feeds %v of %v, want that the first and third share one", e.feed, e.feeds)
	}
	return e
}

// realGalaxies is a data folder with some of the challenge's images.
func realGalaxies(t testing.TB, count int) string {
	t.Helper()
	from := os.Getenv("TFGALAXY_DATA")
	if from == "" {
		t.Skip("TFGALAXY_DATA names no folder with the challenge's images")
	}
	c, err := galaxyzoo.OpenCatalogue(from)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, galaxyzoo.TrainingFolder), 0o777); err != nil {
		t.Fatal(err)
	}
	labels := galaxyzoo.Labels{}
	for k := range count {
		g := c.Galaxies[k*(c.Len()-1)/(count-1)]
		labels.IDs, labels.Votes = append(labels.IDs, g.ID), append(labels.Votes, g.Votes)
		image, err := filepath.Abs(g.File)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(image, filepath.Join(dir, galaxyzoo.TrainingFolder, filepath.Base(g.File))); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(filepath.Join(dir, galaxyzoo.LabelFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(labels.Write(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func drawnGalaxies(t testing.TB, count int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := galaxyzoo.Export(t.Context(), galaxyzoo.Synthetic(count, 1), dir, nil, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What is scored from cached crops is what a table of predictions says of the
// images, whatever the views and the members.
func TestScoredVotesArePredictedVotes(t *testing.T) {
	for name, data := range map[string]func(testing.TB, int) string{"drawn": drawnGalaxies, "real": realGalaxies} {
		t.Run(name, func(t *testing.T) {
			dir, e, cache := data(t, 12), mixed(t), t.TempDir()
			c, err := galaxyzoo.OpenCatalogue(dir)
			if err != nil {
				t.Fatal(err)
			}
			decoder, err := OpenDecoder()
			if err != nil {
				t.Fatal(err)
			}
			defer decoder.Close()
			for _, o := range []Options{
				{BatchSize: 5}, {BatchSize: 64, Views: 3}, {BatchSize: 7, Views: 17, Consistent: true}, {BatchSize: 64, Views: 96},
			} {
				o.Decoder = decoder.Decoder
				if err := o.Check(e); err != nil {
					t.Fatal(err)
				}
				predicted := map[int64]galaxyzoo.Votes{}
				for p, err := range e.Predict(t.Context(), open(t, filepath.Join(dir, galaxyzoo.TrainingFolder)).All(), o) {
					if err = errors.Join(err, p.Err); err != nil {
						t.Fatal(err)
					}
					id, err := strconv.ParseInt(p.Entry.ID, 10, 64)
					if err != nil {
						t.Fatal(err)
					}
					predicted[id] = p.Votes
				}
				told := 0
				votes, err := e.Votes(t.Context(), c, c.All(), Scoring{
					Cache: cache, BatchSize: 10, Views: o.Views, Consistent: o.Consistent,
					Progress: func(done, total int) {
						if done <= told || total != 4*12 {
							t.Errorf("told of %d of %d after %d, want more, of 48", done, total, told)
						}
						told = done
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				if told != 4*12 {
					t.Errorf("told of %d at last, want 48", told)
				}
				for i, got := range votes {
					want, has := predicted[c.Galaxies[i].ID]
					if d := furthest(&got, &want); !has || !(d <= tolerance) {
						t.Errorf("%d views: galaxy %d is off by %g", o.Views, c.Galaxies[i].ID, d)
					}
				}
			}
		})
	}
}

// A member with the square's symmetry gets views of its own, and counts as much as
// one with more of them; votes and their spread by hand.
func TestViewsSuitTheMembers(t *testing.T) {
	const crop, views = `{"crop":"centre","width":40,"size":8}`, 40
	paths := []string{modelFolder(t, conv(8), 1, crop), symmetricFolder(t, conv(8), 2, crop)}
	e, err := LoadEnsemble(paths)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	dir := imageFolder(t, 1)
	got := predictAll(t, e, dir, Options{BatchSize: 64, Views: views, Uncertainty: true})["1"]

	img, err := imageproc.DefaultDecoder.Read(imageproc.Entry{ID: "1", File: filepath.Join(dir, "1.jpg")}.Source())
	if err != nil {
		t.Fatal(err)
	}
	p := e.Members[0].Preprocessing
	var mean, square galaxyzoo.Votes
	for k, list := range [][]imageproc.Transform{imageproc.Views(views), imageproc.SymmetricViews(imageproc.MaxSymmetricViews)} {
		// From the centre to an edge are 4 pixels: turned, and turned and zoomed out, views
		// go as far as 1.41 and 1.56 times that.
		p.Margin = 2 + k
		cut := make([]byte, 3*p.CropSize()*p.CropSize())
		imageproc.PackRGB(cut, p.Cut(img))
		batch, err := graph.NewBatch(len(list), 8)
		if err != nil {
			t.Fatal(err)
		}
		for i, view := range list {
			view.WarpRGB(batch.Image(i), 8, cut, p.CropSize(), 1)
		}
		votes := make([]galaxyzoo.Votes, len(list))
		if err := e.Members[k].Predict(batch, votes); err != nil {
			t.Fatal(err)
		}
		for _, v := range votes {
			for c, x := range v {
				mean[c] += x / float64(2*len(list))
				square[c] += x * x / float64(2*len(list))
			}
		}
	}
	for c := range mean {
		spread := math.Sqrt(max(0, square[c]-mean[c]*mean[c]))
		if math.Abs(got.Votes[c]-mean[c]) > tolerance || math.Abs(got.Spread[c]-spread) > 1e-5 { // the root of a small difference
			t.Errorf("vote %d: %g, spread %g, want %g, %g", c, got.Votes[c], got.Spread[c], mean[c], spread)
		}
	}
	one := galaxyzoo.Synthetic(1, 1)
	for n, fewest := range map[int]int{views: imageproc.MaxSymmetricViews, 2: 0} {
		scored, err := e.Evaluate(t.Context(), one, []int{0}, Scoring{Cache: t.TempDir(), BatchSize: 8, Views: n})
		if err != nil {
			t.Fatal(err)
		}
		if scored.Views != n || scored.FewestViews != fewest {
			t.Errorf("an evaluation tells of %d views, and %d as the fewest, want %d and %d", scored.Views, scored.FewestViews, n, fewest)
		}
	}
	lone, err := LoadEnsemble(paths[1:])
	if err != nil {
		t.Fatal(err)
	}
	defer lone.Close()
	if err := lone.checkViews(imageproc.MaxSymmetricViews); err != nil {
		t.Error(err)
	}
	_, err = lone.Votes(t.Context(), one, []int{0}, Scoring{Cache: t.TempDir(), BatchSize: 1, Views: 25})
	if _, usage := errors.AsType[*run.UsageError](err); !usage || !strings.Contains(err.Error(), "25 views, want 1 to 24: the network says") {
		t.Errorf("25 views of a network with symmetry: got %v, want a usage error", err)
	}
	two, err := LoadEnsemble([]string{paths[1], paths[1]})
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	if err := two.checkViews(25); err == nil || !strings.Contains(err.Error(), "all these networks say") {
		t.Errorf("25 views of two networks with symmetry: %v", err)
	}
	features := predictAll(t, lone, dir, Options{BatchSize: 2, Views: 5, Features: true, Uncertainty: true})["1"]
	if len(features.Features) != 8 || features.Spread[0] <= 0 {
		t.Errorf("%d features, spread %g, want 8 and more than 0", len(features.Features), features.Spread[0])
	}
}

// A cross-validation's score is that of all rows at once, each by its fold's model,
// with the errors that the folds' own scores tell.
func TestCrossValidate(t *testing.T) {
	const crop = `{"crop":"roi","size":8}`
	c, s := galaxyzoo.Synthetic(13, 1), Scoring{Cache: t.TempDir(), BatchSize: 4, Views: 2}
	var folds []Fold
	var scores []galaxyzoo.Score
	squares := 0.0
	for fold := 1; fold <= 3; fold++ {
		_, held := galaxyzoo.Fold(c.IDs(), 3, fold, 1)
		folds = append(folds, Fold{Fold: fold, Run: modelFolder(t, conv(8), uint64(fold), crop), Positions: held})
		e, err := LoadEnsemble([]string{folds[fold-1].Run})
		if err != nil {
			t.Fatal(err)
		}
		one, err := e.Evaluate(t.Context(), c, held, s)
		e.Close()
		if err != nil {
			t.Fatal(err)
		}
		if one.Folds != nil || one.ScoreErrors != nil || one.Views != 2 {
			t.Errorf("an evaluation of one model is %+v", one)
		}
		scores = append(scores, one.Score)
		squares += one.RMSE * one.RMSE * float64(len(held))
	}
	last := 0
	s.Progress = func(done, total int) {
		if done <= last || total != 13 {
			t.Errorf("told of %d of %d after %d", done, total, last)
		}
		last = done
	}
	got, err := CrossValidate(t.Context(), c, folds, 3, s)
	if err != nil {
		t.Fatal(err)
	}
	if want := math.Sqrt(squares / 13); math.Abs(got.RMSE-want) > 1e-12 || got.Images != 13 || len(got.Models) != 3 { // other sums
		t.Errorf("RMSE %v of %d galaxies, want %v of 13", got.RMSE, got.Images, want)
	}
	if want := galaxyzoo.NewScoreErrors(scores); *got.ScoreErrors != want {
		t.Errorf("errors %v, want %v", *got.ScoreErrors, want)
	}
	for i, f := range got.Folds {
		if f.Fold != i+1 || f.Run != folds[i].Run || f.Score != scores[i] {
			t.Errorf("fold %d is %+v, want %+v", i+1, f, scores[i])
		}
	}
	s.Progress = nil
	if one, err := CrossValidate(t.Context(), c, folds[1:2], 3, s); err != nil || one.ScoreErrors != nil || one.Of != 3 {
		t.Errorf("one fold of three: %+v, %v; want no errors of the score", one, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := CrossValidate(ctx, c, folds, 3, s); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
}

// Crops that are cut while they are scored give an error that names their file.
func TestVotesOfCropsThatWereCut(t *testing.T) {
	e, c := ensembleOf(t, 1), galaxyzoo.Synthetic(3, 1)
	crops, err := OpenCrops(t.Context(), t.TempDir(), c, e.feeds[0].crop, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer crops.Close()
	if err := os.Truncate(crops.Path(), 0); err != nil {
		t.Fatal(err)
	}
	_, err = Votes(t.Context(), e.Members[0], crops, []int{0, 1, 2}, 2, nil)
	if !errors.Is(err, imageproc.ErrCropsChanged) || !strings.Contains(err.Error(), crops.Path()) {
		t.Errorf("error %v, want one that names the file", err)
	}
}
