package plots_test

import (
	"bytes"
	"fmt"
	"log"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

var handmadePredictions = plots.Source{File: "0001-handmade/predictions/validation.csv", Galaxies: 300}

func ExampleLoss() {
	describe(plots.Loss([]plots.Curves{handmadeCurves("0001-handmade", 6, 50, 0.5)}))
	// Output: loss: "Loss while training", 443 x 329 pixels
}

func ExampleRMSE() {
	runs := []plots.Curves{handmadeCurves("0001-handmade", 6, 50, 0.5), handmadeCurves("0002-handmade", 4, 50, 0.3)}
	describe(plots.RMSE(runs, plots.Scores{}))
	// Output: rmse: "Score by epoch and by question", 443 x 285 pixels
}

func ExamplePredictedVersusTrue() {
	describe(plots.PredictedVersusTrue(handmadeOutcome(300), handmadePredictions))
	// Output: predicted-vs-true: "Predicted against true votes", 443 x 404 pixels
}

func ExampleCalibration() {
	describe(plots.Calibration(handmadeOutcome(300), handmadePredictions))
	// Output: calibration: "How far predictions can be taken at their word", 443 x 531 pixels
}

func ExampleConfusion() {
	describe(plots.Confusion(handmadeOutcome(300), handmadePredictions))
	// Output: confusion: "The answer with the most votes, cast and predicted", 443 x 560 pixels
}

func ExampleFilters() {
	describe(plots.Filters(handmadeKernels(), "0001-handmade/samples/kernels.npy"))
	// Output: filters: "What the first convolution looks for", 443 x 387 pixels
}

func ExampleActivations() {
	galaxy := imageproc.Resize(handmadeImage(2), 64, 64)
	describe(plots.Activations(galaxy, handmadeLayers(), "0001-handmade/samples/activations"))
	// Output: activations: "One galaxy on its way through the network", 443 x 291 pixels
}

func ExampleAugmented() {
	describe(plots.Augmented(handmadeSheet(32), 32, "0001-handmade/samples/augmented.png"))
	// Output: augmented: "A batch as the network sees it", 443 x 160 pixels
}

func ExampleBest() {
	describe(plots.Best(handmadeCases(2), handmadePredictions))
	// Output: best: "The galaxies predicted best", 443 x 244 pixels
}

func ExampleWorst() {
	describe(plots.Worst(handmadeCases(3), handmadePredictions))
	// Output: worst: "The galaxies predicted worst", 443 x 306 pixels
}

// The report of a study without data or runs says what would fill it.
func ExampleWriteReport() {
	study := plots.NewStudy(nil, nil, nil)
	var page bytes.Buffer
	if err := plots.WriteReport(&page, study.Report(study.Draw(plots.FigureNames()))); err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(page.String()) {
		if strings.HasPrefix(line, "<h2>") {
			fmt.Print(line)
		}
	}
	// Output:
	// <h2>Background</h2>
	// <h2>Exploration</h2>
	// <h2>Benchmarks</h2>
	// <h2>Preprocessing</h2>
	// <h2>Network</h2>
	// <h2>Training</h2>
	// <h2>Result</h2>
	// <h2>How it was made</h2>
}
