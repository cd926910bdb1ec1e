// Package imageproc turns encoded galaxy images into what a network eats: it
// lists images wherever they are, decodes JPEG, PNG and FITS within limits, finds
// the region of interest, crops and resizes, rotates and flips, and keeps all
// crops of a catalogue in one memory-mapped file.
//
// Invariants: a function never changes the image it is given; every image that
// comes out is opaque and its bounds start at (0, 0), whatever those of the
// image that went in.
package imageproc
