package infer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// job is a job for a folder, to be changed.
func job(t testing.TB, where, out string) *Job {
	t.Helper()
	return &Job{
		Listing: open(t, where), Shard: Whole, Out: out,
		Options: Options{BatchSize: 4, Decoder: imageproc.DefaultDecoder},
	}
}

func tabulate(t testing.TB, e *Ensemble, j *Job) *Summary {
	t.Helper()
	if err := j.Check(e); err != nil {
		t.Fatal(err)
	}
	s, err := e.Tabulate(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func readVotes(t testing.TB, path string) map[int64]galaxyzoo.Votes {
	t.Helper()
	l, err := galaxyzoo.ParsePredictions(strings.NewReader(read(t, path)), path)
	if err != nil {
		t.Fatal(err)
	}
	votes := map[int64]galaxyzoo.Votes{}
	for i, id := range l.IDs {
		votes[id] = l.Votes[i]
	}
	return votes
}

func sameVotes(t testing.TB, got, want map[int64]galaxyzoo.Votes) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d galaxies, want %d", len(got), len(want))
	}
	for id, w := range want {
		g := got[id]
		if d := furthest(&g, &w); d > tolerance {
			t.Errorf("galaxy %d is off by %g", id, d)
		}
	}
}

func TestFormatsAgree(t *testing.T) {
	e, dir, out := ensembleOf(t, 2), imageFolder(t, 11), t.TempDir()
	files := map[string]string{}
	for _, extension := range []string{".csv", ".jsonl", ".parquet"} {
		path := filepath.Join(out, extension[1:]+extension)
		j := job(t, dir, path)
		j.Options.Uncertainty, j.Options.Consistent, j.Answers = true, true, true
		if s := tabulate(t, e, j); s.Predicted != 11 || s.Images != 11 || s.Unreadable != 0 || s.MaxMoved <= 0 {
			t.Errorf("%s: %+v", extension, s)
		}
		files[extension] = path
	}
	lines := strings.Split(strings.TrimSpace(read(t, files[".csv"])), "\n")
	if want := 1 + 37 + 37 + 1 + 1; len(lines) != 12 || len(strings.Split(lines[0], ",")) != want {
		t.Fatalf("%d lines, header %s", len(lines), lines[0])
	}
	votes := readVotes(t, files[".csv"])

	for i, line := range strings.Split(strings.TrimSpace(read(t, files[".jsonl"])), "\n") {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(line, `{"GalaxyID":"`) || len(row) != 77 || row["answers"] == "" {
			t.Fatalf("line %d: %s", i+1, line)
		}
		if !strings.HasPrefix(lines[i+1], fmt.Sprintf("%s,%.7f,", row["GalaxyID"], row["Class1.1"])) {
			t.Errorf("line %d is %s in CSV", i+1, lines[i+1])
		}
	}

	type parquetRow struct {
		ID    string  `parquet:"GalaxyID"`
		First float64 `parquet:"Class1.1"`
		Last  float64 `parquet:"Class11.6"`
		Words string  `parquet:"answers"`
	}
	rows, err := parquet.ReadFile[parquetRow](files[".parquet"])
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		var id int64
		fmt.Sscan(row.ID, &id)
		if v := votes[id]; len(rows) != 11 || v[0] != row.First || v[36] != row.Last || row.Words == "" {
			t.Errorf("%+v in Parquet, %g and %g in CSV", row, v[0], v[36])
		}
	}
}

// A job that is stopped again and again, and resumed, ends with the table, the
// features and the errors of one that was not.
func TestResume(t *testing.T) {
	e, dir, out := ensembleOf(t, 1), imageFolder(t, 40), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "17.jpg"), []byte("no image"), 0o644); err != nil {
		t.Fatal(err)
	}
	begin := func(name string) *Job {
		j := job(t, dir, filepath.Join(out, name+".csv"))
		j.Features, j.Options.Features = filepath.Join(out, name+".npy"), true
		return j
	}
	tabulate(t, e, begin("whole"))

	j := begin("parts")
	for _, stopAt := range []int{0, 9, 21, 39} {
		ctx, stop := context.WithCancel(t.Context())
		j.Progress = func(done, _ int) {
			if done >= stopAt {
				stop()
			}
		}
		if stopAt == 0 {
			stop()
		}
		_, err := e.Tabulate(ctx, j)
		stop()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v", stopAt, err)
		}
		if _, err := os.Lstat(j.Out); err == nil {
			t.Fatal("a table is there before it is whole")
		}
		if stopAt == 9 {
			// Half a line, as a kill leaves it.
			f, err := os.OpenFile(j.Out+journalSuffix, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			f.WriteString(`{"id":"999","cel`)
			f.Close()
		}
		if stopAt == 9 || stopAt == 21 {
			// Fewer features than rows, as a kill or a full disk leaves them.
			lost := partialFeatures(j.Features)[stopAt%2]
			info, err := os.Stat(lost)
			if err == nil {
				err = os.Truncate(lost, info.Size()-3)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		j.Resume = true
	}
	j.Progress = nil
	for _, name := range []string{".parts.csv12", ".parts.meta.json3", ".parts.errors.csv4"} { // as a kill at the end leaves them
		if err := os.WriteFile(filepath.Join(out, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := tabulate(t, e, j)
	if s.Resumed < 20 || s.Predicted != 39 || s.Unreadable != 1 {
		t.Errorf("%+v", s)
	}
	sameVotes(t, readVotes(t, j.Out), readVotes(t, filepath.Join(out, "whole.csv")))
	if read(t, errorsFile(j.Out)) != read(t, filepath.Join(out, "whole.errors.csv")) {
		t.Error("other errors")
	}
	got, err := ReadFeatures(j.Features)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ReadFeatures(filepath.Join(out, "whole.npy"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.IDs, want.IDs) || len(got.Values) != len(want.Values) {
		t.Errorf("features of %d galaxies, want %d", len(got.IDs), len(want.IDs))
	}
	for i, x := range got.Values {
		if d := x - want.Values[i]; d > 1e-5 || d < -1e-5 { // of values up to some tens
			t.Fatalf("feature %d differs by %g", i, d)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(out, ".parts*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*"+journalSuffix)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	// As a kill leaves it between the last two deeds.
	partial := j.Out + journalSuffix
	if err := os.WriteFile(partial, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if s := tabulate(t, e, j); s.Resumed != 40 || s.Predicted != 39 {
		t.Errorf("a finished job, resumed: %+v", s)
	}
	if exists(partial) {
		t.Errorf("%s was left behind", partial)
	}
}

func TestTabulateRefuses(t *testing.T) {
	e, dir := ensembleOf(t, 1), imageFolder(t, 6)
	stopped := func(t *testing.T, out string) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		j := job(t, dir, out)
		j.Progress = func(int, int) { stop() }
		if _, err := e.Tabulate(ctx, j); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	broken := imageFolder(t, 2)
	for _, name := range []string{"1.jpg", "2.jpg"} {
		if err := os.WriteFile(filepath.Join(broken, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name   string
		change func(t *testing.T, j *Job)
		want   string
		usage  bool
	}{
		{"a table that is there", func(t *testing.T, j *Job) { os.WriteFile(j.Out, nil, 0o644) }, "nothing is overwritten", true},
		{"an unknown format", func(t *testing.T, j *Job) { j.Out += ".fits" }, "ends in none of .csv, .jsonl, .parquet", true},
		{"no folder", func(t *testing.T, j *Job) { j.Out = filepath.Join(j.Out, "x.csv") }, "is no folder", true},
		{"begun before", func(t *testing.T, j *Job) { stopped(t, j.Out) }, "from a prediction that was stopped", true},
		{"begun otherwise", func(t *testing.T, j *Job) { stopped(t, j.Out); j.Resume = true; j.Options.Views = 3 }, "was begun with other views", true},
		{"other images", func(t *testing.T, j *Job) {
			stopped(t, j.Out)
			j.Resume = true
			other := imageFolder(t, 5)
			writeImage(t, filepath.Join(other, "0.jpg"), 1)
			j.Listing = open(t, other)
		}, "goes on from other images", true},
		{"a damaged journal", func(t *testing.T, j *Job) {
			stopped(t, j.Out)
			j.Resume = true
			path := j.Out + journalSuffix
			os.WriteFile(path, bytes.Replace([]byte(read(t, path)), []byte(`"cells"`), []byte(`"cells`), 1), 0o644)
		}, "is damaged", false},
		{"begun with features", func(t *testing.T, j *Job) {
			stopped(t, j.Out)
			j.Resume, j.Options.Features, j.Features = true, true, filepath.Join(filepath.Dir(j.Out), "f.npy")
		}, "was begun with no features", true},
		{"begun for no submission", func(t *testing.T, j *Job) { stopped(t, j.Out); j.Resume, j.Submission = true, true }, "was begun with no --submission", true},
		{"finished without features", func(t *testing.T, j *Job) {
			tabulate(t, e, j)
			j.Resume, j.Options.Features, j.Features = true, true, filepath.Join(filepath.Dir(j.Out), "f.npy")
		}, "made with no features", true},
		{"features of a job that was stopped", func(t *testing.T, j *Job) {
			j.Options.Features, j.Features = true, filepath.Join(filepath.Dir(j.Out), "f.npy")
			os.WriteFile(j.Features+".partial", nil, 0o644)
		}, "nothing is overwritten", true},
		{"features that are there, to go on", func(t *testing.T, j *Job) {
			j.Resume, j.Options.Features, j.Features = true, true, filepath.Join(filepath.Dir(j.Out), "f.npy")
			os.WriteFile(j.Features, nil, 0o644)
		}, "nothing is overwritten", true},
		{"a table that differs in its format", func(t *testing.T, j *Job) {
			os.WriteFile(beside(j.Out, ".parquet"), nil, 0o644)
		}, "x.parquet is there, whose x.meta.json the table x.csv would overwrite", true},
		{"features as the table", func(t *testing.T, j *Job) {
			j.Options.Features, j.Out = true, beside(j.Out, ".parquet")
			j.Features = filepath.Dir(j.Out) + "/./x.parquet"
		}, "at once", true},
		{"a batch beyond memory", func(t *testing.T, j *Job) { j.Options.BatchSize = 100000 }, "batch size 100000, want 1 to 4096", true},
		{"features that are being written", func(t *testing.T, j *Job) {
			j.Resume, j.Options.Features, j.Features = true, true, filepath.Join(filepath.Dir(j.Out), "f.npy")
			w, err := CreateFeatures(j.Features, e.FeatureSize())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { w.Abort() })
		}, "is being written by another process", true},
		{"strict", func(t *testing.T, j *Job) { j.Listing, j.Strict = open(t, broken), true }, "1.jpg: the file is empty", false},
		{"nothing to read", func(t *testing.T, j *Job) { j.Listing = open(t, broken) }, "none of the 2 images could be read", false},
		{"a sample with names", func(t *testing.T, j *Job) {
			sample := filepath.Join(t.TempDir(), "sample.csv")
			os.WriteFile(sample, []byte("GalaxyID\n1\nM31\n"), 0o644)
			j.Listing, j.Submission = open(t, sample), true
		}, `sample.csv:3: GalaxyID "M31" is not`, false},
		{"names for Kaggle", func(t *testing.T, j *Job) {
			named := t.TempDir()
			writeImage(t, filepath.Join(named, "M31.jpg"), 1)
			j.Listing, j.Submission = open(t, named), true
		}, `"M31" is not a positive whole number`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := job(t, dir, filepath.Join(t.TempDir(), "x.csv"))
			test.change(t, j)
			err := j.Check(e)
			if err == nil {
				_, err = e.Tabulate(t.Context(), j)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if _, usage := errors.AsType[*run.UsageError](err); usage != test.usage {
				t.Errorf("%v: usage error %v, want %v", err, usage, test.usage)
			}
		})
	}
}

// A submission is in the order of its ids with the columns of Kaggle's alone.
func TestSubmission(t *testing.T) {
	e, dir := ensembleOf(t, 1), imageFolder(t, 11)
	j := job(t, dir, filepath.Join(t.TempDir(), "x.csv"))
	j.Submission, j.Options.Consistent = true, true
	tabulate(t, e, j)
	lines := strings.Split(strings.TrimSpace(read(t, j.Out)), "\n")
	if lines[0] != strings.Join(galaxyzoo.Header(), ",") || len(lines) != 12 {
		t.Fatalf("%d lines, header %s", len(lines), lines[0])
	}
	for i, line := range lines[1:] {
		if !strings.HasPrefix(line, fmt.Sprintf("%d,", i+1)) { // 10 after 9, not after 1
			t.Errorf("line %d is %s", i+2, line)
		}
	}
	for _, v := range readVotes(t, j.Out) {
		if err := v.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestFileBeside(t *testing.T) {
	t.Setenv("HOME", "/home/stella")
	t.Chdir("/")
	for _, c := range []struct{ table, file, want string }{
		{"votes.csv", "", ""},
		{"votes.csv", "f.npy", "f.npy"},
		{"/home/stella/votes.csv", "/home/stella/f.npy", "f.npy"},
		{"/data/votes.csv", "/data/more/f.npy", "more/f.npy"},
		{"/data/votes.csv", "/home/stella/f.npy", "~/f.npy"},
		{"data/votes.csv", "/scratch/f.npy", "../scratch/f.npy"},
	} {
		if got := fileBeside(c.table, c.file); got != c.want {
			t.Errorf("fileBeside(%q, %q) = %q, want %q", c.table, c.file, got, c.want)
		}
	}
}

// Features in their place have all their rows in the journal, or a job that the disk
// stopped there could not be resumed.
func TestFeaturesAfterJournal(t *testing.T) {
	e, dir, out := ensembleOf(t, 1), imageFolder(t, 3), t.TempDir()
	j := job(t, dir, filepath.Join(out, "votes.csv"))
	j.Features, j.Options.Features = filepath.Join(out, "features.npy"), true
	meta, err := e.meta(j)
	if err != nil {
		t.Fatal(err)
	}
	log, err := openJournal(j.Out, meta, false, func() (int, error) { return j.featuresKept(e) })
	if err != nil {
		t.Fatal(err)
	}
	if err := log.flush(); err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	log.w.Reset(full)
	rows := &sheet{job: j, log: log}
	if err := rows.fill(t.Context(), e, 3); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v, want that of a full disk", err)
	}
	if exists(j.Features) {
		t.Error("the features are in their place")
	}
	rows.suspend() //nolint:errcheck // the disk is still full
	j.Resume = true
	if s := tabulate(t, e, j); s.Predicted != 3 {
		t.Errorf("resumed: %+v", s)
	}
}
