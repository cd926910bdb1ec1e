package plots_test

import (
	"bytes"
	"fmt"
	"image/png"
	"log"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

// describe draws a figure and prints its name and its size in pixels. The
// pictures themselves are in testdata.
func describe(f *plots.Figure, err error) {
	if err != nil {
		log.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.WritePNGAt(&b, plots.Light, goldenDPI); err != nil {
		log.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %q, %d x %d pixels\n", f.Name, f.Title, img.Bounds().Dx(), img.Bounds().Dy())
}

func ExampleTree() {
	votes := handmadeVotes(400)
	describe(plots.Tree(votes, plots.Source{File: "handmade.csv", Galaxies: len(votes)}))
	// Output: tree: "The questions, and how the volunteers walked through them", 443 x 606 pixels
}

func ExampleClassCounts() {
	votes := handmadeVotes(400)
	describe(plots.ClassCounts(votes, plots.Source{File: "handmade.csv", Galaxies: len(votes)}))
	// Output: class-counts: "How common each answer is", 443 x 502 pixels
}

func ExampleMaxConfidence() {
	best := plots.Example{Answer: galaxyzoo.Answers[0], ID: 100008, Vote: 0.97, Image: handmadeImage(1)}
	describe(plots.MaxConfidence([]plots.Example{best}, plots.Source{File: "handmade images", Galaxies: 1}))
	// Output: max-confidence: "The galaxy that each answer got the most votes for", 443 x 593 pixels
}

func ExampleAverageImage() {
	s := handmade()
	describe(plots.AverageImage(s.Mean, s.Images))
	// Output: average-image: "The average of all images", 443 x 362 pixels
}

func ExampleRegionsOfInterest() {
	best := plots.Example{Answer: galaxyzoo.Answers[0], ID: 100008, Vote: 0.97, Image: handmadeImage(1)}
	describe(plots.RegionsOfInterest([]plots.Example{best}, 64, plots.Source{File: "handmade images", Galaxies: 1}))
	// Output: roi: "What is cut out of each image", 443 x 485 pixels
}

func ExampleVoteHistograms() {
	votes := handmadeVotes(400)
	describe(plots.VoteHistograms(votes, plots.Source{File: "handmade.csv", Galaxies: len(votes)}))
	// Output: vote-histograms: "The votes for each answer", 443 x 491 pixels
}

func ExampleAgreement() {
	votes := handmadeVotes(400)
	describe(plots.Agreement(votes, plots.Source{File: "handmade.csv", Galaxies: len(votes)}))
	// Output: agreement: "How far the volunteers agreed", 443 x 412 pixels
}

func ExampleCorrelations() {
	votes := handmadeVotes(400)
	describe(plots.Correlations(votes, plots.Source{File: "handmade.csv", Galaxies: len(votes)}))
	// Output: correlations: "How the answers to each question go together", 443 x 510 pixels
}

func ExampleCorrelationsAll() {
	votes := handmadeVotes(400)
	describe(plots.CorrelationsAll(votes, plots.Source{File: "handmade.csv", Galaxies: len(votes)}))
	// Output: correlations-all: "How all 37 answers go together", 443 x 383 pixels
}

// A figure of one's own is a value with a Draw function; the page, the title,
// the caption and the file formats come with it.
func ExampleFigure() {
	f := &plots.Figure{
		Name: "bar", Title: "One bar", Caption: "Length in points.",
		Width: 200, Height: 40,
		Draw: func(c *plots.Canvas) {
			c.FillRect(plots.Inset(c.Rectangle, 0, 50, 10, 10), c.Theme.Accent)
		},
	}
	describe(f, nil)
	// Output: bar: "One bar", 190 x 90 pixels
}
