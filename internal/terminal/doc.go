// Package terminal is how tfgalaxy talks to the person who runs it: where its
// output goes, one progress line, and the way numbers are written.
//
// Invariant: what is written to something that is no terminal is whole plain
// lines, without colour, cursor movement or carriage returns.
package terminal
