package graph

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestExplain(t *testing.T) {
	if explain(nil) != nil {
		t.Error("no error became one")
	}
	full := explain(errors.New("/runs/x/variables.data; No space left on device\n\t [[{{node checkpoint/SaveV2}}]]"))
	if !errors.Is(full, unix.ENOSPC) || errors.Is(full, ErrDevice) {
		t.Errorf("a full disk is %v", full)
	}
	memory := explain(errors.New("OOM when allocating tensor with shape[65536,64,64,64]\n\t [[{{node conv1}}]]"))
	if !errors.Is(memory, ErrDevice) || !errors.Is(memory, ErrMemory) {
		t.Errorf("exhausted memory is %v", memory)
	}
	other := explain(errors.New("Incompatible shapes\n\t [[{{node Mul}}]]"))
	if errors.Is(other, ErrDevice) || strings.ContainsAny(other.Error(), "\n{") {
		t.Errorf("another fault is %v", other)
	}
}

func TestStartAndDevices(t *testing.T) {
	if err := Start(Machine{}); err != nil {
		t.Fatal(err)
	}
	devices, err := Devices()
	if err != nil || len(devices) == 0 || !strings.HasPrefix(devices[0], "CPU") {
		t.Errorf("devices %v, %v, want a CPU", devices, err)
	}
	if Version() == "" {
		t.Error("no version")
	}
}
