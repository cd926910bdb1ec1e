// Package timeline records which goroutine did what and when, for a picture that
// chrome://tracing and ui.perfetto.dev draw, and for totals.
//
// Invariant: a recorder that is nil takes everything and keeps nothing, so that
// code tells of its work without asking whether anybody listens.
package timeline
