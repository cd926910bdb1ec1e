package run

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"
	"go.yaml.in/yaml/v3"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// maxYAML is more than any configuration needs, and bounds what a wrong file
// named by mistake can cost.
const maxYAML = 1 << 20 // bytes

// readYAML reads a configuration file: one mapping from keys to plain values.
// It neither knows the keys nor reads the values. Errors are *UsageError with
// file:line.
func readYAML(r io.Reader, file string) ([]assigned, error) {
	entries, err := readMapping(r, file)
	if err != nil {
		return nil, err
	}
	return assignments(entries, file)
}

// assignments are the entries of a mapping from keys to plain values.
func assignments(entries []entry, file string) ([]assigned, error) {
	var lines []assigned
	for _, e := range entries {
		text, err := plainValue(e.value, file, e.key)
		if err != nil {
			return nil, err
		}
		lines = append(lines, assigned{Assignment{e.key, text}, origin{fromFile, placeOf(file, e.line)}})
	}
	return lines, nil
}

// An entry is a key of a mapping with what stands there.
type entry struct {
	key   string
	line  int
	value *yaml.Node
}

// readMapping reads a file that holds one mapping. One of comments alone has no
// entries.
func readMapping(r io.Reader, file string) ([]entry, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxYAML+1))
	if err != nil {
		return nil, &UsageError{Err: fmt.Errorf("failed to read configuration: %w", err)}
	}
	if len(data) > maxYAML {
		return nil, &UsageError{Err: fmt.Errorf("%s: larger than 1 MiB, which no configuration is", file)}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil // comments alone give nothing a value
	case err != nil:
		line, message := splitYAMLError(err)
		return nil, wrongLine(file, line, "%s", message)
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		root = &yaml.Node{Kind: yaml.MappingNode}
	}
	if root.Kind != yaml.MappingNode {
		return nil, wrongLine(file, root.Line, "want lines of the form key: value, found %s", describe(root))
	}
	entries, err := entriesOf(root, file)
	if err != nil {
		return nil, err
	}
	var next yaml.Node
	if err := decoder.Decode(&next); err == nil {
		return nil, wrongLine(file, next.Line, "a second document begins, want one")
	} else if !errors.Is(err, io.EOF) {
		line, message := splitYAMLError(err)
		return nil, wrongLine(file, line, "%s", message)
	}
	return entries, nil
}

// entriesOf returns what a mapping holds, each key once.
func entriesOf(mapping *yaml.Node, file string) ([]entry, error) {
	var entries []entry
	lineOf := map[string]int{}
	for i := 0; i < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return nil, wrongLine(file, key.Line, "a key is %s, want a plain word", describe(key))
		}
		if first, seen := lineOf[key.Value]; seen {
			return nil, wrongLine(file, key.Line, "%s was already given on line %d", key.Value, first)
		}
		lineOf[key.Value] = key.Line
		entries = append(entries, entry{key.Value, key.Line, value})
	}
	return entries, nil
}

// plainValue returns the text of a key's value, which has to be a plain one.
func plainValue(n *yaml.Node, file, key string) (string, error) {
	if n.Kind != yaml.ScalarNode {
		return "", wrongLine(file, n.Line, "%s is %s, want a plain value", key, describe(n))
	}
	text, err := scalar(n)
	if err != nil {
		return "", wrongLine(file, n.Line, "%s: %w", key, err)
	}
	return text, nil
}

// wrongLine is a *UsageError of a line.
func wrongLine(file string, line int, format string, args ...any) error {
	return &UsageError{Err: fmt.Errorf("%s: %w", placeOf(file, line), fmt.Errorf(format, args...))}
}

func placeOf(file string, line int) string { return file + ":" + strconv.Itoa(line) }

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "a reference"
	default:
		return "a single value"
	}
}

// scalar returns the text of a plain value as it was written.
func scalar(n *yaml.Node) (string, error) {
	switch n.ShortTag() {
	case "!!null":
		return "", nil
	case "!!binary": // how YAML holds a path that is not UTF-8
		data, err := base64.StdEncoding.DecodeString(n.Value)
		return string(data), err
	}
	return n.Value, nil
}

var yamlErrorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func splitYAMLError(err error) (line int, message string) {
	match := yamlErrorLine.FindStringSubmatch(err.Error())
	if match == nil {
		return 1, err.Error()
	}
	line, _ = strconv.Atoi(match[1])
	return max(line, 1), strings.TrimPrefix(err.Error(), match[0])
}

// WriteYAML writes the configuration as YAML, grouped by category, with the
// origin of each value in a comment. Read back as Resolver.File it gives the
// same Config. Left out are the name of the run's folder, which must be a new
// one each time, and, but for a comment, values that have no effect and the
// machine's own folder of caches.
func (v *Values) WriteYAML(w io.Writer) error {
	var out bytes.Buffer
	out.WriteString("# tfgalaxy train --config FILE with this file repeats the run.\n")
	category := ""
	for _, s := range Settings {
		if s.Key == runDirKey {
			continue
		}
		if s.Category != category {
			category = s.Category
			fmt.Fprintf(&out, "\n# %s\n", category)
		}
		value, err := s.yaml(&v.Config)
		if err != nil {
			return fmt.Errorf("failed to write %s as YAML: %w", s.Key, err)
		}
		line, comment := s.Key+": "+value, PortablePath(v.Origin(s.Key))
		if why, idle := v.idle[s.Key]; idle {
			line, comment = "# "+line, why
		}
		if s.Key == cacheKey && v.origins[s.Key] == (origin{}) {
			line, comment = "# "+line, "default of this machine" // another has another
		}
		fmt.Fprintf(&out, "%-32s # %s\n", line, oneLine(comment))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// WriteConfig replaces config.yaml.
func (r *Run) WriteConfig(v *Values) error {
	var out bytes.Buffer
	if err := v.WriteYAML(&out); err != nil {
		return err
	}
	path := r.Path(ConfigFile)
	err := renameio.WriteFile(path, out.Bytes(), 0o644, renameio.WithTempDir(filepath.Dir(path)))
	if err != nil {
		return fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	return nil
}

// Config reads config.yaml. Errors are *UsageError, and *galaxyzoo.DataError where it
// is not what the run's checkpoints were made by.
func (r *Run) Config() (Config, error) {
	v, err := Resolver{File: r.Path(ConfigFile)}.Resolve()
	if err != nil {
		return Config{}, err
	}
	for _, name := range []string{Last, Best} {
		state, err := ReadState(r.Checkpoint(name))
		if err != nil {
			continue // as VerifiedState tells who needs it
		}
		return v.Config, r.madeBy(&v.Config, state, name)
	}
	return v.Config, nil
}

// madeBy returns a *galaxyzoo.DataError where a checkpoint was made by other settings.
func (r *Run) madeBy(c *Config, state *State, checkpoint string) error {
	for _, s := range Settings {
		if made, known := state.Settings[s.Key]; known && s.Format(c) != made {
			return &galaxyzoo.DataError{File: r.Path(ConfigFile), Err: fmt.Errorf(
				"%s is %q, but checkpoint %s was made with %q: the file was damaged or edited; write that value back", s.Key, s.Format(c), checkpoint, made)}
		}
	}
	return nil
}

// Fixed are the settings by their keys, as text, but for those that have no effect and
// those given.
func (v *Values) Fixed(but ...string) map[string]string {
	fixed := map[string]string{}
	for _, s := range Settings {
		if _, idle := v.idle[s.Key]; !idle && !slices.Contains(but, s.Key) {
			fixed[s.Key] = s.Format(&v.Config)
		}
	}
	return fixed
}

// yaml returns the setting's value as a YAML scalar on one line.
func (s Setting) yaml(c *Config) (string, error) {
	text := s.Format(c)
	if !s.value.quote {
		return text, nil
	}
	var n yaml.Node
	n.SetString(text)
	n.Style = 0 // a block would not stay on the line
	switch {
	case n.Tag == "!!binary":
		n.Value = base64.StdEncoding.EncodeToString([]byte(text))
	case strings.ContainsAny(text, "\n\r"):
		n.Style = yaml.DoubleQuotedStyle
	}
	data, err := yaml.Marshal(&n)
	return strings.TrimSuffix(string(data), "\n"), err
}

// oneLine keeps a path with a line break in it from ending the comment.
func oneLine(comment string) string {
	if quoted := strconv.Quote(comment); quoted != `"`+comment+`"` {
		return quoted
	}
	return comment
}
