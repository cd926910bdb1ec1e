package plots

import (
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// checkVotes refuses votes that no figure can show.
func checkVotes(votes []galaxyzoo.Votes) error {
	if len(votes) == 0 {
		return errNoGalaxies
	}
	for i := range votes {
		for c, x := range votes[i] {
			if !(x >= 0 && x <= 1) {
				return fmt.Errorf("row %d: %s = %v, want 0 to 1", i+1, galaxyzoo.Answers[c].Class(), x)
			}
		}
	}
	return nil
}

// label names an answer as the figures do: "1.1  smooth".
func label(a galaxyzoo.Answer) string {
	return fmt.Sprintf("%d.%d  %s", a.Question, a.Number, a.Text)
}
