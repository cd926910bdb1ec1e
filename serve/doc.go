// Package serve offers a model over HTTP: by the REST routes of TensorFlow
// Serving, so that a client made for Serving needs no change, and on a page for a
// person with one picture.
//
// Invariant: whatever a client sends or fails to send, it gets no more memory and
// time than Options allow, and changes nobody else's answer.
package serve
