// Package graph builds and trains convolutional networks with TensorFlow's own
// runtime: networks as data, their graphs and gradients, the losses, Adam,
// checkpoints and SavedModels. It is the only package that knows graft, but for
// graph/tensorboard, which knows some of its messages.
//
// Images are uint8 [batch, height, width, 3] (NHWC) in 0..255; the cast to
// float32 and the scaling to 0..1 are part of the graph. Votes are float32
// [batch, 37] in 0..1.
//
// Invariant: everything random (initial weights, dropout) is a function of a
// seed and the step, so that a run that was stopped continues as if it had not
// been.
package graph
