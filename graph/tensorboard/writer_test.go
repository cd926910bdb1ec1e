package tensorboard

import (
	"bytes"
	"encoding/hex"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	summarypb "github.com/wamuir/graft/tensorflow/core/framework/summary_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	eventpb "github.com/wamuir/graft/tensorflow/core/util/event_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tfgalaxy/tfgalaxy/graph/tensorboard/boardtest"
)

// The record is the one that tf.io.TFRecordWriter of TensorFlow 2.18 writes.
func TestFrame(t *testing.T) {
	const want = "0a00000000000000" + "aea3bf3a" + "67616c617879207a6f6f" + "bed4d4d4"
	if got := hex.EncodeToString(frame(append(make([]byte, headerSize), "galaxy zoo"...))); got != want {
		t.Errorf("record %s, want %s", got, want)
	}
}

func create(t testing.TB) *Writer {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), FileName(time.Unix(1_700_000_000, 0), 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func encodePNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// Each event is in the file as soon as it is written, in order, whether it is
// smaller or larger than the one before, and at the time that it was written.
func TestWriter(t *testing.T) {
	opaque := image.NewNRGBA(image.Rect(0, 0, 7, 5))
	for i := range opaque.Pix {
		opaque.Pix[i] = 255
	}
	picture := func(file []byte, width, height, channels int32) *eventpb.Event {
		return &eventpb.Event{What: &eventpb.Event_Summary{Summary: &summarypb.Summary{Value: []*summarypb.Summary_Value{{
			Tag: "p", Value: &summarypb.Summary_Value_Image{Image: &summarypb.Summary_Image{
				Width: width, Height: height, Colorspace: channels, EncodedImageString: file,
			}},
		}}}}}
	}
	rgb := encodePNG(t, opaque)
	rgba := encodePNG(t, image.NewNRGBA(image.Rect(0, 0, 2, 3)))
	grey := encodePNG(t, image.NewGray(image.Rect(0, 0, 4, 1)))
	scalar := func(tag string, value float32) *summarypb.Summary_Value {
		return &summarypb.Summary_Value{Tag: tag, Value: &summarypb.Summary_Value_SimpleValue{SimpleValue: value}}
	}
	tests := []struct {
		name  string
		write func(*Writer) error
		want  *eventpb.Event
	}{
		{"resumed", func(w *Writer) error { return w.Resumed(8) }, &eventpb.Event{
			Step: 8, What: &eventpb.Event_SessionLog{SessionLog: &eventpb.SessionLog{Status: eventpb.SessionLog_START}},
		}},
		{"picture", func(w *Writer) error { return w.Picture(0, "p", rgb) }, picture(rgb, 7, 5, 3)},
		{"picture one can see through", func(w *Writer) error { return w.Picture(0, "p", rgba) }, picture(rgba, 2, 3, 4)},
		{"grey picture", func(w *Writer) error { return w.Picture(0, "p", grey) }, picture(grey, 4, 1, 1)},
		{"scalars", func(w *Writer) error { return w.Scalars(1<<40, Scalar{"a/b", 0.1}, Scalar{"c", 0}) }, &eventpb.Event{
			Step: 1 << 40, What: &eventpb.Event_Summary{Summary: &summarypb.Summary{
				Value: []*summarypb.Summary_Value{scalar("a/b", 0.1), scalar("c", 0)},
			}},
		}},
		{"text", func(w *Writer) error { return w.Text(3, "t", "# größer\n") }, &eventpb.Event{
			Step: 3, What: &eventpb.Event_Summary{Summary: &summarypb.Summary{Value: []*summarypb.Summary_Value{{
				Tag: "t",
				Metadata: &summarypb.SummaryMetadata{
					PluginData: &summarypb.SummaryMetadata_PluginData{PluginName: "text"},
					DataClass:  summarypb.DataClass_DATA_CLASS_TENSOR,
				},
				Value: &summarypb.Summary_Value_Tensor{Tensor: &tensorpb.TensorProto{
					Dtype: typespb.DataType_DT_STRING, TensorShape: &shapepb.TensorShapeProto{}, StringVal: [][]byte{[]byte("# größer\n")},
				}},
			}}}},
		}},
	}
	begun := float64(time.Now().UnixMicro()) / 1e6
	w := create(t)
	want := []*eventpb.Event{{What: &eventpb.Event_FileVersion{FileVersion: "brain.Event:2"}}}
	for _, test := range tests {
		if err := test.write(w); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		want = append(want, test.want)
		got := boardtest.Read(t, w.file.Name())
		last := begun
		for _, e := range got {
			if now := float64(time.Now().UnixMicro()) / 1e6; e.WallTime < last || e.WallTime > now {
				t.Errorf("%s: wall time %f, want it from %f to %f", test.name, e.WallTime, last, now)
			}
			last, e.WallTime = e.WallTime, 0
		}
		if !slices.EqualFunc(got, want, func(a, b *eventpb.Event) bool { return proto.Equal(a, b) }) {
			t.Errorf("%s: read %v\nwant %v", test.name, got, want)
		}
	}
	if err := w.Sync(); err != nil {
		t.Error(err)
	}
}

// Files are found, and read in the order in which they were written.
func TestFileName(t *testing.T) {
	begun := time.Unix(999_999_999, 0)
	names := []string{
		FileName(begun, 0), FileName(begun, 1), FileName(begun, 10), FileName(begun, 200),
		FileName(begun.Add(time.Second), 0),
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%q are not each after the one before", names)
	}
	if got, want := names[1], "events.out.tfevents.0999999999.tfgalaxy.0001"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestErrors(t *testing.T) {
	w := create(t)
	path := w.file.Name()
	if _, err := Create(path); err == nil || err.Error() != "failed to make "+path+": file exists" {
		t.Errorf("made again: error = %v, want one that says it is there", err)
	}
	before := boardtest.Read(t, path)
	if err := w.Picture(0, "p", []byte("GIF89a")); err == nil || !strings.HasPrefix(err.Error(), `failed to read picture "p": `) {
		t.Errorf("no PNG: error = %v, want one that names the picture", err)
	}
	if err := w.Text(0, "t", "\xff"); err != nil {
		t.Errorf("text that is no UTF-8: %v", err) // a path may be none, and tensors hold bytes
	}
	if err := w.Text(0, "\xff", ""); err == nil || !strings.HasPrefix(err.Error(), "failed to write "+path+": ") {
		t.Errorf("a tag that is no UTF-8: error = %v, want one that names the file", err)
	}
	if got := len(boardtest.Read(t, path)); got != len(before)+1 {
		t.Errorf("%d events, want those that were right: %d", got, len(before)+1)
	}

	file, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device that is always full: ", err)
	}
	full := &Writer{file: file}
	defer full.Close()
	if err := full.Scalars(1, Scalar{"loss", 1}); err == nil || err.Error() != "failed to write /dev/full: no space left on device" {
		t.Errorf("a full disk: error = %v, want one that names the file", err)
	}
}

// BenchmarkScalars is what a step costs.
func BenchmarkScalars(b *testing.B) {
	w := create(b)
	b.ReportAllocs()
	var step int64
	for b.Loop() {
		step++
		if err := w.Scalars(step, Scalar{"loss", 1 / float64(step)}, Scalar{"learning_rate", 1e-3}); err != nil {
			b.Fatal(err)
		}
	}
}
