// Package tflog keeps TensorFlow's own log off the terminal of a program that
// imports it: what matters comes back from TensorFlow as an error. Somebody who
// wants to read the log sets TF_CPP_MIN_LOG_LEVEL (0 is everything) or starts the
// program with --verbose.
package tflog

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// level is the variable by which TensorFlow settles, while its library is being
// loaded, what it logs.
const level = "TF_CPP_MIN_LOG_LEVEL"

// SetLevel chooses the log's level before TensorFlow is loaded: all of it, or what
// the environment says, or else nothing but what ends the program.
func SetLevel(all bool) {
	if all {
		os.Setenv(level, "0")
	} else if _, set := os.LookupEnv(level); !set {
		os.Setenv(level, "3")
	}
}

// chatter marks the lines that TensorFlow 2.18 to 2.21 write through a log that
// knows no level before it is initialised, which nothing in TensorFlow does.
var chatter = []string{
	"All log messages before absl::InitializeLog() is called are written to STDERR",
	"MLIR V1 optimization pass is not enabled",
	"Started server with target",
}

// Quietly calls f, which starts the TensorFlow runtime, and keeps those lines of
// its log off standard error that no level can, unless all of it is wanted. What
// else is written there meanwhile appears once f has returned.
func Quietly(f func() error) error {
	if os.Getenv(level) == "0" {
		return f()
	}
	restore, err := divert()
	if err != nil { // a program without a standard error has nothing to keep clean
		return f()
	}
	defer restore()
	return f()
}

// divert points standard error at a pipe until restore is called.
func divert() (restore func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("failed to make a pipe: %w", err)
	}
	saved, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		r.Close()
		w.Close()
		return nil, fmt.Errorf("failed to keep standard error: %w", err)
	}
	if err := unix.Dup3(int(w.Fd()), 2, 0); err != nil {
		r.Close()
		w.Close()
		unix.Close(saved)
		return nil, fmt.Errorf("failed to divert standard error: %w", err)
	}
	read := make(chan []byte, 1)
	go func() { // reads as it comes, so that no writer waits for room in the pipe
		text, _ := io.ReadAll(r)
		read <- text
	}()
	return func() {
		unix.Dup3(saved, 2, 0)
		unix.Close(saved)
		w.Close()
		os.Stderr.Write(withoutChatter(<-read))
		r.Close()
	}, nil
}

func withoutChatter(text []byte) []byte {
	var kept bytes.Buffer
	for line := range strings.SplitAfterSeq(string(text), "\n") {
		drop := false
		for _, c := range chatter {
			drop = drop || strings.Contains(line, c)
		}
		if !drop {
			kept.WriteString(line)
		}
	}
	return kept.Bytes()
}
