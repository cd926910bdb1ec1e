package graph

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What TensorFlow says of devices, as its users have reported it, is told by its kind.
func TestExplainKinds(t *testing.T) {
	tests := []struct {
		text string
		kind error // the most exact
		want string
	}{
		{"OOM when allocating tensor with shape[160,64,64,64] and type float on CPU:0\n\t [[node]]", ErrMemory, "and type float on CPU:0"},
		{"2 root error(s) found.\n  (0) RESOURCE_EXHAUSTED: OOM when allocating tensor\n\t [[node]]\n  (1) CANCELLED", ErrMemory, "RESOURCE_EXHAUSTED: OOM when allocating tensor"},
		{"From /job:worker/replica:0/task:1:\nOOM when allocating tensor\n\t [[node]]", ErrMemory, "memory: OOM when allocating tensor"},
		{"2 root error(s) found.\n  (0) RESOURCE_EXHAUSTED: From /job:worker/replica:0/task:1:\nOOM when allocating tensor\n\t [[node]]\n  (1) CANCELLED", ErrMemory, "memory: OOM when allocating tensor"},
		{"From /job:worker/replica:0/task:1:\nGPU sync failed\n\t [[node]]", ErrDevice, "failure: GPU sync failed"},
		{"CUDA_ERROR_OUT_OF_MEMORY: out of memory", ErrMemory, ""},
		{"GPU sync failed", ErrDevice, ""},
		{"Blas GEMM launch failed : a.shape=(63, 494)", ErrDevice, ""},
		{"Blas xGEMM launch failed : a.shape=[1,63,494]", ErrDevice, ""},
		{"Failed to memcpy from device to host: CUDA_ERROR_LAUNCH_TIMEOUT", ErrDevice, ""},
		{"could not synchronize on CUDA context: CUDA_ERROR_ILLEGAL_ADDRESS", ErrDevice, ""},
		{"DNN library is not found.", ErrDevice, ""},
		{"No algorithm worked!  Error messages:", ErrDevice, ""},
		{"2 root error(s) found.\n  (0) INTERNAL: Blas SGEMM launch failed", ErrDevice, "INTERNAL: Blas SGEMM launch failed"},
		{"From /job:worker/replica:0/task:0:\nSession was not found\nAdditional GRPC error", ErrWorker, "lost: Session was not found"},
		{"unavailable: nobody listens at 127.0.0.1:2222", ErrWorker, ""},
		{"write failed: No space left on device", unix.ENOSPC, ""},
		{"Incompatible shapes: [2] vs. [3]\n\t [[node]]", nil, "Incompatible shapes: [2] vs. [3]"},
	}
	for _, test := range tests {
		err := explain(errors.New(test.text))
		if test.kind != nil && !errors.Is(err, test.kind) || test.kind == nil && errors.Is(err, ErrDevice) {
			t.Errorf("%q: %v", test.text, err)
		}
		if memory := errors.Is(err, ErrMemory); memory != (test.kind == ErrMemory) || memory && !errors.Is(err, ErrDevice) {
			t.Errorf("%q: %v", test.text, err)
		}
		if worker := errors.Is(err, ErrWorker); worker != (test.kind == ErrWorker) {
			t.Errorf("%q: %v", test.text, err)
		}
		if !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%q: %v, want it to end with %q", test.text, err, test.want)
		}
	}
}
