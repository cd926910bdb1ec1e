// Package galaxyzoo holds the domain of the Galaxy Zoo challenge: the decision
// tree that volunteers walked through, the table of their votes, the catalogue
// that pairs votes with images, the split into training and validation rows,
// the competition's score, and a synthetic source of labelled galaxies.
//
// Invariant: a Votes value that comes out of this package obeys the tree, that
// is, the answers of every question sum to the probability of reaching it
// within SumTolerance.
package galaxyzoo
