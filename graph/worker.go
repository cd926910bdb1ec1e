package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"time"

	tf "github.com/wamuir/graft/tensorflow"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/op"
	"google.golang.org/protobuf/proto"

	"github.com/tfgalaxy/tfgalaxy/graph/internal/server"
)

// A Worker is a process that computes what the trainers of others ask it for.
type Worker struct {
	// Cluster are the addresses of all workers, HOST:PORT, as this one reaches them.
	Cluster []string
	Task    int    // which of them it is, from 0
	Version string // of the program
}

// An Introduction is what a worker says of itself.
type Introduction struct {
	TFGalaxy   string   `json:"tfgalaxy"`
	TensorFlow string   `json:"tensorflow"`
	Workers    int      `json:"workers"`  // of its cluster
	BFloat16   bool     `json:"bfloat16"` // FastestPrecision there
	Devices    []string `json:"-"`        // by TensorFlow's full names: its GPUs, or else its CPU
	Task       int      `json:"-"`        // its number in the cluster, from 0
	Address    string   `json:"-"`        // by which it was asked

	server string // the task that answers at the address
}

// startTimeout is how long a worker may take to answer itself.
const startTimeout = time.Minute

// sendingThreads are those that a worker has besides those that compute.
const sendingThreads = 4

const workerJob = "worker"

// Serve starts TensorFlow's server in this process, which serves until the process
// ends, and returns once it answers. It takes over the address of a listener, which is
// closed: TensorFlow itself would share a port with another server and not say so. It
// knows no passwords: who can reach the address can have it do what its user may do.
func (w *Worker) Serve(listener net.Listener) error {
	address, err := netip.ParseAddrPort(listener.Addr().String())
	if err != nil {
		listener.Close()
		return err
	}
	if err := listener.Close(); err != nil {
		return err
	}
	fail := func(err error) error {
		return fmt.Errorf("failed to listen at %s: %w: %w", address, ErrDevice, err)
	}
	if err := Load(); err != nil {
		return err
	}
	self, err := w.introduce()
	if err != nil {
		return err
	}
	tasks := map[int32]string{}
	for i, address := range w.Cluster {
		tasks[int32(i)] = address
	}
	// One core's one thread would send what other workers wait for only once it is done
	// with what it computes.
	config := sessionConfig(Placement{}, nil)
	config.InterOpParallelismThreads = int32(cmp.Or(machine.Threads, runtime.NumCPU()) + sendingThreads)
	definition, err := proto.Marshal(&corepb.ServerDef{
		Cluster: &corepb.ClusterDef{Job: []*corepb.JobDef{{Name: workerJob, Tasks: tasks}}},
		JobName: workerJob, TaskIndex: int32(w.Task), Port: int32(address.Port()),
		Protocol: "grpc", DefaultSessionConfig: config,
	})
	if err != nil {
		return err
	}
	if err := server.Start(definition, address.Addr()); err != nil {
		return fail(err)
	}
	door, err := openDoor(address.String(), w.Task, startTimeout)
	if err != nil {
		return fail(err)
	}
	defer door.session.Close()
	text, err := json.Marshal(self)
	if err == nil {
		err = door.store(door.introduction, string(text))
	}
	if err == nil {
		err = door.store(door.lease, "")
	}
	if err != nil {
		return fail(err)
	}
	return nil
}

// introduce says what this process is.
func (w *Worker) introduce() (*Introduction, error) {
	fastest, _, err := FastestPrecision(Placement{})
	if err != nil {
		return nil, err
	}
	return &Introduction{
		TFGalaxy: w.Version, TensorFlow: Version(), Workers: len(w.Cluster),
		BFloat16: fastest == BFloat16,
	}, nil
}

// A door is a session with one worker alone, where its notes lie.
type door struct {
	task                string
	session             *tf.Session
	introduction, lease note
}

// openDoor opens the door of a worker at an address.
func openDoor(address string, task int, timeout time.Duration) (*door, error) {
	d := &door{task: taskName(task)}
	root := op.NewScope().WithDevice(cpuOf(d.task))
	add := func(name string) note {
		s := root.SubScope(name)
		handle := op.VarHandleOp(s, tf.String, tf.ScalarShape(), op.VarHandleOpSharedName("tfgalaxy/"+name))
		text := op.Placeholder(s, tf.String, op.PlaceholderShape(tf.ScalarShape()))
		return note{text, op.ReadVariableOp(s, handle, tf.String), op.AssignVariableOp(s, handle, text)}
	}
	d.introduction, d.lease = add("introduction"), add("lease")
	g, err := root.Finalize()
	if err != nil {
		return nil, err
	}
	d.session, err = newSessionOn(Placement{Target: targetOf(address), Timeout: timeout, tasks: []string{d.task}, shared: true}, g, nil)
	return d, err
}

// ask reads the introduction, and looks for the worker's devices.
func (d *door) ask() (*Introduction, error) {
	text, err := d.load(d.introduction)
	if err != nil {
		return nil, err
	}
	found := &Introduction{}
	if err := json.Unmarshal([]byte(text), found); err != nil {
		return nil, fmt.Errorf("it is no tfgalaxy worker: %w", err)
	}
	devices, err := d.session.ListDevices()
	if err != nil {
		return nil, err
	}
	var cpu string
	for i, device := range devices {
		if i == 0 { // the server's own come first
			found.server, _, _ = strings.Cut(device.Name, "/device:")
		}
		switch {
		case !strings.HasPrefix(device.Name, d.task+"/"):
		case device.Type == "GPU":
			found.Devices = append(found.Devices, device.Name)
		case strings.HasSuffix(device.Name, cpuOf("")):
			cpu = device.Name
		}
	}
	if len(found.Devices) == 0 {
		found.Devices = []string{cpu}
	}
	return found, nil
}

func taskName(task int) string { return "/job:" + workerJob + "/replica:0/task:" + strconv.Itoa(task) }

func targetOf(address string) string { return "grpc://" + address }
