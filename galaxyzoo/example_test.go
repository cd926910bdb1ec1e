package galaxyzoo_test

import (
	"fmt"
	"image/jpeg"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// The tree is data: walk it by the answers' next questions.
func ExampleQuestion() {
	for _, a := range galaxyzoo.Questions[0].Answers {
		if a.Terminal() {
			fmt.Printf("%s %s: the end\n", a.Class(), a.Text)
			continue
		}
		fmt.Printf("%s %s: %s\n", a.Class(), a.Text, galaxyzoo.Questions[a.Next-1].Text)
	}
	// Output:
	// Class1.1 smooth: How rounded is it?
	// Class1.2 features or disk: Could this be a disk viewed edge-on?
	// Class1.3 star or artifact: the end
}

// A fault in a label table names the file, the line and what is wrong.
func ExampleParseLabels() {
	table := strings.Join(galaxyzoo.Header(), ",") + "\n100008,1.37" + strings.Repeat(",0", 36) + "\n"
	_, err := galaxyzoo.ParseLabels(strings.NewReader(table), "training_solutions_rev1.csv")
	fmt.Println(err)
	// Output:
	// training_solutions_rev1.csv:2: Class1.1 = 1.37, want 0 to 1
}

// Rows keep their side when others are added.
func ExampleSplit() {
	ids := []int64{100008, 100023, 100053, 100078, 100090}
	training, validation := galaxyzoo.Split(ids, 0.4, 1)
	fmt.Println(training, validation)
	training, validation = galaxyzoo.Split(ids[:3], 0.4, 1)
	fmt.Println(training, validation)
	// Output:
	// [1 2 3 4] [0]
	// [1 2] [0]
}

// Synthetic galaxies stand in for the real ones: the same seed gives the same.
func ExampleSynthetic() {
	c := galaxyzoo.Synthetic(2000, 1)
	r, err := c.Open(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	img, err := jpeg.Decode(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Name, c.Len(), c.Galaxies[0].ID, img.Bounds().Dx(), img.Bounds().Dy())
	fmt.Println(c.Galaxies[0].Votes.Check())
	// Output:
	// synthetic:2000 2000 1 424 424
	// <nil>
}
