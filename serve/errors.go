package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// statusGone is the status of a request whose client did not wait, as nginx calls
// it. Only the metrics show it.
const statusGone = 499

// A refusal is an error with the status that it is answered with.
type refusal struct {
	status int
	error
}

func (r *refusal) Unwrap() error { return r.error }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Errorf(format, args...)}
}

// bad is a request that makes no sense.
func bad(format string, args ...any) error { return refuse(http.StatusBadRequest, format, args...) }

// explain returns the status and the text that an error is answered with. What is
// not the client's fault is told without details, and logged.
func (s *Server) explain(err error) (status int, text string) {
	var refused *refusal
	var large *http.MaxBytesError
	var data *galaxyzoo.DataError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, s.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, fmt.Sprintf("the request did not arrive within %v", s.options.Timeout)
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout, fmt.Sprintf("the answer took longer than %v", s.options.Timeout)
	case errors.Is(err, context.Canceled):
		return statusGone, "the client is gone"
	case errors.As(err, &refused):
		return refused.status, err.Error()
	case errors.As(err, &data):
		return http.StatusBadRequest, err.Error()
	}
	return http.StatusInternalServerError, "the model failed; the server's log says why"
}

func (s *Server) tooLarge() string {
	return fmt.Sprintf("the request is larger than %d bytes", s.options.MaxBody)
}

// fail answers with an error, in Serving's form.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := s.explain(err)
	if status == http.StatusInternalServerError {
		s.options.Log.Printf("failed to answer %s %s: %v", r.Method, r.URL.Path, err)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, status, struct {
		Error string `json:"error"`
	}{text})
}

// writeJSON answers with a value that JSON can express.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("failed to encode the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(b.Bytes()) // an error means that nobody is there to be told
	return nil
}
