package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that moves only when told to.
type clock struct{ now time.Time }

func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// fake returns a terminal that writes talk to a buffer, and its clock.
func fake(isTerminal bool, columns int) (*Terminal, *bytes.Buffer, *clock) {
	c := &clock{time.Date(2014, 4, 4, 12, 0, 0, 0, time.UTC)}
	var talk bytes.Buffer
	return &Terminal{
		Out:        &bytes.Buffer{},
		Err:        &talk,
		IsTerminal: isTerminal,
		Width:      func() int { return columns },
		Now:        func() time.Time { return c.now },
	}, &talk, c
}

func text(s string) func() string { return func() string { return s } }

// screen plays output as a terminal of the given width does and returns its
// lines, without trailing spaces. Writing past the last column wraps.
func screen(t testing.TB, output string, columns int) []string {
	t.Helper()
	lines := [][]rune{{}}
	row, column := 0, 0
	for len(output) > 0 {
		switch {
		case strings.HasPrefix(output, "\x1b[K"):
			lines[row] = lines[row][:min(column, len(lines[row]))]
			output = output[len("\x1b[K"):]
			continue
		case output[0] == '\r':
			column = 0
		case output[0] == '\n':
			lines = append(lines, nil)
			row, column = row+1, 0
		default:
			r := []rune(output)[0]
			if r < ' ' {
				t.Fatalf("unexpected control character %q", r)
			}
			if column == columns {
				lines = append(lines, nil)
				row, column = row+1, 0
			}
			for len(lines[row]) <= column {
				lines[row] = append(lines[row], ' ')
			}
			lines[row][column] = r
			column++
			output = output[len(string(r)):]
			continue
		}
		output = output[1:]
	}
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = strings.TrimRight(string(line), " ")
	}
	return shown
}

func TestProgressOnTerminalRedrawsAtMostTenTimesASecond(t *testing.T) {
	term, talk, clock := fake(true, 80)
	p := term.Progress()
	asked := 0
	for step := range 1000 { // one every millisecond
		p.Update(func() string { asked++; return fmt.Sprint("step ", step) })
		clock.advance(time.Millisecond)
	}
	if asked != 10 {
		t.Errorf("the text was asked for %d times in a second, want 10", asked)
	}
	if got := strings.Count(talk.String(), "step"); got != 10 {
		t.Errorf("drawn %d times in a second, want 10", got)
	}
	if got := screen(t, talk.String(), 80); len(got) != 1 || got[0] != "step 900" {
		t.Errorf("the screen shows %q, want the one line \"step 900\"", got)
	}
}

func TestProgressOnTerminalReplacesLongerText(t *testing.T) {
	term, talk, clock := fake(true, 80)
	p := term.Progress()
	p.Update(text("epoch 1/5, loss 0.0301"))
	clock.advance(redrawEvery)
	p.Update(text("epoch 2/5"))
	if got := screen(t, talk.String(), 80); got[0] != "epoch 2/5" {
		t.Errorf("the screen shows %q, want no rest of the longer text", got)
	}
}

func TestProgressOnTerminalPrintsAbove(t *testing.T) {
	term, talk, clock := fake(true, 80)
	p := term.Progress()
	p.Print("before")
	p.Update(text("epoch 1/2, step 4"))
	p.Print("saved")
	want := []string{"before", "saved", "epoch 1/2, step 4"}
	if got := screen(t, talk.String(), 80); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the screen shows %q, want %q", got, want)
	}
	clock.advance(time.Second)
	p.Update(text("epoch 2/2, step 8"))
	p.Done("2 epochs")
	p.Update(text("too late"))
	p.Done("too late")
	p.Print("after")
	want = []string{"before", "saved", "2 epochs", "after", ""}
	if got := screen(t, talk.String(), 80); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the screen shows %q, want %q", got, want)
	}
}

func TestProgressOnTerminalLeavesNothing(t *testing.T) {
	term, talk, _ := fake(true, 80)
	p := term.Progress()
	p.Update(text("reading"))
	p.Done("")
	if got := screen(t, talk.String(), 80); len(got) != 1 || got[0] != "" {
		t.Errorf("the screen shows %q, want nothing", got)
	}
}

func TestProgressOnTerminalNeverWraps(t *testing.T) {
	long := "épöch 1/5 " + strings.Repeat("loss 0.0301 · ", 20)
	for _, columns := range []int{1, 2, 3, 10, 79, 80, 81, 400} {
		term, talk, clock := fake(true, columns)
		p := term.Progress()
		p.Update(text(long))
		clock.advance(redrawEvery)
		p.Update(text("with\nnew line\x1b[31m, \ttab and \r return" + long))
		if got := screen(t, talk.String(), columns); len(got) != 1 || len([]rune(got[0])) >= max(columns, 2) {
			t.Errorf("%d columns: the screen shows %q, want one line of fewer columns", columns, got)
		}
	}
}

func TestProgressTakesUnknownWidthForEighty(t *testing.T) {
	term, talk, _ := fake(true, 0)
	term.Progress().Update(text(strings.Repeat("x", 200)))
	if got := len([]rune(screen(t, talk.String(), 80)[0])); got != 79 {
		t.Errorf("%d columns are used, want 79", got)
	}
}

func TestProgressPipedIsPlainLines(t *testing.T) {
	term, talk, clock := fake(false, 20)
	p := term.Progress()
	long := "a line that is wider than the terminal would be"
	for second := range 95 {
		p.Update(text(fmt.Sprintf("%s, second %d", long, second)))
		if second == 40 {
			p.Print("saved")
		}
		clock.advance(time.Second)
	}
	p.Done("done")
	want := long + ", second 30\nsaved\n" + long + ", second 60\n" + long + ", second 90\ndone\n"
	if talk.String() != want {
		t.Errorf("wrote %q, want %q", talk.String(), want)
	}
}

func TestProgressPipedShortWorkLeavesItsResult(t *testing.T) {
	term, talk, clock := fake(false, 80)
	p := term.Progress()
	for range 29 {
		p.Update(text("working"))
		clock.advance(time.Second)
	}
	p.Done("2,000 images in 29 s")
	if want := "2,000 images in 29 s\n"; talk.String() != want {
		t.Errorf("wrote %q, want %q", talk.String(), want)
	}
}

func TestProgressWritesTalkOnly(t *testing.T) {
	for _, isTerminal := range []bool{false, true} {
		term, _, clock := fake(isTerminal, 80)
		p := term.Progress()
		clock.advance(time.Hour)
		p.Update(text("working"))
		p.Print("line")
		p.Done("done")
		if got := term.Out.(*bytes.Buffer).String(); got != "" {
			t.Errorf("terminal %t: wrote %q among the data", isTerminal, got)
		}
	}
}

// The race detector is what this test is for; the count shows no line was lost.
func TestProgressServesSeveralGoroutines(t *testing.T) {
	term, talk, _ := fake(true, 80)
	term.Now = time.Now
	p := term.Progress()
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for step := range 100 {
				p.Update(func() string { return fmt.Sprint("step ", step) })
				p.Print("line")
			}
		})
	}
	workers.Wait()
	p.Done("done")
	lines := screen(t, talk.String(), 80)
	if len(lines) != 8*100+2 {
		t.Fatalf("the screen shows %d lines, want 802", len(lines))
	}
	for i, line := range lines[:800] {
		if line != "line" {
			t.Fatalf("line %d is %q, want \"line\"", i+1, line)
		}
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{
		{"", 5, ""},
		{"galaxy", 7, "galaxy"},
		{"galaxy", 6, "galaxy"},
		{"galaxy", 5, "gala…"},
		{"galaxy", 1, "…"},
		{"galaxy", 0, ""},
		{"galaxy", -1, ""},
		{"größe", 5, "größe"},
		{"größe", 4, "grö…"},
		{"銀河系", 6, "銀河系"}, // two columns each
		{"銀河系", 5, "銀河…"},
		{"銀河系", 4, "銀…"},
		{"銀河系", 2, "…"},
		{"e\u0301te\u0301", 3, "e\u0301te\u0301"}, // an accent of its own has no column
		{"e\u0301te\u0301", 2, "e\u0301…"},
	} {
		if got := cut(test.text, test.columns); got != test.want {
			t.Errorf("cut(%q, %d) = %q, want %q", test.text, test.columns, got, test.want)
		}
	}
}

// Update is called at every training step, and nearly always does nothing.
func BenchmarkUpdateNotDue(b *testing.B) {
	term, _, _ := fake(true, 80)
	term.Now = time.Now
	p := term.Progress()
	line := text("epoch 1/5")
	b.ReportAllocs()
	for b.Loop() {
		p.Update(line)
	}
}
