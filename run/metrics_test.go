package run

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func testEpochs() []Epoch {
	return []Epoch{
		{1, 50, 0.05, new(0.04), new(0.2), 1e-3, 123.456, 0.01, 10.5},
		{2, 100, 0.04, new(0.03), new(0.15), 1e-4, 120, 0.02, 21},
		{3, 150, 0.03, nil, nil, 1e-5, 120, 0, 31},
	}
}

// fill writes a step for each of 1 to n and the epochs that end among them.
func fill(t testing.TB, m *Metrics, from, n int64) {
	t.Helper()
	for step := from; step <= n; step++ {
		if err := m.WriteStep(Step{step, int(step-1)/50 + 1, 1 / float64(step), 1e-3}); err != nil {
			t.Fatal(err)
		}
		for _, e := range testEpochs() {
			if e.Step == step {
				if err := m.WriteEpoch(e); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func openMetrics(t testing.TB, r *Run, after int64) *Metrics {
	t.Helper()
	m, err := r.OpenMetrics(after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return m
}

func readAll(t testing.TB, r *Run) (csv, jsonl string, epochs []Epoch, steps []Step) {
	t.Helper()
	a, err1 := os.ReadFile(r.Path(MetricsCSV))
	b, err2 := os.ReadFile(r.Path(MetricsJSONL))
	epochs, err3 := r.Epochs()
	steps, err4 := r.Steps()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return string(a), string(b), epochs, steps
}

func TestMetricsForm(t *testing.T) {
	r := create(t)
	m := openMetrics(t, r, 0)
	for _, e := range testEpochs() {
		if err := m.WriteEpoch(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.WriteStep(Step{1, 1, 0.0625, 1e-7}); err != nil {
		t.Fatal(err)
	}
	csv, jsonl, epochs, _ := readAll(t, r)
	if want := `epoch,step,loss,validation_loss,rmse,learning_rate,images_per_second,data_wait,seconds
1,50,0.05,0.04,0.2,0.001,123.456,0.01,10.5
2,100,0.04,0.03,0.15,0.0001,120,0.02,21
3,150,0.03,,,1e-05,120,0,31
`; csv != want {
		t.Errorf("metrics.csv:\n%s\nwant:\n%s", csv, want)
	}
	if want := `{"step":1,"epoch":1,"loss":0.0625,"learning_rate":1e-7}` + "\n"; jsonl != want {
		t.Errorf("metrics.jsonl: %swant: %s", jsonl, want)
	}
	if !reflect.DeepEqual(epochs, testEpochs()) {
		t.Errorf("read %+v", epochs)
	}
}

// A resume at any step leaves the files as if the run had never stopped.
func TestResumedMetricsEqualUnbroken(t *testing.T) {
	unbroken := create(t)
	fill(t, openMetrics(t, unbroken, 0), 1, 150)
	wantCSV, wantJSONL, _, _ := readAll(t, unbroken)
	for _, after := range []int64{0, 1, 49, 50, 51, 99, 149, 150} {
		r := create(t)
		m := openMetrics(t, r, 0)
		fill(t, m, 1, 150)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		tear(t, r.Path(MetricsCSV), "4,200,0.0")
		tear(t, r.Path(MetricsJSONL), `{"step":151,"epo`)

		fill(t, openMetrics(t, r, after), after+1, 150)
		csv, jsonl, _, _ := readAll(t, r)
		if csv != wantCSV || jsonl != wantJSONL {
			t.Errorf("resumed after step %d:\n%s\nwant:\n%s", after, csv, wantCSV)
		}
		if left := names(t, r.Dir); len(left) != 2 {
			t.Errorf("left %q", left)
		}
	}
}

func tear(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// Wherever the files are cut, what is whole before the cut is read.
func TestTornMetrics(t *testing.T) {
	r := create(t)
	fill(t, openMetrics(t, r, 0), 1, 150)
	csv, jsonl, epochs, steps := readAll(t, r)
	for cut := range len(csv) {
		if err := os.WriteFile(r.Path(MetricsCSV), []byte(csv[:cut]), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := r.Epochs()
		want := max(strings.Count(csv[:cut], "\n")-1, 0)
		if err != nil || len(got) != want || want > 0 && !reflect.DeepEqual(got, epochs[:want]) {
			t.Fatalf("cut at %d: %d rows, %v; want %d", cut, len(got), err, want)
		}
	}
	for cut := len(jsonl) - 200; cut < len(jsonl); cut++ {
		if err := os.WriteFile(r.Path(MetricsJSONL), []byte(jsonl[:cut]), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := r.Steps()
		want := strings.Count(jsonl[:cut], "\n")
		if err != nil || !reflect.DeepEqual(got, steps[:want]) {
			t.Fatalf("cut at %d: %d rows, %v; want %d", cut, len(got), err, want)
		}
	}
}

func TestMetricsBeforeTheFirstRow(t *testing.T) {
	r := create(t)
	epochs, err1 := r.Epochs()
	steps, err2 := r.Steps()
	if err1 != nil || err2 != nil || len(epochs)+len(steps) > 0 {
		t.Errorf("no files: %v %v, %v %v", epochs, steps, err1, err2)
	}
	openMetrics(t, r, 0)
	if csv, jsonl, epochs, steps := readAll(t, r); csv != csvHeader() || jsonl != "" || len(epochs)+len(steps) > 0 {
		t.Errorf("no rows: %q, %q", csv, jsonl)
	}
}

func TestMetricsNumbersReadBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	number := func() float64 { // any finite bits
		for {
			if x := math.Float64frombits(rng.Uint64()); !math.IsNaN(x) && !math.IsInf(x, 0) {
				return x
			}
		}
	}
	r := create(t)
	m := openMetrics(t, r, 0)
	var epochs []Epoch
	var steps []Step
	for i := 1; i <= 200; i++ {
		e := Epoch{i, 1<<62 + int64(i), number(), new(number()), new(number()), number(), number(), number(), number()}
		s := Step{1<<62 + int64(i), i, number(), number()}
		if err := errors.Join(m.WriteEpoch(e), m.WriteStep(s)); err != nil {
			t.Fatal(err)
		}
		epochs, steps = append(epochs, e), append(steps, s)
	}
	_, _, gotEpochs, gotSteps := readAll(t, r)
	if !reflect.DeepEqual(gotEpochs, epochs) {
		t.Error("epochs differ")
	}
	if !reflect.DeepEqual(gotSteps, steps) {
		t.Error("steps differ")
	}
}

func TestMetricsErrors(t *testing.T) {
	header := csvHeader()
	tests := []struct{ name, file, content, want string }{
		{"header", MetricsCSV, "epoch,loss\n", `1: the header is "epoch,loss", want "` + strings.TrimSpace(header) + `"`},
		{"columns", MetricsCSV, header + "1,2,3\n", "2: 3 columns, want 9"},
		{"empty line", MetricsCSV, header + "\n", "2: 1 columns, want 9"},
		{"word", MetricsCSV, header + "1,50,x,,,1,1,1,1\n", `2: loss = "x", want a finite number`},
		{"NaN", MetricsCSV, header + "1,50,NaN,,,1,1,1,1\n", `2: loss = "NaN", want a finite number`},
		{"empty cell", MetricsCSV, header + "1,50,,,,1,1,1,1\n", `2: loss = "", want a finite number`},
		{"epoch 0", MetricsCSV, header + "0,50,1,,,1,1,1,1\n", `2: epoch = "0", want a whole number of at least 1`},
		{"step", MetricsCSV, header + "1,1e3,1,,,1,1,1,1\n", `2: step = "1e3", want a whole number of at least 1`},
		{"order", MetricsCSV, header + "2,50,1,,,1,1,1,1\n2,60,1,,,1,1,1,1\n", "3: epoch = 2 after epoch 2, want them to rise"},

		{"not json", MetricsJSONL, "step 1\n", "1: invalid character 's' looking for beginning of value"},
		{"torn inside", MetricsJSONL, "{\"step\":1\n{}\n", "1: the object ends early"},
		{"empty line", MetricsJSONL, "\n", "1: the object ends early"},
		{"missing field", MetricsJSONL, `{"step":1,"epoch":1,"loss":1}` + "\n", "1: want step, epoch, loss and learning_rate"},
		{"two objects", MetricsJSONL, `{"step":1,"epoch":1,"loss":1,"learning_rate":1}{}` + "\n", "1: something follows the object"},
		{"order", MetricsJSONL, strings.Repeat(`{"step":1,"epoch":1,"loss":1,"learning_rate":1}`+"\n", 2), "2: step = 1 after step 1, want them to rise"},
		{"epoch", MetricsJSONL, `{"step":1,"epoch":0,"loss":1,"learning_rate":1}` + "\n", "1: epoch = 0, want at least 1"},
		{"unknown", MetricsJSONL, `{"step":1,"lr":1}` + "\n", `1: json: unknown field "lr"`},
	}
	for _, tt := range tests {
		t.Run(tt.file+" "+tt.name, func(t *testing.T) {
			r := create(t)
			path := r.Path(tt.file)
			if err := os.WriteFile(path, []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err1 := r.Epochs()
			_, err2 := r.Steps()
			_, err := r.OpenMetrics(0)
			var fault *galaxyzoo.DataError
			if want := path + ":" + tt.want; !errors.As(err, &fault) || err.Error() != want || errors.Join(err1, err2).Error() != want {
				t.Errorf("error = %v\n want = %s", err, want)
			}
			if data, err := os.ReadFile(path); err != nil || string(data) != tt.content {
				t.Errorf("the damaged file was changed to %q", data)
			}
		})
	}
}

func TestMetricsRefuse(t *testing.T) {
	r := create(t)
	m := openMetrics(t, r, 0)
	fill(t, m, 1, 50)
	wantCSV, wantJSONL, _, _ := readAll(t, r)
	good := testEpochs()[1]
	tests := []struct {
		name  string
		write func() error
	}{
		{"epoch again", func() error { return m.WriteEpoch(testEpochs()[0]) }},
		{"epoch without a step", func() error { e := good; e.Step = 0; return m.WriteEpoch(e) }},
		{"epoch NaN", func() error { e := good; e.RMSE = new(math.NaN()); return m.WriteEpoch(e) }},
		{"step again", func() error { return m.WriteStep(Step{50, 1, 1, 1}) }},
		{"step Inf", func() error { return m.WriteStep(Step{51, 1, math.Inf(1), 1}) }},
		{"step without an epoch", func() error { return m.WriteStep(Step{51, 0, 1, 1}) }},
	}
	for _, tt := range tests {
		if err := tt.write(); err == nil || !strings.Contains(err.Error(), r.Dir) {
			t.Errorf("%s: error = %v, want one that names the file", tt.name, err)
		}
	}
	if csv, jsonl, _, _ := readAll(t, r); csv != wantCSV || jsonl != wantJSONL {
		t.Error("a refused row was written")
	}
}

// A disk that takes a part of a line keeps none of it, and the line may be
// written again once there is room.
func TestMetricsTakeBackPartOfALine(t *testing.T) {
	r := create(t)
	m := openMetrics(t, r, 0)
	fill(t, m, 1, 49)
	_, want, _, _ := readAll(t, r)

	// A limit on the size of files stands for a full disk.
	signal.Ignore(unix.SIGXFSZ)
	defer signal.Reset(unix.SIGXFSZ)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	full := limit
	full.Cur = uint64(len(want)) + 10
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	err := m.WriteStep(Step{50, 1, 0.5, 1e-3})
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}

	if err == nil || err.Error() != "failed to write "+r.Path(MetricsJSONL)+": file too large" {
		t.Errorf("error = %v, want one that names the file", err)
	}
	if _, got, _, _ := readAll(t, r); got != want {
		t.Errorf("left %q", strings.TrimPrefix(got, want))
	}
	if err := m.WriteStep(Step{50, 1, 0.5, 1e-3}); err != nil {
		t.Error(err)
	}
	if steps, err := r.Steps(); err != nil || len(steps) != 50 {
		t.Errorf("%d steps, %v; want 50", len(steps), err)
	}
}

func BenchmarkWriteStep(b *testing.B) {
	m := openMetrics(b, create(b), 0)
	var step int64
	for b.Loop() {
		step++
		if err := m.WriteStep(Step{step, 1, 1 / float64(step), 1e-3}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadSteps(b *testing.B) {
	r := create(b)
	fill(b, openMetrics(b, r, 0), 1, 2000)
	for b.Loop() {
		if steps, err := r.Steps(); err != nil || len(steps) != 2000 {
			b.Fatal(len(steps), err)
		}
	}
}

// The readers give an error with file:line or rows, and rows that were read are
// written back to the same bytes by a resume.
func FuzzMetrics(f *testing.F) {
	f.Add([]byte(csvHeader()+"1,50,0.5,,,1,1,0,1\n2,60"), []byte(`{"step":1,"epoch":1,"loss":0.5,"learning_rate":1}`+"\n"))
	f.Add([]byte(csvHeader()+"1,9007199254740993,1e400,-0,0x1p-2,1,1,0,1\n"), []byte("{\"step\":1e2}\n"))
	f.Add([]byte("epoch\n"), []byte("\n\n"))
	f.Add([]byte(csvHeader()+"1,1,Inf,,,,,,\n\x00"), []byte("{\"step\":null,\"Step\":3,\"epoch\":\"1\"}\n[[[[\n"))
	r := &Run{Dir: f.TempDir()}
	f.Fuzz(func(t *testing.T, csv, jsonl []byte) {
		err1 := os.WriteFile(r.Path(MetricsCSV), csv, 0o644)
		err2 := os.WriteFile(r.Path(MetricsJSONL), jsonl, 0o644)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		m, err := r.OpenMetrics(math.MaxInt64)
		if err != nil {
			var fault *galaxyzoo.DataError
			if !errors.As(err, &fault) || fault.Line < 1 {
				t.Fatalf("error = %v, want a *DataError with a line", err)
			}
			return
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		once, jsonOnce, epochs, steps := readAll(t, r)
		if m, err = r.OpenMetrics(math.MaxInt64); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		twice, jsonTwice, epochsTwice, stepsTwice := readAll(t, r)
		if once != twice || jsonOnce != jsonTwice || !reflect.DeepEqual(epochs, epochsTwice) || !reflect.DeepEqual(steps, stepsTwice) {
			t.Fatalf("not stable: %q, %q", once, twice)
		}
		if n := bytes.Count(csv, []byte("\n")); len(epochs) > max(n-1, 0) {
			t.Fatalf("%d epochs from %d lines", len(epochs), n)
		}
	})
}
