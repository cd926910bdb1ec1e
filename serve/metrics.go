package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus asks a server for.
type metrics struct {
	requests *prometheus.CounterVec   // by route and code
	seconds  *prometheus.HistogramVec // by route
	images   prometheus.Counter
	batches  prometheus.Histogram
	inFlight prometheus.Gauge
	handler  http.Handler
}

func newMetrics() *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tfgalaxy_requests_total", Help: "Requests answered, by route and status code; 499 is a client that did not wait.",
		}, []string{"route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tfgalaxy_request_seconds", Help: "Time from the head of a request to the end of its answer.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16), // to 33 s
		}, []string{"route"}),
		images: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tfgalaxy_images_total", Help: "Images whose votes were given in an answer.",
		}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tfgalaxy_batch_images", Help: "Images of one run of the model.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 11), // to 1024
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tfgalaxy_requests_in_flight", Help: "Requests that are worked on, of those that --max-in-flight bounds.",
		}),
	}
	// Of its own: whoever imports this package may have other metrics, or two servers.
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.requests, m.seconds, m.images, m.batches, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return m
}

// answered counts a request.
func (m *metrics) answered(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// A recorder remembers the status that was answered.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
