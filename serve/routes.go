package serve

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// modelVersion is the one version there is. Serving counts those of a model by
// the folders that it finds.
const modelVersion = "1"

// An endpoint is what a path leads to.
type endpoint struct {
	route  string // its name in the metrics
	method string // GET, which has HEAD with it, or POST
	// bounded endpoints cost enough to be among MaxInFlight and to end after
	// Timeout.
	bounded bool
	serve   func(s *Server, w http.ResponseWriter, r *http.Request) error
}

// endpoints are those whose path is always the same.
var endpoints = map[string]endpoint{
	"/":         {"page", http.MethodGet, false, (*Server).servePage},
	"/classify": {"classify", http.MethodPost, true, (*Server).serveClassify},
	"/example":  {"example", http.MethodGet, true, (*Server).serveExample},
	"/healthz":  {"healthz", http.MethodGet, false, (*Server).serveHealth},
	"/metrics":  {"metrics", http.MethodGet, false, (*Server).serveMetrics},
}

// modelEndpoints are those of a model, by what follows its name.
var modelEndpoints = map[string]endpoint{
	"":          {"status", http.MethodGet, false, (*Server).serveStatus},
	"/metadata": {"metadata", http.MethodGet, false, (*Server).serveMetadata},
	":predict":  {"predict", http.MethodPost, true, (*Server).servePredict},
}

// modelPath matches the paths of Serving: the model's name, its version or a label
// of one, and what is wanted of it.
var modelPath = regexp.MustCompile(`^/v1/models/([^/:]+)(?:/versions/([^/:]+)|/labels/([^/:]+))?(/metadata|:[a-z]+)?$`)

// find returns the endpoint of a path.
func (s *Server) find(path string) (endpoint, error) {
	if e, ok := endpoints[path]; ok {
		return e, nil
	}
	other := endpoint{route: "other"}
	match := modelPath.FindStringSubmatch(path)
	if match == nil {
		return other, refuse(http.StatusNotFound, "there is nothing at %q", path)
	}
	name, version, label, what := match[1], match[2], match[3], match[4]
	e, ok := modelEndpoints[what]
	switch {
	case name != s.options.Name:
		return other, refuse(http.StatusNotFound, "there is no model %q, only %q", name, s.options.Name)
	case version != "" && version != modelVersion:
		return other, refuse(http.StatusNotFound, "model %q has no version %q, only %s", name, version, modelVersion)
	case label != "":
		return other, refuse(http.StatusNotFound, "model %q has no label %q, nor any other", name, label)
	case !ok:
		return other, bad("model %q cannot %s, only predict", name, strings.TrimPrefix(what, ":"))
	}
	return e, nil
}

// crossOrigin refuses what the page of another site sends from a browser. A client
// that is no browser passes.
var crossOrigin http.CrossOriginProtection

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	answer := &recorder{ResponseWriter: w, status: http.StatusOK}
	e, err := s.find(r.URL.Path)
	defer func() {
		if fault := recover(); fault != nil {
			s.options.Log.Printf("internal error: %v\n%s", fault, debug.Stack())
			s.fail(answer, r, fmt.Errorf("internal error: %v", fault))
		}
		s.metrics.answered(e.route, answer.status, time.Since(began))
	}()
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	if err == nil {
		err = s.answer(e, answer, r)
	}
	if err != nil {
		s.fail(answer, r, err)
	}
}

func (s *Server) answer(e endpoint, w http.ResponseWriter, r *http.Request) error {
	if r.Method != e.method && !(r.Method == http.MethodHead && e.method == http.MethodGet) {
		w.Header().Set("Allow", e.method)
		return refuse(http.StatusMethodNotAllowed, "%s wants %s, not %s", r.URL.Path, e.method, r.Method)
	}
	if err := crossOrigin.Check(r); err != nil {
		return refuse(http.StatusForbidden, "%w", err)
	}
	if !e.bounded {
		return e.serve(s, w, r)
	}
	select {
	case s.slots <- struct{}{}:
	default:
		return refuse(http.StatusServiceUnavailable, "%d requests are being worked on already; try again", cap(s.slots))
	}
	s.metrics.inFlight.Inc()
	defer func() {
		s.metrics.inFlight.Dec()
		<-s.slots
	}()
	ctx, cancel := context.WithTimeout(r.Context(), s.options.Timeout)
	defer cancel()
	return e.serve(s, w, r.WithContext(ctx))
}

// body returns what the client sends, unpacked and within the limit.
func (s *Server) body(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	if r.ContentLength > s.options.MaxBody {
		return nil, refuse(http.StatusRequestEntityTooLarge, "%s", s.tooLarge())
	}
	limited := http.MaxBytesReader(w, r.Body, s.options.MaxBody)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return limited, nil
	case "gzip":
		unpacked, err := gzip.NewReader(limited)
		if err != nil {
			return nil, bad("failed to unpack the request: %w", err)
		}
		return http.MaxBytesReader(w, unpacked, s.options.MaxBody), nil
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "content encoding %q, want gzip or none", encoding)
	}
}

func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "ok\n")
	return nil
}

func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) error {
	s.metrics.handler.ServeHTTP(w, r)
	return nil
}
