package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
)

// printJSON prints one value as indented JSON.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printJSONLine prints one value as a line of JSON.
func printJSONLine(w io.Writer, value any) error { return json.NewEncoder(w).Encode(value) }

// output is standard output with a memory for its first error, so that a command
// may print without looking, and a result that is lost is told of all the same.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.err = &outputError{fmt.Errorf("failed to print the result: %w", err)}
	}
	return n, o.err
}

// An outputError reports a result that could not be printed.
type outputError struct{ error }

func (e *outputError) Unwrap() error { return e.error }

// counting returns a function that shows how many of something are done.
func counting(progress *terminal.Progress, what string) func(done, total int) {
	return func(done, total int) {
		progress.Update(func() string {
			return fmt.Sprintf("%s  %s/%s", what, terminal.Count(done), terminal.Count(total))
		})
	}
}

// plural returns the noun for a number of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// shellQuote returns a word as a shell reads it back.
func shellQuote(word string) string {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("-_./:=,+@%", r) || r > 127
	}
	if word != "" && strings.TrimLeftFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
