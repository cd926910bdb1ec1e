package plots

import (
	"fmt"
	"io"
	"strings"
)

// A Format is a file format of figures, by the ending of its files.
type Format string

// The formats.
const (
	PNG Format = "png"
	SVG Format = "svg"
	PDF Format = "pdf"
)

// Formats are the formats that figures can be written in.
func Formats() []Format { return []Format{PNG, SVG, PDF} }

// ParseFormat returns the format of the given name, in any case.
func ParseFormat(name string) (Format, error) {
	format := Format(strings.ToLower(name))
	if _, ok := encoders[format]; !ok {
		return "", fmt.Errorf("format %q, want one of %s", name, formatList())
	}
	return format, nil
}

func formatList() string {
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// encoders render a figure in each format. It is filled on start, as they draw
// figures, whose Write refers to it.
var encoders map[Format]func(*Figure, io.Writer, Theme) error

func init() {
	encoders = map[Format]func(*Figure, io.Writer, Theme) error{
		PNG: encodePNG, SVG: encodeSVG, PDF: encodePDF,
	}
}
