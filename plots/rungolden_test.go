package plots_test

import (
	"testing"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

// handmadeRunFigures draws each figure of a run from handmade data.
func handmadeRunFigures(t testing.TB) []*plots.Figure {
	t.Helper()
	o := handmadeOutcome(300)
	src := plots.Source{File: "0001-handmade/predictions/validation.csv", Galaxies: len(o.IDs)}
	one := []plots.Curves{handmadeCurves("0001-handmade", 6, 50, 0.5)}
	cases := handmadeCases(4)
	cases[2].Image = nil
	var figures []*plots.Figure
	add := func(f *plots.Figure, err error) {
		if err != nil {
			t.Fatal(err)
		}
		figures = append(figures, f)
	}
	add(plots.Loss(one))
	add(plots.RMSE(one, handmadeScores(t, o)))
	add(plots.PredictedVersusTrue(o, src))
	add(plots.Calibration(o, src))
	add(plots.Confusion(o, src))
	add(plots.Filters(handmadeKernels(), "0001-handmade/samples/kernels.npy"))
	add(plots.Activations(imageproc.Resize(handmadeImage(2), 64, 64), handmadeLayers(), "0001-handmade/samples/activations"))
	add(plots.Augmented(handmadeSheet(32), 32, "0001-handmade/samples/augmented.png"))
	add(plots.Best(cases, src))
	add(plots.Worst(cases, src))
	return figures
}

func TestGoldenOfRuns(t *testing.T) {
	for _, f := range handmadeRunFigures(t) {
		t.Run(f.Name, func(t *testing.T) {
			compare(t, f, plots.Light)
			if f.Name == "loss" || f.Name == "activations" {
				compare(t, f, plots.Dark)
			}
		})
	}
	t.Run("several runs", func(t *testing.T) {
		two := []plots.Curves{handmadeCurves("0001-handmade", 6, 50, 0.5), handmadeCurves("0002-handmade", 4, 60, 0.3)}
		f, err := plots.Loss(two)
		if err != nil {
			t.Fatal(err)
		}
		f.Name += "-several"
		compare(t, f, plots.Light)
		if f, err = plots.RMSE(two, plots.Scores{}); err != nil {
			t.Fatal(err)
		}
		f.Name += "-several"
		compare(t, f, plots.Light)
	})
}

func TestTextOfRunsHasItsPlace(t *testing.T) {
	for _, f := range handmadeRunFigures(t) {
		checkTexts(t, f)
	}
}
