package run

import (
	"os"
	"path/filepath"
	"strings"
)

// homePrefix begins a path below the user's home folder, in files that may be handed
// on.
const homePrefix = "~/"

// ExpandHome returns a path as the system takes it: a leading ~/ is the user's home
// folder.
func ExpandHome(path string) string {
	rest, short := strings.CutPrefix(path, homePrefix)
	home, err := os.UserHomeDir()
	if !short || err != nil {
		return path
	}
	return filepath.Join(home, rest)
}

// PortablePath returns a path as it is written into what may be handed on, such as a
// run folder: an absolute one tells of names that are nobody else's business. One
// below the user's home begins with ~/ (the home itself is ~/.), any other leads there
// from the working folder, and a relative path stays as it is. ExpandHome reads it
// back.
func PortablePath(path string) string {
	if !filepath.IsAbs(path) {
		return path
	}
	from, err := os.Getwd()
	if err != nil {
		return path // there is no other way to name it
	}
	return PortableFrom(from, path)
}

// PortableFrom is PortablePath for a file in the folder from, relative paths
// included.
func PortableFrom(from, path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) {
		for _, home := range []string{home, resolved(home)} {
			if rest, err := filepath.Rel(home, absolute); err == nil && filepath.IsLocal(rest) {
				return homePrefix + rest
			}
		}
	}
	// What .. leads to is above the folder itself, not above a link to it.
	relative, err := filepath.Rel(resolved(from), absolute)
	if err != nil {
		return path
	}
	if strings.HasPrefix(relative, homePrefix) {
		return "./" + relative // a folder whose name is ~
	}
	return relative
}

// resolved follows the links in an absolute path as far as that works.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// PortableCommand returns a command line, as of os.Args, without the folder of the
// program and with PortablePath of each path: of words and of what follows the = of a
// flag.
func PortableCommand(args []string) []string {
	command := make([]string, len(args))
	for i, word := range args {
		flag, value, joined := strings.Cut(word, "=")
		switch {
		case i == 0:
			command[i] = filepath.Base(word)
		case joined && strings.HasPrefix(flag, "-"):
			command[i] = flag + "=" + PortablePath(value)
		default:
			command[i] = PortablePath(word)
		}
	}
	return command
}
