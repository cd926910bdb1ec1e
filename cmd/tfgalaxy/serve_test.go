package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// trainedRun trains a small network for a moment.
func trainedRun(t *testing.T, data string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "0001-dense")
	succeed(t, "train", "--data", data, "--cache", t.TempDir(), "--run-dir", dir, "--size", "16", "--epochs", "1", "--batch-size", "4")
	return dir
}

// The program says where it serves, gives the votes that predict gives, outlives
// clients that hang up, and tells when it is stopped that all were answered.
func TestServe(t *testing.T) {
	data := dataFolder(t)
	model, votes := trainedRun(t, data), filepath.Join(t.TempDir(), "votes.csv")
	images := filepath.Join(data, "images_training_rev1")
	succeed(t, "predict", "--model", model, "--images", images, "--out", votes)

	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		c, out, said := start(t, t.TempDir(), "serve", "--model", model, "--listen", "127.0.0.1:0", "--json")
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		var where serving
		if err := json.Unmarshal([]byte(line), &where); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if want := where.URL + "v1/models/0001-dense:predict"; where.Predict != want || where.Name != "0001-dense" {
			t.Errorf("it serves %s at %s, want %s", where.Name, where.Predict, want)
		}
		hangUp(t, where.URL)
		compareServed(t, where.URL, images, votes)

		c.Process.Signal(signal)
		c.Wait()
		if got, want := c.ProcessState.ExitCode(), 128+int(signal); got != want {
			t.Errorf("%v: exit code %d, want %d", signal, got, want)
		}
		if want := "stopping; once more to stop at once\ntfgalaxy: interrupted, and all requests were answered\n"; said.String() != want {
			t.Errorf("%v: it says %q, want %q", signal, said, want)
		}
	}
}

// hangUp asks for the page many times and breaks the connections while the answers
// are on their way.
func hangUp(t *testing.T, page string) {
	t.Helper()
	address := strings.TrimSuffix(strings.TrimPrefix(page, "http://"), "/")
	for range 20 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 50))
		c.(*net.TCPConn).SetLinger(0) // a reset, for which writing again is a broken pipe
		c.Close()
	}
}

// compareServed compares what the server says of the images with a table of votes.
func compareServed(t *testing.T, page, images, table string) {
	t.Helper()
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		file, err := os.ReadFile(filepath.Join(images, row[0]+".jpg"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.Post(page+"classify", "", bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Questions []struct{ Answers []struct{ Vote float64 } }
		}
		err = json.NewDecoder(r.Body).Decode(&answer)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("galaxy %s: %s, %v", row[0], r.Status, err)
		}
		column := 1
		for _, q := range answer.Questions {
			for _, a := range q.Answers {
				want, err := strconv.ParseFloat(row[column], 64)
				// float32, in batches of other sizes, and six decimals in the table
				if err != nil || math.Abs(a.Vote-want) > 2e-6 {
					t.Fatalf("galaxy %s: %s is %v, predict says %s", row[0], rows[0][column], a.Vote, row[column])
				}
				column++
			}
		}
		if column != len(rows[0]) {
			t.Fatalf("galaxy %s: %d votes", row[0], column-1)
		}
	}
}

// A port that is taken is a failure, with what to do.
func TestServePortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := tfgalaxy("serve", "--model", trainedRun(t, dataFolder(t)), "--listen", l.Addr().String())
	want := "tfgalaxy: failed to listen at " + l.Addr().String() + ": bind: address already in use\n" +
		"hint: another program has that port; --listen 127.0.0.1:0 takes a free one\n"
	if r.code != exitFailure || r.err != want || r.out != "" {
		t.Errorf("exit code %d, says %q, want %q", r.code, r.err, want)
	}
}

// An address of all interfaces is told as one that can be opened.
func TestNewServing(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8501": "http://127.0.0.1:8501/v1/models/a%20b:predict",
		"0.0.0.0:80":     "http://127.0.0.1:80/v1/models/a%20b:predict",
		"[::1]:8501":     "http://[::1]:8501/v1/models/a%20b:predict",
		"[::]:8501":      "http://127.0.0.1:8501/v1/models/a%20b:predict",
	} {
		parsed, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := newServing(parsed, "a b", "m"); got.Predict != want {
			t.Errorf("%s: %s, want %s", address, got.Predict, want)
		}
	}
}
