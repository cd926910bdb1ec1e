package plots

import (
	"image/color"
	"math"
	"testing"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Count(0), "0"}, {Count(4), "4"}, {Count(999), "999"}, {Count(1000), "1,000"},
		{Count(53115), "53,115"}, {Count(-1234567), "−1,234,567"},
		{Decimal(0.125, 2), "0.12"}, {Decimal(-0.5, 1), "−0.5"}, {Decimal(-0.0001, 2), "0.00"},
		{Decimal(math.NaN(), 2), "–"},
		{short(0.618), ".62"}, {short(-0.08), "−.08"}, {short(1), "1"}, {short(-1), "−1"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestColourMaps(t *testing.T) {
	for _, theme := range Themes() {
		// Magnitude grows lighter throughout; the ends of the diverging map are
		// equally far from its centre, so that neither sign looks stronger.
		for i := 1; i < 256; i++ {
			if lightness(theme.Magnitude[i]) < lightness(theme.Magnitude[i-1])-0.004 { // a step of 8 bits
				t.Errorf("%s: magnitude darkens at %d of 255", theme.Name, i)
			}
		}
		zero := lightness(theme.Diverging.At(0.5))
		negative, positive := lightness(theme.Diverging.At(0))-zero, lightness(theme.Diverging.At(1))-zero
		if math.Abs(negative-positive) > 0.08 {
			t.Errorf("%s: the ends of the diverging map differ from its centre by %.2f and %.2f of lightness",
				theme.Name, negative, positive)
		}
	}
	if got := Viridis.At(math.NaN()); got != Viridis[0] {
		t.Errorf("NaN: %v", got)
	}
	if Viridis.At(-3) != Viridis[0] || Viridis.At(7) != Viridis[255] {
		t.Error("values beyond the ends do not take the colours of the ends")
	}
}

func TestTextContrast(t *testing.T) {
	for _, theme := range Themes() {
		for name, c := range map[string]struct {
			colour  color.NRGBA
			atLeast float64 // WCAG 2.1: 4.5 for text, 3 for graphics
		}{
			"ink": {theme.Ink, 7}, "muted": {theme.Muted, 4.5},
			"accent": {theme.Accent, 3}, "second": {theme.Second, 3},
		} {
			if got := contrast(c.colour, theme.Background); got < c.atLeast {
				t.Errorf("%s: contrast of %s is %.1f, want %.1f", theme.Name, name, got, c.atLeast)
			}
		}
		for i := range 256 {
			for _, m := range []ColourMap{theme.Magnitude, theme.Diverging} {
				if got := contrast(theme.On(m[i]), m[i]); got < 4 {
					t.Errorf("%s: contrast of text on %v is %.1f, want 4", theme.Name, m[i], got)
				}
			}
		}
	}
}

// contrast is the contrast ratio of WCAG 2.1.
func contrast(a, b color.NRGBA) float64 {
	p, q := luminance(a)+0.05, luminance(b)+0.05
	return max(p, q) / min(p, q)
}

func TestWrap(t *testing.T) {
	style := Type(SizeSmall, nil)
	lines := Wrap(style, "the quick brown fox jumps over the lazy incomprehensibilities", 60)
	for _, line := range lines {
		if w := style.Width(line); w > 60 {
			t.Errorf("line %q is %v wide, want 60 at most", line, w)
		}
	}
	if len(lines) != 3 {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
	if got := Wrap(style, "", 60); got != nil {
		t.Errorf("no text: %q", got)
	}
}
