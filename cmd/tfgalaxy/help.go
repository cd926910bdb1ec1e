package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

const (
	helpWidth  = 80 // columns, on a terminal and in a pipe alike
	helpIndent = 2
	helpGap    = 2  // between a name and what it means
	helpNames  = 24 // the widest column of names; a longer one gets a line of its own
)

// printHelp is the library's printer of help: for a program or a command, in the
// order in which things were declared, and in lines that fit. The library's own
// sorts and does not break lines.
func printHelp(w io.Writer, _ string, data any) {
	switch of := data.(type) {
	case *cli.App:
		writeHelp(w, of.Name, of.Usage, of.Description, of.Commands, of.Flags)
	case *cli.Command:
		writeHelp(w, of.HelpName, of.Usage, of.Description, of.Subcommands, of.Flags)
	}
}

func writeHelp(w io.Writer, name, usage, description string, commands []*cli.Command, flags []cli.Flag) {
	wrapInto(w, 0, strings.Fields(name+": "+usage))
	if len(commands) > 0 {
		fmt.Fprintf(w, "\nUsage: %s COMMAND [FLAGS]\n", name)
	} else {
		fmt.Fprintf(w, "\nUsage: %s [FLAGS]\n", name)
	}
	if description != "" {
		fmt.Fprintf(w, "\n%s\n", description)
	}
	var rows []helpRow
	for _, c := range commands {
		rows = append(rows, helpRow{c.Name, c.Usage})
	}
	writeRows(w, "Commands", rows)

	categories := []string{""} // those of the command itself come first
	byCategory := map[string][]helpRow{}
	for _, f := range flags {
		category := ""
		if c, ok := f.(cli.CategorizableFlag); ok {
			category = c.GetCategory()
		}
		if !slices.Contains(categories, category) {
			categories = append(categories, category)
		}
		byCategory[category] = append(byCategory[category], flagRow(f))
	}
	for _, category := range categories {
		title := category
		if title == "" {
			title = "Flags"
		}
		writeRows(w, title, byCategory[category])
	}
}

// helpRow is a name and what it means.
type helpRow struct{ name, about string }

// flagRow describes a flag. What its value is called stands between backquotes
// in its usage, or is told by the flag's kind.
func flagRow(f cli.Flag) helpRow {
	var names []string
	for _, name := range f.Names() {
		dash := "--"
		if len(name) == 1 {
			dash = "-"
		}
		names = append(names, dash+name)
	}
	row := helpRow{name: strings.Join(names, ", ")}
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return row
	}
	row.about = doc.GetUsage()
	if _, rest, quoted := strings.Cut(row.about, "`"); quoted {
		value, _, _ := strings.Cut(rest, "`")
		row.name += " " + value
		row.about = strings.Replace(row.about, "`"+value+"`", strings.ToLower(value), 1)
	} else if named, ok := f.(interface{ ValueName() string }); ok {
		row.name += " " + named.ValueName()
	} else if _, text := f.(*cli.StringFlag); text {
		row.name += " WORD"
	} else if doc.TakesValue() {
		row.name += " N"
	}
	switch usual := strings.Trim(doc.GetDefaultText(), `"`); {
	case doc.TakesValue() && usual != "":
		row.about += fmt.Sprintf(" (default %s)", usual)
	case usual == "true":
		row.about += fmt.Sprintf(" (on; --%s=false turns it off)", f.Names()[0])
	}
	return row
}

func writeRows(w io.Writer, title string, rows []helpRow) {
	if len(rows) == 0 {
		return
	}
	column := 0
	for _, r := range rows {
		if n := utf8.RuneCountInString(r.name); n <= helpNames {
			column = max(column, n)
		}
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, r := range rows {
		fmt.Fprintf(w, "%*s%-*s", helpIndent, "", column+helpGap, r.name)
		if utf8.RuneCountInString(r.name) > column {
			fmt.Fprintf(w, "\n%*s", helpIndent+column+helpGap, "")
		}
		wrapInto(w, helpIndent+column+helpGap, strings.Fields(r.about))
	}
}

// wrapInto writes words from the column on where the writer stands, in lines
// that fit, and ends the last one.
func wrapInto(w io.Writer, column int, words []string) {
	at := column
	for i, word := range words {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > helpWidth:
			fmt.Fprintf(w, "\n%*s", column, "")
			at = column
		default:
			fmt.Fprint(w, " ")
			at++
		}
		fmt.Fprint(w, word)
		at += n
	}
	fmt.Fprintln(w)
}
