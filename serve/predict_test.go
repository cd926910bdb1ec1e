package serve

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

// arrayJSON is an image whose levels are all the same.
func arrayJSON(side int, level byte) string {
	return levelsJSON(bytes.Repeat([]byte{level}, graph.Channels*side*side), side)
}

// levelsJSON is [side, side, 3] levels as nested lists.
func levelsJSON(levels []byte, side int) string {
	rows := make([][][]int, side)
	for y := range rows {
		for x := range side {
			pixel := levels[graph.Channels*(y*side+x):]
			rows[y] = append(rows[y], []int{int(pixel[0]), int(pixel[1]), int(pixel[2])})
		}
	}
	encoded, _ := json.Marshal(rows)
	return string(encoded)
}

// votesOf are the model's votes for an image file, without a server.
func votesOf(t *testing.T, m *infer.Model, file []byte) (votes galaxyzoo.Votes, whole, crop []byte) {
	t.Helper()
	img, err := imageproc.Decode(bytes.NewReader(file), "galaxy", imageproc.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := graph.NewBatch(1, testSize)
	if err != nil {
		t.Fatal(err)
	}
	imageproc.PackRGB(batch.Image(0), m.Preprocessing.Apply(img))
	out := make([]galaxyzoo.Votes, 1)
	if err := m.Predict(batch, out); err != nil {
		t.Fatal(err)
	}
	whole = make([]byte, graph.Channels*galaxyzoo.ImageSize*galaxyzoo.ImageSize)
	imageproc.PackRGB(whole, img)
	return out[0], whole, bytes.Clone(batch.Image(0))
}

// sameVotes compares votes of JSON with others: the same float32 arithmetic in
// batches of other sizes, in which sums may be rounded otherwise.
func sameVotes(got []float64, want galaxyzoo.Votes) bool {
	if len(got) != len(want) {
		return false
	}
	for i, x := range got {
		if math.Abs(x-want[i]) > 1e-6 {
			return false
		}
	}
	return true
}

// An image has the same votes however it is sent, to a network whose crops are
// oversampled too.
func TestPredictForms(t *testing.T) {
	checkForms(t, centreCrop)
	finer := centreCrop
	finer.Oversample = 1.5
	checkForms(t, finer)
}

func checkForms(t *testing.T, crop imageproc.Preprocessing) {
	t.Helper()
	m := loadModel(t, crop)
	s := newTestServer(t, m, testOptions())
	s.crop = crop
	file := galaxyJPEG(t, 0)
	want, whole, view := votesOf(t, m, file)
	b64 := `{"b64":"` + base64.StdEncoding.EncodeToString(file) + `"}`
	array, original := levelsJSON(view, testSize), levelsJSON(whole, galaxyzoo.ImageSize)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, `{"instances":[`+b64+`]}`)
	z.Close()

	tests := []struct {
		name, body string
		columnar   bool
		header     []string
	}{
		{"a file", `{"instances":[` + b64 + `]}`, false, nil},
		{"a file that is named", `{"instances":[{"images":` + b64 + `}]}`, false, nil},
		{"bytes", `{"instances":[{"bytes":` + b64 + `}]}`, false, nil},
		{"base64 without padding", `{"instances":[` + strings.ReplaceAll(b64, "=", "") + `]}`, false, nil},
		{"an array", `{"instances":[` + array + `]}`, false, nil},
		{"an array that is named", `{"instances":[{"images":` + array + `}]}`, false, nil},
		{"an array of decimals", `{"instances":[` + regexp.MustCompile(`\d+`).ReplaceAllString(array, " ${0}.0e0\n") + `]}`, false, nil},
		{"a whole image", `{"signature_name":"original","instances":[` + original + `]}`, false, nil},
		{"the signature at the end", `{"instances":[` + original + `],"signature_name":"original"}`, false, nil},
		{"a file for the signature of whole images", `{"signature_name":"original","instances":[` + b64 + `]}`, false, nil},
		{"the default by its name", `{"signature_name":"serving_default","instances":[` + b64 + `]}`, false, nil},
		{"columnar", `{"inputs":[` + b64 + `]}`, true, nil},
		{"columnar, named", `{"inputs":{"images":[` + array + `]}}`, true, nil},
		{"more than is known", `{"other":{"a":[1,2]},"instances":[` + b64 + `]}`, false, nil},
		{"packed", packed.String(), false, []string{"Content-Encoding", "gzip"}},
	}
	for _, test := range tests {
		header := append([]string{"Content-Type", "application/x-www-form-urlencoded"}, test.header...) // as curl sends
		w := ask(s, "POST", "/v1/models/galaxies/versions/1:predict", strings.NewReader(test.body), header...)
		var answer struct{ Predictions, Outputs [][]float64 }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 {
			t.Errorf("%s: %d, %v, %.300s", test.name, w.Code, err, w.Body)
			continue
		}
		got, none := answer.Predictions, answer.Outputs
		if test.columnar {
			got, none = none, got
		}
		if len(got) != 1 || none != nil || !sameVotes(got[0], want) {
			t.Errorf("%s: got %v and %v, want %v", test.name, got, none, want)
		}
	}
}

// The signature of features has two outputs, which then have names.
func TestPredictFeatures(t *testing.T) {
	m := loadModel(t, centreCrop)
	s := newTestServer(t, m, testOptions())
	file := galaxyJPEG(t, 0)
	want, _, _ := votesOf(t, m, file)
	type named struct{ Votes, Features []float64 }
	body := instances(file, galaxyJPEG(t, 1))
	w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(`{"signature_name":"features",`+body[1:]))
	var rows struct{ Predictions []named }
	if err := json.Unmarshal(w.Body.Bytes(), &rows); err != nil || len(rows.Predictions) != 2 {
		t.Fatalf("%d, %v, %s", w.Code, err, w.Body)
	}
	if first := rows.Predictions[0]; !sameVotes(first.Votes, want) || len(first.Features) != testFeatures {
		t.Errorf("the first of two: %v", first)
	}
	w = ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(strings.Replace(`{"signature_name":"features",`+body[1:], "instances", "inputs", 1)))
	var columns struct {
		Outputs struct{ Votes, Features [][]float64 }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &columns); err != nil {
		t.Fatalf("%d, %v, %s", w.Code, err, w.Body)
	}
	for i, row := range rows.Predictions {
		if got := columns.Outputs.Features[i]; fmt.Sprint(got) != fmt.Sprint(row.Features) {
			t.Errorf("image %d has features %v in columns, %v in rows", i, got, row.Features)
		}
	}
}

// The metadata say what the SavedModel says of itself.
func TestMetadata(t *testing.T) {
	type tensor struct {
		Dtype string
		Shape struct{ Dim []struct{ Size string } } `json:"tensor_shape"`
	}
	type signature struct {
		Inputs, Outputs map[string]tensor
		Method          string `json:"method_name"`
	}
	shape := func(x tensor) string {
		text := x.Dtype
		for _, d := range x.Shape.Dim {
			text += " " + d.Size
		}
		return text
	}
	for _, crop := range []imageproc.Preprocessing{centreCrop, {Crop: imageproc.CropROI, Size: testSize}} {
		s := newTestServer(t, loadModel(t, crop), testOptions())
		s.crop = crop
		var answer struct {
			Metadata struct {
				Def struct {
					Def map[string]signature `json:"signature_def"`
				} `json:"signature_def"`
			}
		}
		w := ask(s, "GET", "/v1/models/galaxies/metadata", nil)
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"serving_default": "DT_UINT8 -1 8 8 3, DT_FLOAT -1 37, ",
			"features":        "DT_UINT8 -1 8 8 3, DT_FLOAT -1 37, DT_FLOAT -1 5",
		}
		if crop == centreCrop {
			want["original"] = "DT_UINT8 -1 424 424 3, DT_FLOAT -1 37, "
		}
		got := map[string]string{}
		for name, def := range answer.Metadata.Def.Def {
			got[name] = fmt.Sprintf("%s, %s, %s", shape(def.Inputs["images"]), shape(def.Outputs["votes"]), shape(def.Outputs["features"]))
			if def.Method != "tensorflow/serving/predict" {
				t.Errorf("%s has method %q", name, def.Method)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("crop %v: got %v, want %v", crop, got, want)
		}
	}
}

// Many clients at once get what each would get alone, from fewer runs than there
// are images.
func TestConcurrentClients(t *testing.T) {
	m := loadModel(t, centreCrop)
	s := newTestServer(t, m, testOptions())
	files := make([][]byte, 6)
	want := make([]galaxyzoo.Votes, len(files))
	for i := range files {
		files[i] = galaxyJPEG(t, i)
		want[i], _, _ = votesOf(t, m, files[i])
	}
	var clients sync.WaitGroup
	for c := range 12 {
		clients.Go(func() {
			// Each with its own number of images, some with more than a run's.
			n := 1 + c%len(files)
			w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(instances(files[:n]...)))
			var answer struct{ Predictions [][]float64 }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Predictions) != n {
				t.Errorf("client %d: %d, %v, %.200s", c, w.Code, err, w.Body)
				return
			}
			for i, got := range answer.Predictions {
				if !sameVotes(got, want[i]) {
					t.Errorf("client %d: galaxy %d has votes %v, want %v", c, i, got, want[i])
				}
			}
		})
	}
	clients.Wait()
}
