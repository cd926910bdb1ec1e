// Package profile measures where a process spends its time, from Start to Stop,
// and leaves a folder of files for the tools that look into such things.
//
// Invariant: each of its files is whole or not there, and summary.json is the
// last one.
package profile
