// Package baseline holds the predictions that a network has to beat: the mean
// vote for every galaxy, and linear regressions on the colour of an image's
// central pixel and on its average colour.
//
// Invariant: a regression is the least-squares solution with an intercept, of
// least norm where the colours do not determine it, as scikit-learn's
// LinearRegression finds it.
package baseline
