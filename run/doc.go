// Package run is the run folder: the configuration a training run was given,
// where it came from, what was measured at each step and epoch, and where its
// checkpoints, model and predictions lie. Training writes it; evaluation,
// figures and the list of runs read it.
//
// Invariant: at every moment what lies under a file's or a checkpoint's final
// name is whole. Files and folders are written beside their place and renamed
// into it, and metrics grow by whole lines, so that a run may be read while it
// is going and resumed after it was killed.
package run
