package plots

import (
	"math"
	"strconv"
	"strings"
)

// minus is the sign of negative numbers in a figure: as wide as a digit, where
// a hyphen would be lost.
const minus = "\u2212"

// Count writes a whole number with commas: 53,115.
func Count(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = minus, s[1:]
	}
	var b strings.Builder
	for i, digit := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return sign + b.String()
}

// Decimal writes x with the given number of decimals and a true minus sign;
// a dash where x is not a number.
func Decimal(x float64, decimals int) string {
	if math.IsNaN(x) {
		return "–"
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if digits, negative := strings.CutPrefix(s, "-"); negative {
		if strings.Trim(digits, "0.") == "" {
			return digits // no minus zero
		}
		return minus + digits
	}
	return s
}

// short writes a fraction in as few characters as a matrix cell allows: .62,
// −.08, 1.
func short(x float64) string {
	s := Decimal(x, 2)
	s = strings.Replace(s, "1.00", "1", 1)
	return strings.Replace(s, "0.", ".", 1)
}

// plural returns "1 galaxy" or "3,165 galaxies".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}
