package serve

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"log"
	"math"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

// What the test models have.
const (
	testSize     = 8
	testFeatures = 5
)

var centreCrop = imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 200, Size: testSize}

// loadModel loads a model of a small network that has not been trained.
func loadModel(t *testing.T, crop imageproc.Preprocessing) *infer.Model {
	t.Helper()
	net := &graph.Network{Name: "dense", Size: testSize, Init: graph.HeNormal, Output: graph.Sigmoid, Layers: []graph.Layer{
		graph.Flatten{}, graph.Dense{Units: testFeatures}, graph.ReLU{}, graph.Dense{Units: galaxyzoo.NumAnswers}}}
	trainer, err := graph.NewTrainer(net, graph.Options{LossWeights: graph.MSE(), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	preprocessing, err := json.Marshal(crop)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := graph.WriteSavedModel(dir, net, weights, graph.Export{Preprocessing: preprocessing, CentreCrop: crop.Width, CropSide: crop.CropSize()}); err != nil {
		t.Fatal(err)
	}
	m, err := infer.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func testOptions() Options {
	return Options{
		Name: "galaxies", BatchSize: 4, MaxBody: 2 << 20, MaxInFlight: 16, Timeout: time.Minute,
		Decoder: imageproc.DefaultDecoder,
	}
}

// newTestServer serves a model of the small network, or another that was put in
// its place.
func newTestServer(t *testing.T, m predictor, o Options) *Server {
	t.Helper()
	s, err := newServer(m, centreCrop, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// ask sends a request to the server by itself, without a connection.
func ask(s *Server, method, path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// refusedFor is the text of an error in Serving's form, {"error": "..."}.
func refusedFor(w *httptest.ResponseRecorder) string {
	var answer map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer) != 1 {
		return fmt.Sprintf("not an error in Serving's form: %v", err)
	}
	return answer["error"]
}

// galaxyJPEG is the file of a drawn galaxy.
func galaxyJPEG(t *testing.T, n int) []byte {
	t.Helper()
	r, err := galaxyzoo.Synthetic(n+1, 1).Open(n)
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// A fakeModel gives the first level of each image as its first vote.
type fakeModel struct {
	mu   sync.Mutex
	runs []int         // rows of each
	let  chan struct{} // a value for each run; nil for no waiting
	err  error
	nan  bool
}

func (f *fakeModel) FeatureSize() int { return 0 }

func (f *fakeModel) Features(*graph.Batch, []galaxyzoo.Votes, []float32) error {
	panic("the model has no features")
}

func (f *fakeModel) Predict(b *graph.Batch, votes []galaxyzoo.Votes) error {
	f.mu.Lock()
	f.runs = append(f.runs, b.Rows)
	let := f.let
	f.mu.Unlock()
	if let != nil {
		<-let
	}
	for i := range votes {
		votes[i][0] = float64(b.Image(i)[0])
		if f.nan {
			votes[i][3] = math.NaN()
		}
	}
	return f.err
}

// hold makes all further runs wait for a value.
func (f *fakeModel) hold() chan<- struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.let = make(chan struct{})
	return f.let
}

// serveOn serves on a port until the function that it returns is called, which
// gives what Serve returned.
func serveOn(t *testing.T, s *Server) (address string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	return l.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

// instances is the body of a request for predictions of files.
func instances(files ...[]byte) string {
	list := make([]map[string]string, len(files))
	for i, file := range files {
		list[i] = map[string]string{"b64": base64.StdEncoding.EncodeToString(file)}
	}
	encoded, _ := json.Marshal(map[string]any{"instances": list})
	return string(encoded)
}

func TestRoutes(t *testing.T) {
	s := newTestServer(t, loadModel(t, centreCrop), testOptions())
	const available = `{"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]}`
	tests := []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "/v1/models/galaxies", 200, available},
		{"HEAD", "/v1/models/galaxies", 200, ""},
		{"GET", "/v1/models/galaxies/versions/1", 200, available},
		{"GET", "/v1/models/galaxies/versions/2", 404, `has no version "2"`},
		{"GET", "/v1/models/galaxies/labels/stable", 404, `has no label "stable"`},
		{"GET", "/v1/models/stars", 404, `there is no model "stars", only "galaxies"`},
		{"GET", "/v1/models/galaxies/metadata", 200, `"name":"galaxies"`},
		{"GET", "/v1/models/galaxies/versions/1/metadata", 200, `"serving_default"`},
		{"POST", "/v1/models/galaxies/metadata", 405, "wants GET, not POST"},
		{"GET", "/v1/models/galaxies:predict", 405, "wants POST, not GET"},
		{"POST", "/v1/models/galaxies:regress", 400, "cannot regress, only predict"},
		{"POST", "/v1/models/stars:predict", 404, `there is no model "stars"`},
		{"POST", "/v1/models/galaxies/versions/7:predict", 404, `has no version "7"`},
		{"GET", "/v1/models", 404, "nothing at"},
		{"GET", "/favicon.ico", 404, "nothing at"},
		{"GET", "/healthz", 200, "ok\n"},
		{"PUT", "/", 405, "wants GET"},
		{"GET", "/classify", 405, "wants POST"},
		{"GET", "/example?n=0", 400, `example "0"`},
		{"GET", "/example", 400, "want n=1 to n=100"},
	}
	for _, test := range tests {
		w := ask(s, test.method, test.path, nil)
		got := w.Body.String()
		if test.status >= 400 {
			got = refusedFor(w)
		}
		if w.Code != test.status || !strings.Contains(got, test.want) {
			t.Errorf("%s %s: %d, %s; want %d, %s", test.method, test.path, w.Code, w.Body, test.status, test.want)
		}
		if test.status == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s %s: does not say what is allowed", test.method, test.path)
		}
	}
}

// The page of another site cannot use the server from somebody's browser.
func TestCrossOrigin(t *testing.T) {
	s := newTestServer(t, &fakeModel{}, testOptions())
	for site, want := range map[string]int{"cross-site": 403, "same-origin": 400, "": 400} {
		w := ask(s, "POST", "/classify", strings.NewReader("no picture"), "Sec-Fetch-Site", site)
		if w.Code != want {
			t.Errorf("from %q: %d, want %d: %s", site, w.Code, want, w.Body)
		}
	}
}

// What fails inside is logged, and not told to clients. The server goes on.
func TestFailures(t *testing.T) {
	var logged bytes.Buffer
	o := testOptions()
	o.Log = log.New(&logged, "", 0)
	o.Decoder.JPEG = panicking{}
	model := &fakeModel{}
	s := newTestServer(t, model, o)
	fails := func(name, want string) {
		t.Helper()
		logged.Reset()
		w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(`{"instances":[`+arrayJSON(testSize, 7)+`]}`))
		if w.Code != 500 || !strings.Contains(logged.String(), want) || strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, %s, and logged %s", name, w.Code, w.Body, &logged)
		}
	}
	model.err = fmt.Errorf("lost in space")
	fails("an error of the model", "lost in space")
	model.err, model.nan = nil, true
	fails("votes that are no numbers", "Class2.1 is NaN")
	model.nan = false

	logged.Reset()
	w := ask(s, "POST", "/classify", bytes.NewReader(galaxyJPEG(t, 0)))
	if w.Code != 500 || !strings.Contains(logged.String(), "decoder in panic") || strings.Contains(w.Body.String(), "panic") {
		t.Errorf("a panic: %d, %s, and logged %s", w.Code, w.Body, &logged)
	}
	if w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(`{"instances":[`+arrayJSON(testSize, 7)+`]}`)); w.Code != 200 {
		t.Errorf("after all that: %d, %s", w.Code, w.Body)
	}
	if _, err := newServer(&fakeModel{nan: true}, centreCrop, testOptions()); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a model that does not work is served: %v", err)
	}
}

type panicking struct{ imageproc.JPEGDecoder }

func (panicking) DecodeJPEG([]byte) (*image.NRGBA, error) { panic("decoder in panic") }
