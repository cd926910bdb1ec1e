package serve

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Beyond the bound a client is told to come again, and the others are answered.
func TestBusy(t *testing.T) {
	model := &fakeModel{}
	o := testOptions()
	o.MaxInFlight = 2
	s := newTestServer(t, model, o)
	let := model.hold()
	body := `{"instances":[` + arrayJSON(testSize, 7) + `]}`
	answers := make(chan *httptest.ResponseRecorder)
	for range o.MaxInFlight {
		go func() { answers <- ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(body)) }()
	}
	for len(s.slots) < o.MaxInFlight { // until both are worked on
		runtime.Gosched()
	}
	w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(body))
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("beyond the bound: %d, %v, %s", w.Code, w.Header(), w.Body)
	}
	if w := ask(s, "GET", "/healthz", nil); w.Code != 200 {
		t.Errorf("the health of a busy server: %d", w.Code)
	}
	close(let)
	for range o.MaxInFlight {
		if w := <-answers; w.Code != 200 {
			t.Errorf("within the bound: %d, %s", w.Code, w.Body)
		}
	}
	metrics := ask(s, "GET", "/metrics", nil).Body.String()
	for _, want := range []string{
		`tfgalaxy_requests_total{code="200",route="predict"} 2`,
		`tfgalaxy_requests_total{code="503",route="predict"} 1`,
		`tfgalaxy_requests_total{code="200",route="healthz"} 1`,
		`tfgalaxy_request_seconds_count{route="predict"} 3`,
		`tfgalaxy_images_total 2`,
		`tfgalaxy_batch_images_sum 3`, // with that of the first try
		`tfgalaxy_requests_in_flight 0`,
		`go_goroutines `,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s:\n%s", want, metrics)
		}
	}
}

// A client that does not go on is cut off, whatever it has sent.
func TestSlowClients(t *testing.T) {
	o := testOptions()
	o.Timeout = 50 * time.Millisecond
	s := newTestServer(t, &fakeModel{}, o)
	address, stop := serveOn(t, s)
	for _, test := range []struct{ name, sends, want string }{
		{"half a head", "POST /classify HT", ""},
		{"no body", "POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", "HTTP/1.1 408 "},
		{"half an instance", "POST /v1/models/galaxies:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"instances\":[[", "HTTP/1.1 408 "},
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, test.sends); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c) // ends when the server closes
		if err != nil || !strings.HasPrefix(string(answer), test.want) {
			t.Errorf("%s: %v, %s", test.name, err, answer)
		}
		c.Close()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A request that says it is too large is refused before its body is sent.
func TestLargeBodyIsNotRead(t *testing.T) {
	s := newTestServer(t, &fakeModel{}, testOptions())
	address, stop := serveOn(t, s)
	for _, path := range []string{"/classify", "/v1/models/galaxies:predict"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", path, 100<<20)
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != 413 {
			t.Errorf("%s: %s", path, answer.Status)
		}
		c.Close()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A server that is stopped answers what it was asked, and takes no more.
func TestShutdown(t *testing.T) {
	model := &fakeModel{}
	s := newTestServer(t, model, testOptions())
	let := model.hold()
	address, stop := serveOn(t, s)
	answered := make(chan string)
	go func() {
		r, err := http.Post("http://"+address+"/v1/models/galaxies:predict", "", strings.NewReader(`{"instances":[`+arrayJSON(testSize, 7)+`]}`))
		if err != nil {
			answered <- err.Error()
			return
		}
		answered <- r.Status
	}()
	for len(s.slots) == 0 {
		runtime.Gosched()
	}
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	for { // until it takes no more
		c, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		c.Close()
	}
	select {
	case err := <-stopped:
		t.Fatalf("it stopped before all was answered: %v", err)
	default:
	}
	close(let)
	if got := <-answered; got != "200 OK" {
		t.Errorf("the request under way: %s", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// What does not come to its end in time is cut off, and that is said.
func TestShutdownCutsOff(t *testing.T) {
	model := &fakeModel{}
	s := newTestServer(t, model, testOptions())
	s.grace = 20 * time.Millisecond
	let := model.hold()
	defer close(let)
	address, stop := serveOn(t, s)
	answered := make(chan error)
	go func() {
		_, err := http.Post("http://"+address+"/v1/models/galaxies:predict", "", strings.NewReader(`{"instances":[`+arrayJSON(testSize, 7)+`]}`))
		answered <- err
	}()
	for len(s.slots) == 0 {
		runtime.Gosched()
	}
	if err := stop(); err == nil || !strings.Contains(err.Error(), "the rest was cut off") {
		t.Errorf("it stopped with %v", err)
	}
	if err := <-answered; err == nil {
		t.Error("the request was answered, though the model was not done")
	}
}
