package tensorboard

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"time"

	summarypb "github.com/wamuir/graft/tensorflow/core/framework/summary_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	eventpb "github.com/wamuir/graft/tensorflow/core/util/event_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// fileVersion is the first event of every file.
const fileVersion = "brain.Event:2"

// FileName returns the name of an event file of a run that was begun at a time
// and resumed so many times since. TensorBoard finds such files by "tfevents"
// and reads those of a folder in the order of their names.
func FileName(begun time.Time, resumes int) string {
	return fmt.Sprintf("events.out.tfevents.%010d.tfgalaxy.%04d", begun.Unix(), resumes)
}

// A Writer appends events to a file. It serves one goroutine. The wall time of
// an event is that of its writing.
type Writer struct {
	file   *os.File
	buffer []byte // of the last record, to be used again
}

// A Scalar is a number under a name. Names that have what is before a slash in
// common are shown together.
type Scalar struct {
	Tag   string
	Value float64 // kept as float32, which is what TensorBoard shows
}

// Create makes an event file, which must not exist yet.
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("failed to make %s: %w", path, galaxyzoo.Reason(err))
	}
	w := &Writer{file: f}
	if err := w.write(&eventpb.Event{What: &eventpb.Event_FileVersion{FileVersion: fileVersion}}); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// Resumed tells that what was written of a step and of those after it, in this
// file and in those before it, did not come to pass: the run goes on with that
// step. TensorBoard forgets them.
func (w *Writer) Resumed(step int64) error {
	return w.write(&eventpb.Event{Step: step, What: &eventpb.Event_SessionLog{
		SessionLog: &eventpb.SessionLog{Status: eventpb.SessionLog_START},
	}})
}

// Scalars writes numbers as one event of a step.
func (w *Writer) Scalars(step int64, scalars ...Scalar) error {
	values := make([]*summarypb.Summary_Value, len(scalars))
	for i, s := range scalars {
		values[i] = &summarypb.Summary_Value{
			Tag: s.Tag, Value: &summarypb.Summary_Value_SimpleValue{SimpleValue: float32(s.Value)},
		}
	}
	return w.summary(step, values...)
}

// Picture writes a picture, given as a PNG file.
func (w *Writer) Picture(step int64, tag string, file []byte) error {
	c, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("failed to read picture %q: %w", tag, err)
	}
	return w.summary(step, &summarypb.Summary_Value{
		Tag: tag, Value: &summarypb.Summary_Value_Image{Image: &summarypb.Summary_Image{
			Height: int32(c.Height), Width: int32(c.Width), Colorspace: channels(c.ColorModel), EncodedImageString: file,
		}},
	})
}

// channels is how many channels a PNG decodes to, by which a summary names its
// colour space.
func channels(model color.Model) int32 {
	switch model {
	case color.GrayModel, color.Gray16Model:
		return 1
	case color.NRGBAModel, color.NRGBA64Model:
		return 4
	}
	return 3
}

// Text writes a text in Markdown.
func (w *Writer) Text(step int64, tag, markdown string) error {
	return w.summary(step, &summarypb.Summary_Value{
		Tag: tag,
		Metadata: &summarypb.SummaryMetadata{
			PluginData: &summarypb.SummaryMetadata_PluginData{PluginName: "text"},
			DataClass:  summarypb.DataClass_DATA_CLASS_TENSOR,
		},
		Value: &summarypb.Summary_Value_Tensor{Tensor: &tensorpb.TensorProto{
			Dtype: typespb.DataType_DT_STRING, TensorShape: &shapepb.TensorShapeProto{}, StringVal: [][]byte{[]byte(markdown)},
		}},
	})
}

func (w *Writer) summary(step int64, values ...*summarypb.Summary_Value) error {
	return w.write(&eventpb.Event{Step: step, What: &eventpb.Event_Summary{Summary: &summarypb.Summary{Value: values}}})
}

// write writes an event in one piece.
func (w *Writer) write(e *eventpb.Event) error {
	e.WallTime = float64(time.Now().UnixMicro()) / 1e6
	var header [headerSize]byte
	data, err := proto.MarshalOptions{}.MarshalAppend(append(w.buffer[:0], header[:]...), e)
	if err != nil {
		return w.fail(err)
	}
	w.buffer = frame(data)
	if _, err := w.file.Write(w.buffer); err != nil {
		return w.fail(err)
	}
	return nil
}

// Sync waits until every event is on the disk.
func (w *Writer) Sync() error {
	if err := w.file.Sync(); err != nil {
		return w.fail(err)
	}
	return nil
}

// Close closes the file.
func (w *Writer) Close() error {
	if err := w.file.Close(); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Writer) fail(err error) error {
	return fmt.Errorf("failed to write %s: %w", w.file.Name(), galaxyzoo.Reason(err))
}
