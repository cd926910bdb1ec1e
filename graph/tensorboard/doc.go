// Package tensorboard writes the event files that TensorBoard shows: scalars,
// pictures and text by step. It needs graft's messages alone and none of
// TensorFlow's library, so that it builds without cgo.
//
// Invariant: an event goes to its file whole and at once. TensorBoard shows it
// within its own next look, and a program that is killed loses no event but, at
// most, a part of the last, which readers leave out.
package tensorboard
