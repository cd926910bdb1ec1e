package run

import (
	"strings"

	"github.com/xrash/smetrics"
)

// A UsageError reports something wrong in what the user asked for, on the
// command line, in the environment or in a configuration file. Hint, where it
// is not empty, says how to mend it.
type UsageError struct {
	Err  error
	Hint string
}

func (e *UsageError) Error() string { return e.Err.Error() }

func (e *UsageError) Unwrap() error { return e.Err }

// Nearest returns the known word that the given one was probably meant to be,
// or "" where none is near.
func Nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, distance := "", 0
	for _, k := range known {
		lower := strings.ToLower(k)
		d := smetrics.WagnerFischer(word, lower, 1, 1, 1)
		// A word cut short, or one with something added, is further by count of
		// letters than it is to a reader.
		if len(word) > 2 && (strings.HasPrefix(lower, word) || strings.HasPrefix(word, lower)) {
			d = 1
		}
		if d <= max(2, len(lower)/3) && d < len(lower) && (best == "" || d < distance) {
			best, distance = k, d
		}
	}
	return best
}

// didYouMean phrases the nearest word as a hint, and otherwise gives another.
func didYouMean(nearest, prefix, otherwise string) string {
	if nearest == "" {
		return otherwise
	}
	return "did you mean " + prefix + nearest + "?"
}
