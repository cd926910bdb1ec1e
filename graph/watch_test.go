package graph

import (
	"strings"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
)

// More than a message can hold is not sent: TensorFlow would end the program.
func TestTooMuchToSend(t *testing.T) {
	value, _, err := newTensor(tf.Uint8, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	feeds := map[tf.Output]*tf.Tensor{}
	for i := range 128 { // 2 GiB
		feeds[tf.Output{Index: i}] = value
	}
	_, err = (&watched{address: "127.0.0.1:1"}).Run(feeds, nil, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "2048 MiB at once") {
		t.Errorf("%v, want it refused", err)
	}
}
