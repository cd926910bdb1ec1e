// Package infer uses trained networks: it loads a run's SavedModel with the
// preprocessing that travels inside it, and predicts the votes of galaxies.
//
// Invariant: a model is only ever fed crops that were cut as in its training.
package infer
