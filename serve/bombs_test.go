package serve

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/internal/alloctest"
)

// Bodies that are small for what they say, or large for what is taken.
func TestBombs(t *testing.T) {
	s := newTestServer(t, &fakeModel{}, testOptions()) // takes 2 MiB
	var square, zeros bytes.Buffer
	if err := png.Encode(&square, image.NewPaletted(image.Rect(0, 0, 4096, 4096), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(&zeros)
	if _, err := w.Write(bytes.Repeat([]byte(" "), 20<<20)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	deep := strings.Repeat("[", 1_000_000)
	huge := []byte(strings.ReplaceAll(square.String(), "IHDR\x00\x00\x10\x00\x00\x00\x10\x00", "IHDR\x00\x00\xea\x60\x00\x00\xea\x60"))
	var fields strings.Builder
	for i := range 180_000 {
		fmt.Fprintf(&fields, `"%x":0,`, i)
	}
	const predict = "/v1/models/galaxies:predict"
	for _, test := range []struct {
		name, path, body, encoding string
		status                     int
		bytes                      uint64
	}{
		{"nested lists", predict, deep, "", 400, 16 << 20},
		{"nested instances", predict, `{"instances":` + deep, "", 400, 32 << 20},
		{"nested, and nobody asks", predict, `{"x":` + deep + strings.Repeat("]", len(deep)) + "}", "", 400, 32 << 20},
		{"an instance of many fields", predict, `{"instances":[{` + strings.TrimSuffix(fields.String(), ",") + "}]}", "", 400, 24 << 20},
		{"many instances", predict, `{"instances":[` + strings.TrimSuffix(strings.Repeat("{},", 600_000), ",") + "]}", "", 400, 16 << 20},
		{"many empty arrays", predict, `{"instances":[[` + strings.TrimSuffix(strings.Repeat("[],", 600_000), ",") + "]]}", "", 400, 32 << 20},
		{"gzip of 20 MiB", predict, zeros.String(), "gzip", 413, 32 << 20},
		{"a picture of 4096x4096", predict, instances(square.Bytes()), "", 200, 160 << 20},
		{"a picture that says 60000x60000", predict, instances(huge), "", 400, 8 << 20},
		{"the same by itself", "/classify", string(huge), "", 400, 8 << 20},
		{"too large, without saying so", "/classify", strings.Repeat("x", 3<<20), "", 413, 16 << 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			alloctest.Bounded(t, test.bytes, 30*time.Second, func() {
				w := ask(s, "POST", test.path, io.MultiReader(strings.NewReader(test.body)), "Content-Encoding", test.encoding)
				if w.Code != test.status {
					t.Errorf("status %d, %.300s, want %d", w.Code, w.Body, test.status)
				}
				if w.Code >= 400 && (w.Body.Len() > 1000 || refusedFor(w) == "") {
					t.Errorf("the refusal is %.1200s", w.Body)
				}
			})
		})
	}
}

// What contradicts itself on a connection ends it, and the server goes on.
func TestRawBombs(t *testing.T) {
	o := testOptions()
	o.Timeout = time.Second
	s := newTestServer(t, &fakeModel{}, o)
	address, stop := serveOn(t, s)
	before := runtime.NumGoroutine()
	for _, test := range []struct {
		name, sends string
		want        int
	}{
		{"less than it says", "POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", 400},
		{"two lengths", "POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400},
		{"a negative length", "POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nx", 400},
		{"a length beyond all numbers", "POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nx", 400},
		{"a length and chunks", "POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"a chunk that is none", "POST /classify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
		{"a chunk that is too large", "POST /classify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n" + strings.Repeat("x", 3<<20), 413},
		{"a head of a megabyte", "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", 431},
		{"a path of a megabyte", "GET /" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		{"a method of its own", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			go func() {
				io.WriteString(c, test.sends) // the server may not take all of it
				c.(*net.TCPConn).CloseWrite()
			}()
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.want {
				t.Errorf("%s, want %d", answer.Status, test.want)
			}
		})
	}
	if answer, err := http.Get("http://" + address + "/healthz"); err != nil || answer.StatusCode != 200 {
		t.Errorf("after all that: %v", err)
	} else {
		answer.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines are left, there were %d", n, before)
	}
}
