package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxDepth is how deep an array of levels is read. It leaves room for what has a
// dimension too many, which is then told its shape.
const maxDepth = 5

// levels is a nested array of levels that is being read.
type levels struct {
	rest  []byte // JSON that has been checked, from where reading stands
	most  int    // values
	data  []byte
	shape []int // unknown at depths whose first array has not ended
	at    []int // position of what is being read
	whole bool  // all dimensions have been seen
}

const unknown = -1

// readLevels reads a nested array of whole numbers from 0 to 255, no more than a
// given number of them. The text is an array in JSON that has been checked.
func readLevels(text json.RawMessage, most int) (data []byte, shape []int, err error) {
	l := &levels{rest: text, most: most}
	if err := l.array(0); err != nil {
		return nil, nil, err
	}
	return l.data, l.shape, nil
}

// array reads the array that rest begins with.
func (l *levels) array(depth int) error {
	if depth == len(l.shape) {
		if l.whole || depth == maxDepth {
			return bad("is no regular array: there is an array at %s", numbers(l.at[:depth]))
		}
		l.shape, l.at = append(l.shape, unknown), append(l.at, 0)
	}
	l.rest = l.rest[1:]
	n := 0
	for l.space(); l.rest[0] != ']'; l.space() {
		if l.rest[0] == ',' {
			l.rest = l.rest[1:]
			continue
		}
		l.at[depth] = n
		n++
		if err := l.element(depth); err != nil {
			return err
		}
	}
	l.rest, l.whole = l.rest[1:], true
	if before := l.shape[depth]; before != unknown && before != n {
		return bad("is no regular array: there are %d elements at %s, %d before", n, numbers(l.at[:depth]), before)
	}
	l.shape[depth] = n
	return nil
}

func (l *levels) element(depth int) error {
	if l.rest[0] == '[' {
		return l.array(depth + 1)
	}
	level, err := l.level()
	switch {
	case err != nil:
		return fmt.Errorf("at %s: %w", numbers(l.at[:depth+1]), err)
	case depth+1 < len(l.shape):
		return bad("is no regular array: there is a number at %s", numbers(l.at[:depth+1]))
	case len(l.data) == l.most:
		return bad("has more than %d values", l.most)
	}
	l.whole = true
	l.data = append(l.data, level)
	return nil
}

// level reads a value that is no array.
func (l *levels) level() (uint8, error) {
	// Nearly all are plain digits, and there are thousands of them in an image.
	x, n := 0, 0
	for ; l.rest[n] >= '0' && l.rest[n] <= '9' && x <= math.MaxUint8; n++ {
		x = 10*x + int(l.rest[n]-'0')
	}
	if n > 0 && x <= math.MaxUint8 && (l.rest[n] == ',' || l.rest[n] == ']') {
		l.rest = l.rest[n:]
		return uint8(x), nil
	}
	if kind := kindOf(l.rest); kind != "a number" {
		return 0, bad("there is %s, want a whole number from 0 to 255", kind)
	}
	n = bytes.IndexAny(l.rest, ",] \t\r\n")
	text := l.rest[:n]
	l.rest = l.rest[n:]
	level, err := strconv.ParseFloat(string(text), 64)
	if err != nil || level < 0 || level > math.MaxUint8 || level != math.Trunc(level) {
		return 0, bad("the level is %s, want a whole number from 0 to 255", text[:min(len(text), 20)])
	}
	return uint8(level), nil
}

// space passes over white space.
func (l *levels) space() {
	for l.rest[0] == ' ' || l.rest[0] == '\n' || l.rest[0] == '\t' || l.rest[0] == '\r' {
		l.rest = l.rest[1:]
	}
}

// numbers writes a shape or a position as JSON does, "[64, 64, 3]".
func numbers(n []int) string { return strings.ReplaceAll(fmt.Sprint(n), " ", ", ") }

// kindOf says what a JSON value is.
func kindOf(value json.RawMessage) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}
