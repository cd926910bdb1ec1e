package galaxyzoo

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// table writes rows of spiral() for the ids as a label file, and then replaces
// the first occurrence of old.
func table(t testing.TB, ids []int64, old, with string) string {
	t.Helper()
	l := &Labels{IDs: ids}
	for range ids {
		l.Votes = append(l.Votes, spiral())
	}
	var b bytes.Buffer
	if err := l.Write(&b); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	if old != "" && !strings.Contains(s, old) {
		t.Fatalf("the table has no %q to replace", old)
	}
	return strings.Replace(s, old, with, 1)
}

func TestParseLabels(t *testing.T) {
	header := strings.Join(Header(), ",")
	two := []int64{100008, 100023}
	plain := table(t, two, "", "")
	// The first row as it is written, to make faults in.
	row := strings.Split(plain, "\n")[1]

	tests := []struct {
		name, content string
		want          string // the error; empty for none
	}{
		{"plain", plain, ""},
		{"CRLF", strings.ReplaceAll(plain, "\n", "\r\n"), ""},
		{"byte-order mark", "\ufeff" + plain, ""},
		{"no newline at the end", strings.TrimSuffix(plain, "\n"), ""},
		{"blank line", plain + "\n", ""},
		{"numbers in other forms", strings.Replace(plain, "0.250000", "2.5e-1", 1), ""},
		{"minus zero", strings.Replace(plain, "0.000000", "-0", 1), ""},

		{"empty", "", "f.csv:1: the file is empty, want the header GalaxyID,Class1.1,...,Class11.6"},
		{"no header", row + "\n", `f.csv:1: column 1 of the header is "100008", want "GalaxyID"`},
		{"wrong header", strings.Replace(plain, "Class2.1", "Class2.3", 1),
			`f.csv:1: column 5 of the header is "Class2.3", want "Class2.1"`},
		{"short header", "GalaxyID,Class1.1\n", "f.csv:1: the header has 2 columns, want 38: GalaxyID,Class1.1,...,Class11.6"},
		{"long header", header + ",Extra\n", "f.csv:1: the header has 39 columns, want 38: GalaxyID,Class1.1,...,Class11.6"},
		{"semicolons", strings.ReplaceAll(plain, ",", ";"), "f.csv:1: the header has 1 columns, want 38: GalaxyID,Class1.1,...,Class11.6"},

		{"short row", header + "\n" + row[:strings.LastIndex(row, ",")] + "\n", "f.csv:2: 37 columns, want 38"},
		{"long row", header + "\n" + row + ",0\n", "f.csv:2: 39 columns, want 38"},
		{"line is counted over blank ones", header + "\n\n\n" + row + ",0\n", "f.csv:4: 39 columns, want 38"},
		{"id is a float", table(t, two, "100008", "100008.0"), `f.csv:2: GalaxyID "100008.0" is not a positive whole number`},
		{"id is zero", table(t, two, "100008", "0"), `f.csv:2: GalaxyID "0" is not a positive whole number`},
		{"id is negative", table(t, two, "100023", "-100023"), `f.csv:3: GalaxyID "-100023" is not a positive whole number`},
		{"id has a sign", table(t, two, "100023", "+100023"), `f.csv:3: GalaxyID "+100023" is not a positive whole number`},
		{"id is too large", table(t, two, "100008", "9223372036854775808"),
			`f.csv:2: GalaxyID "9223372036854775808" is not a positive whole number`},
		{"id twice", plain + row + "\n", "f.csv:4: galaxy 100008 was already given on line 2"},
		{"word", table(t, two, "0.250000", "many"), `f.csv:2: Class1.1 = "many" is not a number`},
		{"nothing", table(t, two, "0.250000", ""), `f.csv:2: Class1.1 = "" is not a number`},
		{"above 1", table(t, two, "0.125000", "1.37"), "f.csv:2: Class3.1 = 1.37, want 0 to 1"},
		{"below 0", table(t, two, "0.125000", "-0.1"), "f.csv:2: Class3.1 = -0.1, want 0 to 1"},
		{"NaN", table(t, two, "0.750000", "NaN"), "f.csv:2: Class1.2 = NaN, want 0 to 1"},
		{"infinite", table(t, two, "0.750000", "Inf"), "f.csv:2: Class1.2 = Inf, want 0 to 1"},
		{"sum", table(t, two, "0.250000", "0.250200"), "f.csv:2: the answers of question 1 sum to 1.000200, want 1"},
		{"sum within the tolerance", table(t, two, "0.250000", "0.250050"), ""},

		{"broken quote", header + "\n\"" + row + "\n", `f.csv:2: extraneous or missing " in quoted-field`},
		{"quote in the first field", header + "\n1\"2," + row + "\n", `f.csv:2: bare " in non-quoted-field`},
		{"broken header", "Galaxy\"ID\n", `f.csv:1: bare " in non-quoted-field`},
		{"two faults", table(t, two, "100008", "x") + row[:8] + "\n",
			"f.csv:2: GalaxyID \"x\" is not a positive whole number\nf.csv:4: 2 columns, want 38"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			labels, err := ParseLabels(strings.NewReader(tt.content), "f.csv")
			if tt.want != "" {
				if err == nil || err.Error() != tt.want {
					t.Fatalf("got error %v\nwant      %s", err, tt.want)
				}
				if _, ok := errors.AsType[*DataError](err); !ok {
					t.Errorf("the error is %T, want a *DataError", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(labels.IDs, two) {
				t.Errorf("ids are %v, want %v", labels.IDs, two)
			}
			if labels.Votes[1] != spiral() {
				t.Errorf("votes are %v, want %v", labels.Votes[1], spiral())
			}
			if math.Signbit(labels.Votes[0][2]) {
				t.Error("-0 was not read as 0")
			}
		})
	}
}

func TestParseLabelsStopsAfterManyFaults(t *testing.T) {
	content := strings.Join(Header(), ",") + strings.Repeat("\nx", 3*maxLabelErrors)
	_, err := ParseLabels(strings.NewReader(content), "f.csv")
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxLabelErrors || !strings.HasPrefix(lines[maxLabelErrors-1], "f.csv:21: ") {
		t.Errorf("%d faults, the last %q, want %d, the last on line 21", len(lines), lines[len(lines)-1], maxLabelErrors)
	}
}

func TestParseLabelsReportsTheReader(t *testing.T) {
	broken := errors.New("disk on fire")
	plain := table(t, []int64{1, 2}, "", "")
	for _, content := range []string{"", plain[:20], plain} {
		r := io.MultiReader(strings.NewReader(content), iotest.ErrReader(broken))
		if _, err := ParseLabels(r, "f.csv"); !errors.Is(err, broken) {
			t.Errorf("after %d bytes the error is %v, want %v", len(content), err, broken)
		}
	}
}

func TestReadLabels(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.csv")
	if _, err := ReadLabels(missing); err == nil || err.Error() != missing+": failed to open the labels: no such file or directory" {
		t.Errorf("error of a missing file is %v", err)
	}
	if _, err := ReadLabels(dir); err == nil || err.Error() != dir+":1: failed to read: is a directory" {
		t.Errorf("error of a folder is %v", err)
	}
	path := filepath.Join(dir, "labels.csv")
	if err := os.WriteFile(path, []byte(table(t, []int64{7}, "", "")), 0o666); err != nil {
		t.Fatal(err)
	}
	labels, err := ReadLabels(path)
	if err != nil || !slices.Equal(labels.IDs, []int64{7}) {
		t.Errorf("ReadLabels = %v, %v", labels, err)
	}
}

func TestParsePredictions(t *testing.T) {
	plain := table(t, []int64{3}, "0.250000", "0.990000") // does not obey the tree
	lines := strings.Split(strings.TrimSpace(plain), "\n")
	wide := lines[0] + ",spread,views\n" + lines[1] + ",0.1,16\n"
	for _, content := range []string{plain, wide} {
		labels, err := ParsePredictions(strings.NewReader(content), "p.csv")
		if err != nil || labels.Votes[0][0] != 0.99 {
			t.Errorf("ParsePredictions = %v, %v", labels, err)
		}
	}
	_, err := ParsePredictions(strings.NewReader(strings.Replace(wide, ",16", "", 1)), "p.csv")
	if err == nil || err.Error() != "p.csv:2: 39 columns, want 40" {
		t.Errorf("error of a short row is %v", err)
	}
}

// What is written is read again: the same rows by ascending id, rounded.
func TestLabelsRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	ids := []int64{1 << 62, 5, 100008, 3, 1<<62 + 1}
	labels := &Labels{IDs: ids}
	votes := map[int64]Votes{}
	for _, id := range ids {
		v := randomVotes(rng)
		labels.Votes = append(labels.Votes, v)
		votes[id] = v
	}
	var b bytes.Buffer
	if err := labels.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := ParseLabels(&b, "written")
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Sorted(slices.Values(ids)); !slices.Equal(got.IDs, want) {
		t.Errorf("ids are %v, want %v", got.IDs, want)
	}
	for i, id := range got.IDs {
		for c, x := range votes[id] {
			if math.Abs(got.Votes[i][c]-x) > 0.5000001e-6 { // six decimals
				t.Errorf("galaxy %d: %s = %v, want %v", id, Answers[c].Class(), got.Votes[i][c], x)
			}
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestLabelsWriteErrors(t *testing.T) {
	one := &Labels{IDs: []int64{1}, Votes: []Votes{spiral()}}
	if err := one.Write(fullDisk{}); err == nil || err.Error() != "failed to write votes: no space left on device" {
		t.Errorf("error of a full disk is %v", err)
	}
	uneven := &Labels{IDs: []int64{1, 2}, Votes: []Votes{spiral()}}
	if err := uneven.Write(io.Discard); err == nil || err.Error() != "failed to write votes: 2 ids for 1 rows" {
		t.Errorf("error of uneven columns is %v", err)
	}
}

func FuzzParseLabels(f *testing.F) {
	plain := table(f, []int64{100008, 100023}, "", "")
	header := strings.Join(Header(), ",")
	for _, seed := range []string{
		"", plain, "\ufeff" + plain, strings.ReplaceAll(plain, "\n", "\r\n"), header, header + "\n\"",
		header + "\na\"b", strings.Replace(plain, "0.25", "NaN", 1), strings.Replace(plain, "100023", "100008", 1),
		plain[:len(plain)/2], "GalaxyID\x00", header + "\n1" + strings.Repeat(",0x1p-2", NumAnswers),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := ParsePredictions(bytes.NewReader(content), "f.csv"); err != nil {
			if _, ok := errors.AsType[*DataError](err); !ok {
				t.Fatalf("%v is no *DataError", err)
			}
		}
		labels, err := ParseLabels(bytes.NewReader(content), "f.csv")
		if err != nil {
			if _, ok := errors.AsType[*DataError](err); !ok {
				t.Fatalf("%v is no *DataError", err)
			}
			return
		}
		seen := map[int64]bool{}
		for i, id := range labels.IDs {
			if id <= 0 || seen[id] {
				t.Fatalf("id %d was accepted", id)
			}
			seen[id] = true
			if err := labels.Votes[i].Check(); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := labels.Write(&b); err != nil {
			t.Fatal(err)
		}
		if again, err := ParsePredictions(&b, "again"); err != nil || len(again.IDs) != len(labels.IDs) {
			t.Fatalf("read again: %v", err)
		}
	})
}

func BenchmarkParseLabels(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	labels := &Labels{}
	for i := range 1000 {
		labels.IDs = append(labels.IDs, int64(i+1))
		labels.Votes = append(labels.Votes, randomVotes(rng))
	}
	var buf bytes.Buffer
	if err := labels.Write(&buf); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(buf.Len()))
	for b.Loop() {
		if _, err := ParseLabels(bytes.NewReader(buf.Bytes()), "f.csv"); err != nil {
			b.Fatal(err)
		}
	}
}
