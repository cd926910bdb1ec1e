package baseline_test

import (
	"fmt"
	"log"

	"github.com/tfgalaxy/tfgalaxy/baseline"
	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func ExampleFit() {
	colours := []baseline.Colour{{0, 0, 0}, {100, 0, 0}, {0, 100, 0}, {0, 0, 100}, {100, 100, 100}}
	votes := make([]galaxyzoo.Votes, len(colours))
	for i, c := range colours {
		votes[i][0] = 0.2 + 0.004*c[0] - 0.001*c[2]
	}
	line, err := baseline.Fit(colours, votes)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("smooth = %.1f %+.3f red %+.3f blue\n", line.Intercept[0], line.Slope[0][0], line.Slope[2][0])
	fmt.Printf("a red galaxy: %.2f\n", line.Predict(baseline.Colour{200, 80, 40})[0])
	// Output:
	// smooth = 0.2 +0.004 red -0.001 blue
	// a red galaxy: 0.96
}
