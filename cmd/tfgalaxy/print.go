package main

import (
	"encoding/json"
	"io"
)

// printJSON prints one value as indented JSON.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printJSONLine prints one value as a line of JSON.
func printJSONLine(w io.Writer, value any) error { return json.NewEncoder(w).Encode(value) }
