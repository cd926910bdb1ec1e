package main

import (
	"fmt"
	"net"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/cmd/tfgalaxy/internal/tflog"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// workerPort is where a worker listens unless told otherwise.
const workerPort = 2222

func (a *app) workerCommand() *cli.Command {
	return &cli.Command{
		Name:  "worker",
		Usage: "compute what tfgalaxy train --workers asks for, here or on another machine",
		Description: "Every worker is given the same list of all workers, in the same order; a list of\n" +
			"one may be left out. It computes on all GPUs of its machine, or else on its CPU,\n" +
			"holds no data of its own, and stays until Ctrl-C.\n" +
			"TensorFlow's servers ask for no password: who can reach the address, at least\n" +
			"every user of this machine, can have the worker do whatever its user may do.\n" +
			"Keep it on a machine of your own, behind an SSH tunnel, or on a network that\n" +
			"nobody else is on: docs/scaling.md shows how.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "`ADDRESS:PORT` to listen at", Value: loopback(workerPort)},
			&cli.StringFlag{Name: "cluster", Usage: "`ADDRESSES` of all workers, HOST:PORT with commas between, as this worker reaches them", DefaultText: "this one alone"},
			&cli.IntFlag{Name: "task", Usage: "`NUMBER` of this worker in the cluster, from 0", DefaultText: "where --listen stands in it"},
		}, settingFlags("threads")...),
		Action: a.worker,
	}
}

// working is what worker prints when it listens.
type working struct {
	Listen  string   `json:"listen"`
	Task    int      `json:"task"`
	Cluster []string `json:"cluster"`
	Devices []string `json:"devices"`
}

func (a *app) worker(ctx *cli.Context) error {
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	address := ctx.String("listen")
	if err := checkAddress(address, workerPort); err != nil {
		return err
	}
	where, err := clusterOf(ctx, address)
	if err != nil {
		return err
	}
	listener, err := listen(address, workerPort)
	if err != nil {
		return err
	}
	defer listener.Close() // TensorFlow has its address by then, unless something fails
	if !ctx.IsSet("cluster") {
		where.Cluster = []string{listener.Addr().String()} // port 0 has become one that is free
	}
	if err := a.startRuntime(&values.Config); err != nil {
		return err
	}
	if where.Devices, err = graph.Devices(); err != nil {
		return err
	}
	w := &graph.Worker{Cluster: where.Cluster, Task: where.Task, Version: version}
	if err := tflog.Quietly(func() error { return w.Serve(listener) }); err != nil {
		return err
	}
	signal.Reset(syscall.SIGPIPE) // that of a client which hangs up
	if where.Listen = listener.Addr().String(); ctx.Bool("json") {
		printJSONLine(a.term.Out, where)
	} else {
		fmt.Fprintf(a.term.Out, "worker %d of %s listens at %s, on %s\n",
			where.Task, strings.Join(where.Cluster, ","), where.Listen, strings.Join(where.Devices, ", "))
	}
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		fmt.Fprintln(a.term.Err, "whoever can reach this address can run programs as this user: TensorFlow asks for no password")
	}
	<-ctx.Context.Done()
	return train.ErrInterrupted
}

// clusterOf reads which workers there are, and which of them this is.
func clusterOf(ctx *cli.Context, address string) (*working, error) {
	w := &working{Cluster: []string{address}, Task: ctx.Int("task")}
	if ctx.IsSet("cluster") {
		var err error
		if w.Cluster, err = run.ParseAddresses(ctx.String("cluster")); err != nil {
			return nil, &run.UsageError{Err: fmt.Errorf("--cluster: %w", err), Hint: "--cluster 127.0.0.1:2222,127.0.0.1:2223"}
		}
	}
	if !ctx.IsSet("task") {
		if w.Task = slices.Index(w.Cluster, address); w.Task < 0 {
			return nil, &run.UsageError{
				Err:  fmt.Errorf("--listen %s stands nowhere in --cluster %s", address, ctx.String("cluster")),
				Hint: "where the others reach this worker by another address, --task says which of them it is, from 0",
			}
		}
	}
	if w.Task < 0 || w.Task >= len(w.Cluster) {
		return nil, &run.UsageError{Err: fmt.Errorf("--task %d, want 0 to %d for %d workers", w.Task, len(w.Cluster)-1, len(w.Cluster))}
	}
	return w, nil
}
