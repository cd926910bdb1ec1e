package imageproc

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// A FITS file is made of blocks, and a header of cards.
const (
	fitsBlock = 2880 // bytes
	fitsCard  = 80
)

// A fitsHeader has the value of each keyword, as text; that of a string without
// its quotes. Where a keyword comes twice the first counts.
type fitsHeader map[string]string

// readFITSHeader reads the header that content starts with, and returns how many
// bytes it takes.
func readFITSHeader(content []byte) (fitsHeader, int, error) {
	h := fitsHeader{}
	for at := 0; at+fitsCard <= len(content); at += fitsCard {
		card := string(content[at:][:fitsCard])
		name := strings.TrimRight(card[:8], " ")
		if name == "END" {
			return h, min(fitsBlocks(at+fitsCard), len(content)), nil
		}
		if _, twice := h[name]; card[8:10] == "= " && !twice {
			h[name] = fitsValue(card[10:])
		}
	}
	return nil, 0, fmt.Errorf("the file is truncated: a header without END: %w", io.ErrUnexpectedEOF)
}

// fitsBlocks rounds up to whole blocks.
func fitsBlocks(size int) int { return (size + fitsBlock - 1) / fitsBlock * fitsBlock }

// fitsValue takes the value out of what follows a keyword, without the comment.
func fitsValue(field string) string {
	field = strings.TrimLeft(field, " ")
	if quoted, ok := strings.CutPrefix(field, "'"); ok {
		text, _, _ := strings.Cut(quoted, "'") // no string that matters here has a quote in it
		return strings.TrimRight(text, " ")
	}
	value, _, _ := strings.Cut(field, "/")
	return strings.TrimSpace(value)
}

func (h fitsHeader) integer(name string) (int64, error) {
	value, ok := h[name]
	if !ok {
		return 0, fmt.Errorf("the header has no %s", name)
	}
	n, err := parseFITSInteger(value)
	if err != nil {
		return 0, fmt.Errorf("%s = %s in the header, want a whole number", name, value)
	}
	return n, nil
}

func parseFITSInteger(value string) (int64, error) { return strconv.ParseInt(value, 10, 64) }

// number returns a float, which may have Fortran's D before its exponent.
func (h fitsHeader) number(name string, otherwise float64) (float64, error) {
	value, ok := h[name]
	if !ok || value == "" {
		return otherwise, nil
	}
	x, err := strconv.ParseFloat(strings.Replace(value, "D", "E", 1), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("%s = %s in the header, want a number", name, value)
	}
	return x, nil
}

func (h fitsHeader) bitpix() (int64, error) {
	n, err := h.integer("BITPIX")
	if err != nil {
		return 0, err
	}
	switch n {
	case 8, 16, 32, 64, -32, -64:
		return n, nil
	}
	return 0, fmt.Errorf("BITPIX = %d in the header, want 8, 16, 32, 64, -32 or -64", n)
}

// axes returns the length of each axis, 0 to 2147483647.
func (h fitsHeader) axes() ([]int64, error) {
	n, err := h.integer("NAXIS")
	if err != nil {
		return nil, err
	}
	if n < 0 || n > 999 {
		return nil, fmt.Errorf("NAXIS = %d in the header, want 0 to 999", n)
	}
	axes := make([]int64, n)
	for i := range axes {
		name := fmt.Sprintf("NAXIS%d", i+1)
		if axes[i], err = h.integer(name); err != nil {
			return nil, err
		}
		if axes[i] < 0 || axes[i] > math.MaxInt32 {
			return nil, fmt.Errorf("%s = %d in the header, want 0 to %d", name, axes[i], math.MaxInt32)
		}
	}
	return axes, nil
}

// dataSize returns how many bytes follow a header, of those that are there.
func (h fitsHeader) dataSize(axes []int64, there int) (int, error) {
	if len(axes) == 0 {
		return 0, nil
	}
	bitpix, err := h.bitpix()
	if err != nil {
		return 0, err
	}
	parameters, err := h.number("PCOUNT", 0)
	if err != nil {
		return 0, err
	}
	groups, err := h.number("GCOUNT", 1)
	if err != nil {
		return 0, err
	}
	size := 1.0 // a float, which no product of axes overflows
	for _, n := range axes {
		size *= float64(n)
	}
	size = math.Abs(float64(bitpix)) / 8 * groups * (parameters + size)
	if size < 0 {
		return 0, errors.New("PCOUNT or GCOUNT is negative in the header")
	}
	if !(size <= float64(there)) {
		return 0, fmt.Errorf("the file is truncated: a table of %.0f bytes, %d are there: %w", size, there, io.ErrUnexpectedEOF)
	}
	return fitsBlocks(int(size)), nil
}
