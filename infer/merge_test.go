package infer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestShardsMerge(t *testing.T) {
	e, dir, out := ensembleOf(t, 1), imageFolder(t, 19), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "5.jpg"), []byte("no image"), 0o644); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(out, "whole.csv")
	tabulate(t, e, job(t, dir, whole))
	var parts []string
	for n := range 3 {
		part := filepath.Join(out, fmt.Sprintf("part%d.csv", n))
		j := job(t, dir, part)
		j.Shard, j.Options.BatchSize = Shard{n + 1, 3}, 3+n
		tabulate(t, e, j)
		parts = append(parts, part)
	}
	slices.Reverse(parts)
	merged := filepath.Join(out, "merged.csv")
	s, err := Merge(t.Context(), parts, merged)
	if err != nil {
		t.Fatal(err)
	}
	if s.Predicted != 18 || s.Unreadable != 1 || s.Images != 19 {
		t.Errorf("%+v", s)
	}
	sameVotes(t, readVotes(t, merged), readVotes(t, whole))
	if got, want := read(t, errorsFile(merged)), read(t, errorsFile(whole)); got != want || !strings.Contains(got, "5.jpg") {
		t.Errorf("errors are %q, want %q", got, want)
	}

	other := filepath.Join(out, "other.csv")
	j := job(t, dir, other)
	j.Shard, j.Options.Views = Shard{1, 3}, 2
	tabulate(t, e, j)
	half := filepath.Join(out, "half.csv")
	j = job(t, dir, half)
	j.Shard = Shard{1, 2}
	tabulate(t, e, j)
	cut := filepath.Join(out, "cut.csv")
	text := read(t, parts[0])
	text = text[:strings.LastIndexByte(text[:len(text)-1], '\n')+1]
	for path, content := range map[string]string{cut: text, metaFile(cut): read(t, metaFile(parts[0])), errorsFile(cut): ""} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	changed := func(name, table, meta string) string {
		path := filepath.Join(out, name+".csv")
		for path, content := range map[string]string{path: table, metaFile(path): meta} {
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	const header = "GalaxyID,moved\n"
	word := changed("word", header+"1,x\n", `{"shard":"1/1","columns":["GalaxyID","moved"],"listed":1,"predicted":1}`)
	nan := changed("nan", header+"1,NaN\n", `{"shard":"1/1","columns":["GalaxyID","moved"],"listed":1,"predicted":1}`)
	negative := changed("negative", header, `{"shard":"1/1","columns":["GalaxyID","moved"],"listed":-1,"predicted":-1}`)
	huge := changed("huge", header+"1,0\n", `{"shard":"1/1","columns":["GalaxyID","moved"],"listed":4611686018427387904,"predicted":4611686018427387904}`)
	bare := changed("bare", "\n", `{"shard":"1/1"}`)
	many := changed("many", header+"1,0\n", `{"shard":"3/1000000000000","columns":["GalaxyID","moved"],"listed":1,"predicted":1}`)
	for _, test := range []struct {
		name  string
		parts []string
		want  string
	}{
		{"a word for a number", []string{word}, `image 1: moved is "x", want a number`},
		{"not a number", []string{nan}, `moved is "NaN"`},
		{"negative counts", []string{negative}, "does not say how"},
		{"impossible counts", []string{huge}, "it was cut or changed"},
		{"no columns", []string{bare}, "does not say how"},
		{"most missing", []string{many}, "missing: shard 1/1000000000000, 2/1000000000000, 4/1000000000000, "},
		{"many missing", []string{many}, "11/1000000000000 and 999999999989 more"},
		{"one missing", parts[1:], "missing: shard 3/3"},
		{"one twice", append(parts, parts[0]), "are both shard 3/3"},
		{"other views", []string{other, parts[0], parts[1]}, "do not belong together"},
		{"another count", []string{half, parts[0], parts[1]}, "is shard"},
		{"cut short", []string{cut, parts[1], parts[2]}, "it was cut or changed"},
		{"no CSV", []string{"a.parquet"}, "no CSV file"},
		{"no meta", []string{filepath.Join(out, "none.csv")}, "failed to read how"},
		{"none", nil, "no parts"},
	} {
		to := filepath.Join(out, "never.csv")
		_, err := Merge(t.Context(), test.parts, to)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		if _, err := os.Lstat(to); err == nil {
			t.Errorf("%s: a table was left", test.name)
		}
	}
}

// Shards may be empty or have nothing that can be read, as long as not all do.
func TestEmptyShardsMerge(t *testing.T) {
	e := ensembleOf(t, 1)
	for _, test := range []struct {
		name   string
		broken []string
		want   string
	}{
		{"an image in two", []string{"1.jpg"}, ""},
		{"no image", []string{"1.jpg", "2.jpg"}, "none of the 2 images could be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, out := imageFolder(t, 2), t.TempDir()
			for _, name := range test.broken {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var parts []string
			for n := range 5 {
				j := job(t, dir, filepath.Join(out, fmt.Sprintf("%d.csv", n)))
				j.Shard = Shard{n + 1, 5}
				j.Options.Features, j.Features = true, beside(j.Out, ".npy")
				tabulate(t, e, j)
				parts = append(parts, j.Out)
			}
			s, err := Merge(t.Context(), parts, filepath.Join(out, "merged.csv"))
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("got %v, want %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.Predicted != 1 || s.Unreadable != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}
