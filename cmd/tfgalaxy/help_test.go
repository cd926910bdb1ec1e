package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// allCommands are the commands that do something, by their words.
func allCommands(commands []*cli.Command, before ...string) [][]string {
	var all [][]string
	for _, c := range commands {
		words := append(append([]string{}, before...), c.Name)
		if len(c.Subcommands) > 0 {
			all = append(all, allCommands(c.Subcommands, words...)...)
			continue
		}
		all = append(all, words)
	}
	return all
}

// The help of every command fits 80 columns, tells of each flag in one place, and
// of --json and --verbose among them.
func TestHelp(t *testing.T) {
	commands := append(allCommands((&app{}).commands()), nil, []string{"data"})
	if len(commands) < 12 {
		t.Fatalf("only %d commands found", len(commands))
	}
	for _, words := range commands {
		name := strings.Join(append([]string{"tfgalaxy"}, words...), " ")
		help := succeed(t, append(words, "--help")...)
		if !strings.HasPrefix(help, name+": ") || !strings.Contains(help, "\nUsage: "+name+" ") {
			t.Errorf("%s --help begins with %q", name, help[:min(80, len(help))])
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth && !strings.Contains(line, "://") {
				t.Errorf("%s --help: %d columns, want at most %d: %s", name, n, helpWidth, line)
			}
		}
		if len(words) == 0 || words[0] == "data" && len(words) == 1 {
			continue
		}
		for _, flag := range []string{"\n  --json ", "\n  --verbose ", "\n  --help, -h "} {
			if strings.Count(help, flag) != 1 {
				t.Errorf("%s --help has %d lines that begin with %q, want one", name, strings.Count(help, flag), flag)
			}
		}
		if short := succeed(t, append(words, "-h")...); short != help {
			t.Errorf("%s -h prints another help", name)
		}
	}
}

// Every setting is a flag of train, under its category, with the default that a
// run gets: that of the default preset.
func TestHelpOfTrain(t *testing.T) {
	help := succeed(t, "train", "--help")
	category := ""
	at := 0
	for _, s := range run.Settings {
		if s.Category != category {
			category = s.Category
			next := strings.Index(help, "\n"+category+"\n")
			if next < at {
				t.Errorf("%s does not follow the category before it", category)
			}
			at = next
		}
		next := strings.Index(help, "\n  --"+s.Key+" ")
		if next < at {
			t.Errorf("--%s is not where its category is", s.Key)
		}
		at = next
	}
	flat := strings.Join(strings.Fields(help), " ")
	for _, want := range []string{
		"--epochs N passes over the training rows: a whole number of at least 1 (default 60)",
		"roi or centre (default centre)",
		"--rotate turn each training image by a random whole angle (on; --rotate=false turns it off)",
		"--config FILE YAML file of settings",
		"--cache FOLDER ",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("train --help lacks %q", want)
		}
	}
}

func TestWriteRows(t *testing.T) {
	var b bytes.Buffer
	writeRows(&b, "Flags", []helpRow{
		{"--a", strings.Repeat("word ", 17)},
		{"--a-name-that-is-wider-than-its-column N", "what it means"},
		{"--b N", ""},
	})
	want := "\nFlags\n" +
		"  --a    " + strings.TrimSpace(strings.Repeat("word ", 14)) + "\n" +
		"         word word word\n" +
		"  --a-name-that-is-wider-than-its-column N\n" +
		"         what it means\n" +
		"  --b N  \n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	writeRows(&b, "Nothing", nil)
	if b.Len() > 0 {
		t.Errorf("no rows give %q", b.String())
	}
}

// The help calls what a flag takes by what it is.
func TestValueNames(t *testing.T) {
	want := map[string]string{"devices": "DEVICES", "workers": "ADDRESSES", "worker-timeout": "N", "cache": "FOLDER", "data": "DATA", "network": "NAME", "loss": "WORD"}
	for key, want := range want {
		if s, known := run.Lookup(key); !known || valueName(s) != want {
			t.Errorf("--%s %s, want %s", key, valueName(s), want)
		}
	}
}
