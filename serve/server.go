package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

// Times that no answer depends on.
const (
	headerTimeout = 10 * time.Second // to send the head of a request
	answerTimeout = 10 * time.Second // to take the answer, after Options.Timeout
	idleTimeout   = 2 * time.Minute  // between two requests of a connection
)

// maxHeader is the size of a request's head in bytes. What a browser sends is a
// tenth of it.
const maxHeader = 64 << 10

// Options say what a Server offers and what it spends on it. Features and Log may
// be nil, all else must be set.
type Options struct {
	Name        string        // of the model in the routes, without / and :
	BatchSize   int           // images of one run of the model
	MaxBody     int64         // bytes of a request, packed and unpacked
	MaxInFlight int           // requests worked on at once; others are told to come again
	Timeout     time.Duration // of a request, from its head to its answer
	Decoder     imageproc.Decoder
	Features    *infer.Features // of galaxies among which similar ones are looked for
	Log         *log.Logger     // for faults that are not the client's
}

// A Server answers for one model. Close it after use, before the model.
type Server struct {
	options  Options
	crop     imageproc.Preprocessing
	width    int // of the features, 0 for none
	batcher  *batcher
	metrics  *metrics
	slots    chan struct{} // one for each request that is worked on
	decoding chan struct{} // one for each image that is being decoded
	grace    time.Duration // for requests under way when the server is stopped
}

// ErrOtherFeatures says that features are not of the model that is served.
var ErrOtherFeatures = errors.New("they are another model's")

// New returns a server for the model, which it does not close. It fails where the
// model does not work.
func New(m *infer.Model, o Options) (*Server, error) { return newServer(m, m.Preprocessing, o) }

func newServer(m predictor, crop imageproc.Preprocessing, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = log.New(io.Discard, "", 0)
	}
	if o.Features != nil && o.Features.Size != m.FeatureSize() {
		return nil, fmt.Errorf("%d values a galaxy, the model gives %d: %w", o.Features.Size, m.FeatureSize(), ErrOtherFeatures)
	}
	s := &Server{
		options: o, crop: crop, width: m.FeatureSize(), metrics: newMetrics(),
		slots: make(chan struct{}, o.MaxInFlight), decoding: make(chan struct{}, runtime.GOMAXPROCS(0)),
		grace: o.Timeout + answerTimeout,
	}
	s.batcher = newBatcher(m, crop.Size, o.BatchSize, func(images int) { s.metrics.batches.Observe(float64(images)) })
	// The first run of a network is slow: it is not a client's.
	black := make([]byte, graph.Channels*crop.Size*crop.Size)
	if _, err := s.batcher.predict(context.Background(), [][]byte{black}); err != nil {
		s.Close()
		return nil, fmt.Errorf("failed to try the model: %w", err)
	}
	return s, nil
}

// Close stops the work on requests, which are then answered with an error, and
// waits until the model and the decoder are in use no more.
func (s *Server) Close() {
	s.batcher.close()
	for range cap(s.slots) {
		s.slots <- struct{}{}
	}
}

// Serve answers requests that come in by the listener until ctx ends. It then
// takes no more, answers those that it has taken, and returns nil; an error says
// that some were not answered even after the time for a request, or that listening
// failed. The listener is closed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: min(headerTimeout, s.options.Timeout),
		ReadTimeout:       s.options.Timeout,
		WriteTimeout:      s.options.Timeout + answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          s.options.Log,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("failed to serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		server.Close()
		return fmt.Errorf("failed to answer all requests within %v: the rest was cut off", s.grace)
	}
	return nil
}
