package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/url"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/serve"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "answer over HTTP: TensorFlow Serving's REST routes, and a page for one picture",
		Description: "Clients made for TensorFlow Serving find the model at /v1/models/NAME:predict;\n" +
			"beside arrays of the network's input they may send JPEG, PNG and FITS files in\n" +
			"base64, which are cut as in the model's training. / is a page for a browser,\n" +
			"/metrics is for Prometheus. Ctrl-C answers what was asked, and stops.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "model", Usage: "`FOLDER` of a run or of a SavedModel"},
			&cli.StringFlag{Name: "listen", Usage: "`ADDRESS:PORT` to listen at; port 0 takes a free one", Value: loopback(servePort)},
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the model in the routes; that of its run or folder where none is given"},
			&cli.StringFlag{Name: "features", Usage: "`FILE` that predict --features wrote, to find similar galaxies in"},
			&cli.IntFlag{Name: "max-body", Usage: "most `MIB` of a request, 1 to 1024; a larger one is answered 413", Value: 32},
			&cli.IntFlag{Name: "max-in-flight", Usage: "most requests that are worked on at once; others are answered 503", Value: 32},
			&cli.IntFlag{Name: "timeout", Usage: "`SECONDS` that a request may take, from its head to its answer", Value: 60},
		}, settingFlags("batch-size", "threads")...),
		Action: a.serve,
	}
}

// servePort is where serve listens unless told otherwise, as TensorFlow Serving does.
const servePort = 8501

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// serving is what serve prints when it listens.
type serving struct {
	Name    string `json:"name"`
	Model   string `json:"model"`
	URL     string `json:"url"` // of the page
	Predict string `json:"predict"`
}

func (a *app) serve(ctx *cli.Context) error {
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	options, err := a.serveOptions(ctx, &values.Config)
	if err != nil {
		return err
	}
	path := ctx.String("model")
	if _, err := infer.Find(path); err != nil {
		return err
	}
	if ctx.IsSet("features") {
		if options.Features, err = infer.ReadFeatures(ctx.String("features")); err != nil {
			return err
		}
	}
	listener, err := listen(ctx.String("listen"), servePort)
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := a.startRuntime(&values.Config); err != nil {
		return err
	}
	model, err := infer.Load(path)
	if err != nil {
		return err
	}
	defer model.Close()
	decoder, err := infer.OpenDecoder()
	if err != nil {
		return err
	}
	defer decoder.Close()
	options.Decoder = decoder.Decoder
	if options.Name == "" {
		if options.Name, err = checkModelName(model.Name()); err != nil {
			return err
		}
	}
	server, err := serve.New(model, *options)
	if errors.Is(err, serve.ErrOtherFeatures) {
		return &galaxyzoo.DataError{File: ctx.String("features"), Err: err}
	}
	if err != nil {
		return err
	}
	defer server.Close()

	// A client that hangs up would otherwise pass for a reader of the output who
	// is gone.
	signal.Reset(syscall.SIGPIPE)
	address := listener.Addr().(*net.TCPAddr)
	if where := newServing(address, options.Name, model.Dir); ctx.Bool("json") {
		printJSONLine(a.term.Out, where)
	} else {
		fmt.Fprintf(a.term.Out, "serving %s, %s\npage     %s\npredict  %s\n", where.Name, where.Model, where.URL, where.Predict)
	}
	if !address.IP.IsLoopback() {
		fmt.Fprintln(a.term.Err, "whoever can reach this machine can use the model: it asks nobody who they are")
	}
	if err := server.Serve(ctx.Context, listener); err != nil {
		return err
	}
	return fmt.Errorf("%w, and all requests were answered", train.ErrInterrupted)
}

// serveOptions reads the flags.
func (a *app) serveOptions(ctx *cli.Context, c *run.Config) (*serve.Options, error) {
	if !ctx.IsSet("model") {
		return nil, &run.UsageError{Err: errors.New("want --model"), Hint: "tfgalaxy serve --model runs/0001-small"}
	}
	for _, bound := range []struct {
		flag  string
		upper int
	}{{"max-body", 1024}, {"max-in-flight", 10000}, {"timeout", 3600}} {
		if n := ctx.Int(bound.flag); n < 1 || n > bound.upper {
			return nil, &run.UsageError{Err: fmt.Errorf("--%s %d, want 1 to %d", bound.flag, n, bound.upper)}
		}
	}
	name := ctx.String("name")
	if ctx.IsSet("name") {
		if _, err := checkModelName(name); err != nil {
			return nil, err
		}
	}
	if err := checkAddress(ctx.String("listen"), servePort); err != nil {
		return nil, err
	}
	return &serve.Options{
		Name:        name,
		BatchSize:   c.BatchSize,
		MaxBody:     int64(ctx.Int("max-body")) << 20,
		MaxInFlight: ctx.Int("max-in-flight"),
		Timeout:     time.Duration(ctx.Int("timeout")) * time.Second,
		Log:         log.New(a.term.Err, "tfgalaxy: ", 0),
	}, nil
}

// checkModelName refuses a name that a route cannot have.
func checkModelName(name string) (string, error) {
	if strings.ContainsAny(name, "/:") {
		return "", &run.UsageError{
			Err:  fmt.Errorf("a served model cannot be named %q, want a name without slash and colon", name),
			Hint: "--name NAME gives it another",
		}
	}
	return name, nil
}

// checkAddress refuses what is no address with a port.
func checkAddress(address string, usual int) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return &run.UsageError{
			Err:  fmt.Errorf("--listen %q, want an address and a port", address),
			Hint: fmt.Sprintf("--listen 127.0.0.1:%d, or --listen :%[1]d for all addresses of this machine", usual),
		}
	}
	return nil
}

// listen opens the port.
func listen(address string, usual int) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err == nil {
		return listener, nil
	}
	if refused, ok := errors.AsType[*net.OpError](err); ok {
		err = refused.Err
	}
	failed := fmt.Errorf("failed to listen at %s: %w", address, err)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &hintedError{failed, "another program has that port; --listen 127.0.0.1:0 takes a free one"}
	case errors.Is(err, syscall.EACCES):
		return nil, &hintedError{failed, fmt.Sprintf("ports below 1024 are the system's; --listen 127.0.0.1:%d", usual)}
	}
	return nil, failed
}

// newServing tells where the server is.
func newServing(address *net.TCPAddr, name, model string) *serving {
	host := address.IP.String()
	if address.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	page := url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(address.Port)), Path: "/"}
	predict := page
	predict.Path = "/v1/models/" + name + ":predict"
	return &serving{Name: name, Model: model, URL: page.String(), Predict: predict.String()}
}
