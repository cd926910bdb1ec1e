// Package train trains a network on a catalogue of galaxies and keeps the books:
// it prepares shuffled, augmented batches ahead of the device, steps, validates,
// writes checkpoints and metrics into a run folder, and resumes.
//
// Invariant: what a run computes follows from its configuration and data alone.
// Order, augmentation and dropout are functions of the seed and of the epoch,
// image or step, so that a run that was stopped and resumed ends, on a CPU, with
// the numbers of one that was not.
package train
