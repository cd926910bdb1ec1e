package run

import (
	"slices"
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
// or "" where none is near. Upper and lower case are the same to it, and so is
// whatever prefix all words have in common with the given one.
func Nearest(word string, known []string) string {
	shared := sharedPrefix(word, known)
	word = strings.ToLower(word[shared:])
	best, distance := "", 0
	for _, k := range known {
		lower := strings.ToLower(k[shared:])
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

// sharedPrefix returns the length of the prefix of word, up to its last
// separator, that all the known words have too. The letters of TFGALAXY_ must
// not make every variable look like every other.
func sharedPrefix(word string, known []string) int {
	n := strings.LastIndexAny(word, "_/") + 1
	for n > 0 {
		if !slices.ContainsFunc(known, func(k string) bool { return !strings.HasPrefix(k, word[:n]) }) {
			return n
		}
		n = strings.LastIndexAny(word[:n-1], "_/") + 1
	}
	return 0
}

// didYouMean phrases the nearest word as a hint, and otherwise gives another.
func didYouMean(nearest, prefix, otherwise string) string {
	if nearest == "" {
		return otherwise
	}
	return "did you mean " + prefix + nearest + "?"
}
