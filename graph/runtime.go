package graph

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/op"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
)

// ErrDevice marks a fault of the TensorFlow runtime or its device: out of
// memory, a lost device, a library that does not start.
var ErrDevice = errors.New("TensorFlow device failure")

// ErrMemory is the ErrDevice of a device without the memory that is wanted.
var ErrMemory = fmt.Errorf("%w: out of memory", ErrDevice)

// newSession starts a session on the devices there are: memory of a GPU is taken
// as it is needed, and what has no kernel there runs on the CPU.
func newSession(g *tf.Graph) (*tf.Session, error) { return newSessionOn(Placement{}, g, nil) }

// newSessionOn starts a session where a placement has its target.
func newSessionOn(p Placement, g *tf.Graph, how *corepb.GraphOptions) (*tf.Session, error) {
	options, err := sessionOptions(p, how)
	if err != nil {
		return nil, err
	}
	s, err := tf.NewSession(g, options)
	if err != nil {
		return nil, fmt.Errorf("failed to start a TensorFlow session: %w: %w", ErrDevice, err)
	}
	return s, nil
}

// emptySession starts a session to ask for the devices.
func emptySession() (*tf.Session, error) {
	if err := Load(); err != nil {
		return nil, err
	}
	return newSession(tf.NewGraph())
}

// sessionConfig is that of every session here. how says how TensorFlow rewrites
// and compiles the graph before its first step; nil leaves it to TensorFlow.
func sessionConfig(p Placement, how *corepb.GraphOptions) *corepb.ConfigProto {
	return &corepb.ConfigProto{
		AllowSoftPlacement: true,
		DeviceCount:        deviceCount(),
		GpuOptions:         &corepb.GPUOptions{AllowGrowth: true},
		GraphOptions:       how,

		IntraOpParallelismThreads: int32(machine.Threads),
		InterOpParallelismThreads: int32(machine.Threads),

		OperationTimeoutInMs: p.Timeout.Milliseconds(),
		DeviceFilters:        p.tasks,
		IsolateSessionState:  p.Target != "" && !p.shared,
	}
}

// deviceCount says how many devices of a kind there are to be; of those not named, all.
func deviceCount() map[string]int32 {
	count := map[string]int32{"CPU": int32(max(1, machine.CPUs))}
	if machine.CPUOnly {
		count["GPU"] = 0
	}
	return count
}

func sessionOptions(p Placement, how *corepb.GraphOptions) (*tf.SessionOptions, error) {
	config, err := proto.Marshal(sessionConfig(p, how))
	if err != nil {
		return nil, err
	}
	return &tf.SessionOptions{Target: p.Target, Config: config}, nil
}

// Devices lists the devices that TensorFlow finds, the CPU among them.
func Devices() ([]string, error) {
	s, err := emptySession()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	devices, err := s.ListDevices()
	if err != nil {
		return nil, fmt.Errorf("failed to list devices: %w: %w", ErrDevice, err)
	}
	var names []string
	for _, d := range devices {
		names = append(names, shortName(d))
	}
	return names, nil
}

func shortName(d tf.Device) string {
	name := d.Name[strings.LastIndex(d.Name, "device:")+len("device:"):]
	if d.Type == "GPU" {
		return fmt.Sprintf("%s (%d MiB)", name, d.MemoryLimitBytes>>20)
	}
	return name
}

// deviceOf names the devices that a network is placed on; where that is left to
// TensorFlow, the first GPU where there is one.
func deviceOf(s *tf.Session, p Placement) (string, error) {
	devices, err := s.ListDevices()
	if err != nil {
		return "", fmt.Errorf("failed to list devices: %w: %w", ErrDevice, err)
	}
	var names []string
	for _, tower := range p.Towers {
		for _, d := range devices {
			if strings.HasSuffix(d.Name, tower) {
				names = append(names, taskOf(tower)+shortName(d))
			}
		}
	}
	if len(names) > 0 {
		return strings.Join(names, ", "), nil
	}
	for _, d := range devices {
		if d.Type == "GPU" {
			return shortName(d), nil
		}
	}
	return cpuDevice, nil
}

// What TensorFlow says, in lower case, of a device without memory, and of one that is
// lost or whose libraries fail. Status codes are not exported by the binding, so the
// text has to do.
var (
	memoryTexts = []string{"oom when allocating", "out of memory", "out_of_memory", "failed to allocate memory"}
	deviceTexts = []string{
		"cuda", "cudnn", "cublas", "gpu sync failed", "gemm launch failed", "dnn library", "no algorithm worked",
		"failed to memcpy", "async memcpy", "stream is in an error state", "device lost", "lost device",
	}
)

// explain tells errors of the runtime by their kinds, and leaves out all but the line
// that says what was wrong, which is followed by names of the graph's nodes.
func explain(err error) error {
	if err == nil {
		return nil
	}
	text := firstLine(err)
	says := func(part string) bool { return strings.Contains(strings.ToLower(text), part) }
	switch {
	case strings.Contains(text, "No space left on device"):
		return unix.ENOSPC
	case slices.ContainsFunc(memoryTexts, says):
		return fmt.Errorf("%w: %s", ErrMemory, text)
	case slices.ContainsFunc(deviceTexts, says): // of a worker too, which is not lost by that
		return fmt.Errorf("%w: %s", ErrDevice, text)
	case ofWorker(strings.ToLower(err.Error())):
		return fmt.Errorf("%w lost: %s", ErrWorker, text)
	}
	return fmt.Errorf("TensorFlow: %s", text)
}

// firstLine returns the first line of an error that says something: where several
// nodes of the graph failed, what the first of them says.
func firstLine(err error) string {
	text, rest, _ := strings.Cut(err.Error(), "\n")
	if strings.HasSuffix(text, "root error(s) found.") {
		text, rest, _ = strings.Cut(rest, "\n")
		text = strings.TrimPrefix(strings.TrimSpace(text), "(0) ")
	}
	if strings.Contains(text, "From /job:") && strings.HasSuffix(text, ":") { // what a server has from another
		text, _, _ = strings.Cut(rest, "\n")
	}
	return text
}

// A Machine says what TensorFlow may use of the computer.
type Machine struct {
	Threads int  // that compute at once; 0 is one a core
	CPUs    int  // devices that the cores are offered as, cpu:0 and so on; 0 is one
	CPUOnly bool // GPUs are left to others
}

// machine is that of this process: TensorFlow settles it with the first session.
var machine Machine

// Start runs an empty step, so that a library or a device that does not work is
// found before anything depends on it. It has to come before all else here for
// the machine to count.
func Start(m Machine) error {
	machine = m
	if err := Load(); err != nil {
		return err
	}
	scope := op.NewScope()
	one := op.Const(scope, int32(1))
	g, err := scope.Finalize()
	if err != nil {
		return fmt.Errorf("failed to start TensorFlow: %w: %w", ErrDevice, err)
	}
	s, err := newSession(g)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Run(nil, []tf.Output{one}, nil); err != nil {
		return fmt.Errorf("failed to start TensorFlow: %w: %w", ErrDevice, err)
	}
	return nil
}
