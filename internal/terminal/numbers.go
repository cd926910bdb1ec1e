package terminal

import (
	"fmt"
	"math"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Count writes a whole number with thousands separators: 61,578.
func Count(n int) string { return printer().Sprintf("%d", n) }

// Rate writes how many of a unit are done in a second, to three digits or the
// whole number: "134 images/s", "2.41 images/s", "1,520 images/s". A rate that is
// not known, or not finite, is "- images/s".
func Rate(perSecond float64, unit string) string {
	number := "-"
	switch {
	case math.IsNaN(perSecond) || math.IsInf(perSecond, 0) || perSecond < 0:
	case perSecond >= 99.95:
		number = printer().Sprintf("%.0f", perSecond)
	case perSecond >= 9.995:
		number = fmt.Sprintf("%.1f", perSecond)
	default:
		number = fmt.Sprintf("%.2f", perSecond)
	}
	return number + " " + unit + "/s"
}

// Duration writes a time span in the two largest units that matter to a person:
// "0.4 s", "12 s", "3 min 05 s", "2 h 07 min", "3 d 04 h".
func Duration(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", d.Abs()
	}
	switch {
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%s%.1f s", sign, d.Seconds())
	case d < 59500*time.Millisecond:
		return fmt.Sprintf("%s%.0f s", sign, d.Seconds())
	case d < time.Hour-500*time.Millisecond:
		return sign + pair(d, time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour-30*time.Second:
		return sign + pair(d, time.Hour, "h", time.Minute, "min")
	}
	return sign + pair(d, 24*time.Hour, "d", time.Hour, "h")
}

// pair writes d rounded to the smaller of two units.
func pair(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	d = d.Round(small)
	return fmt.Sprintf("%d %s %02d %s", d/large, largeName, d%large/small, smallName)
}

// printer returns a new one each time: it is cheap, and not said to be safe for
// several goroutines.
func printer() *message.Printer { return message.NewPrinter(language.BritishEnglish) }
