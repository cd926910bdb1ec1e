package run

import (
	"errors"
	"fmt"
	"math"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A value knows how one field of a Config is read from and printed as text.
// Printing and reading back gives the same field.
type value struct {
	want  string   // what is accepted, in words that follow "want"
	words []string // the choices, where there are a few
	quote bool     // text, which YAML might take for a number or a truth value
	truth bool     // true or false

	parse func(c *Config, text string) error // the error is not shown: want is
	print func(c *Config) string
}

var errUnwanted = errors.New("unwanted value")

// text is any text, the empty one included.
func text(field func(*Config) *string) value {
	return value{
		want:  "text",
		quote: true,
		parse: func(c *Config, text string) error { *field(c) = text; return nil },
		print: func(c *Config) string { return *field(c) },
	}
}

// name is text that must not be empty; what says what it names.
func name(what string, field func(*Config) *string) value {
	v := text(field)
	v.want = what
	set := v.parse
	v.parse = func(c *Config, text string) error {
		if strings.TrimSpace(text) == "" {
			return errUnwanted
		}
		return set(c, text)
	}
	return v
}

// asPath makes a path of a text or name: it is read by ExpandHome and printed by
// PortablePath.
func asPath(v value) value {
	set, show := v.parse, v.print
	v.parse = func(c *Config, text string) error { return set(c, ExpandHome(text)) }
	v.print = func(c *Config) string { return PortablePath(show(c)) }
	return v
}

// choice is one of a few words.
func choice(field func(*Config) *string, words ...string) value {
	v := text(field)
	v.words = words
	v.want = words[0] + " or " + words[1]
	if n := len(words); n > 2 {
		v.want = strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	v.parse = func(c *Config, text string) error {
		if !slices.Contains(words, text) {
			return errUnwanted
		}
		*field(c) = text
		return nil
	}
	return v
}

// whole is a whole number from low to high; math.MaxInt32 stands for no bound
// that a user would meet.
func whole(field func(*Config) *int, low, high int) value {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	if high == math.MaxInt32 {
		want = fmt.Sprintf("a whole number of at least %d", low)
	}
	return value{
		want: want,
		parse: func(c *Config, text string) error {
			x, err := strconv.Atoi(text)
			if err != nil || x < low || x > high {
				return errUnwanted
			}
			*field(c) = x
			return nil
		},
		print: func(c *Config) string { return strconv.Itoa(*field(c)) },
	}
}

// deviceList is a word for devices, or the names of some.
func deviceList(field func(*Config) *string) value {
	v := text(field)
	v.want = "auto, all or names such as gpu:0,gpu:1"
	set := v.parse
	v.parse = func(c *Config, text string) error {
		if text == DevicesAuto || text == DevicesAll {
			return set(c, text)
		}
		names := strings.Split(text, ",")
		for i, name := range names {
			if !deviceName.MatchString(name) || slices.Contains(names[:i], name) {
				return errUnwanted
			}
		}
		return set(c, text)
	}
	return v
}

// addressList is the addresses of servers, or none of them.
func addressList(field func(*Config) *string) value {
	v := text(field)
	v.want = "none or HOST:PORT, several with commas between (how many images are prepared at once is " + inputThreadsKey + ")"
	set := v.parse
	v.parse = func(c *Config, text string) error {
		if text == "none" {
			text = ""
		}
		if text != "" {
			if _, err := ParseAddresses(text); err != nil {
				return err
			}
		}
		return set(c, text)
	}
	return v
}

// ParseAddresses reads HOST:PORT, several with commas between.
func ParseAddresses(text string) ([]string, error) {
	addresses := strings.Split(text, ",")
	for i, address := range addresses {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || strings.ContainsAny(host, " /") {
			return nil, fmt.Errorf("address %q, want HOST:PORT", address)
		}
		if slices.Contains(addresses[:i], address) {
			return nil, fmt.Errorf("address %q stands there twice", address)
		}
	}
	return addresses, nil
}

var deviceName = regexp.MustCompile(`^(cpu|gpu):(0|[1-9][0-9]{0,2})$`)

// seed is any number of 64 bits.
func seed(field func(*Config) *uint64) value {
	return value{
		want: "a whole number from 0 to 18446744073709551615",
		parse: func(c *Config, text string) error {
			x, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return errUnwanted
			}
			*field(c) = x
			return nil
		},
		print: func(c *Config) string { return strconv.FormatUint(*field(c), 10) },
	}
}

// number is a finite number that the test lets through; want says which.
func number(field func(*Config) *float64, want string, within func(float64) bool) value {
	return value{
		want: want,
		parse: func(c *Config, text string) error {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil || math.IsInf(x, 0) || !within(x) {
				return errUnwanted
			}
			*field(c) = x + 0 // -0 becomes 0
			return nil
		},
		print: func(c *Config) string { return strconv.FormatFloat(*field(c), 'g', -1, 64) },
	}
}

// toggle is true or false.
func toggle(field func(*Config) *bool) value {
	return value{
		want:  "true or false",
		words: []string{"true", "false"},
		truth: true,
		parse: func(c *Config, text string) error {
			x, err := strconv.ParseBool(text)
			if err != nil {
				return errUnwanted
			}
			*field(c) = x
			return nil
		},
		print: func(c *Config) string { return strconv.FormatBool(*field(c)) },
	}
}
