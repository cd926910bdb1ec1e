package serve

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"testing"
)

// Each wrong request has its own message, with the place of what is wrong.
func TestPredictRefusals(t *testing.T) {
	s := newTestServer(t, loadModel(t, centreCrop), testOptions())
	good := arrayJSON(testSize, 9)
	file := galaxyJPEG(t, 0)
	b64 := func(file []byte) string {
		return `{"b64":"` + base64.StdEncoding.EncodeToString(file) + `"}`
	}
	huge := bytes.Clone(file)
	copy(huge[bytes.Index(huge, []byte{0xff, 0xc0})+5:], "\x75\x30\x75\x30")
	second := func(instance string) string { return `{"instances":[` + good + `,` + instance + `]}` }
	tests := []struct {
		name, body string
		want       string
	}{
		{"nothing", ``, `no JSON object with "instances" or "inputs": the JSON ends early`},
		{"no JSON", `galaxy`, `invalid character 'g'`},
		{"a list", `[` + good + `]`, `no JSON object with "instances" or "inputs"`},
		{"neither", `{"instance":[` + good + `]}`, `neither "instances" nor "inputs"`},
		{"both", `{"instances":[` + good + `],"inputs":[` + good + `]}`, `one of the two and once`},
		{"half", `{"instances":[` + good[:100], `instance 0: the JSON ends early`},
		{"no end", `{"instances":[` + good + `]`, `the JSON ends early`},
		{"more behind", `{"instances":[` + good + `]} {}`, `something follows`},
		{"no list", `{"instances":3}`, `instances is no list`},
		{"no list in columns", `{"inputs":"x"}`, `inputs is no list`},
		{"no list under the name", `{"inputs":{"images":` + b64(file) + `}}`, `inputs is no list`},
		{"another input", `{"inputs":{"pixels":[` + good + `]}}`, `inputs: there is no input "pixels", want "images"`},
		{"two inputs", `{"inputs":{"images":[` + good + `],"seed":[1]}}`, `inputs: want "images" alone`},
		{"empty list", `{"instances":[]}`, `instances is empty`},
		{"empty columns", `{"inputs":{"images":[]}}`, `inputs is empty`},
		{"another signature", `{"signature_name":"probabilities","instances":[` + good + `]}`, `no signature "probabilities", only ["serving_default" "original" "features"]`},
		{"a signature of another kind", `{"signature_name":7,"instances":[` + good + `]}`, `signature_name is a number`},
		{"crops for whole images", `{"signature_name":"original","instances":[` + good + `]}`, `arrays of [8, 8, 3], but signature "original" takes [424, 424, 3]`},
		{"whole images for crops", `{"instances":[` + arrayJSON(424, 1) + `]}`, `arrays of [424, 424, 3], but signature "serving_default" takes [8, 8, 3]`},

		{"mixed", second(b64(file)), `instance 1 is an image file in base64, instance 0 is an array of the network's input`},
		{"a number", second(`7`), `instance 1: is a number, want an array of [8, 8, 3] or {"b64": "..."}`},
		{"null", second(`null`), `instance 1: is null`},
		{"an empty object", second(`{}`), `instance 1: is an object of no field or several`},
		{"two fields", second(`{"images":1,"key":2}`), `instance 1: is an object of no field or several`},
		{"another name", second(`{"image":` + good + `}`), `instance 1: there is no input "image", want "images"`},
		{"names in names", second(`{"images":{"images":` + good + `}}`), `instance 1: there is no input "images"`},
		{"one row too few", second(arrayJSON(7, 1)), `instance 1: has shape [7, 7, 3], want [8, 8, 3]`},
		{"one dimension too many", second(`[` + good + `]`), `instance 1: has shape [1, 8, 8, 3]`},
		{"many dimensions", second(strings.Repeat("[", 9) + strings.Repeat("]", 9)), `instance 1: is no regular array: there is an array at [0, 0, 0, 0, 0]`},
		{"grey", second(`[[1,2],[3,4]]`), `instance 1: has shape [2, 2]`},
		{"ragged", second(`[[1,2],[3]]`), `instance 1: is no regular array: there are 1 elements at [1], 2 before`},
		{"a number beside arrays", second(`[[1,2],3]`), `there is a number at [1]`},
		{"an array beside numbers", second(`[[1,[2]]]`), `there is an array at [0, 1]`},
		{"too bright", second(strings.Replace(good, "9", "256", 1)), `instance 1: at [0, 0, 0]: the level is 256, want a whole number from 0 to 255`},
		{"negative", second(strings.Replace(good, "9,9]", "9,-1]", 1)), `instance 1: at [0, 0, 2]: the level is -1`},
		{"scaled", second(strings.Replace(good, "9", "0.25", 1)), `the level is 0.25`},
		{"NaN", second(strings.Replace(good, "9", "NaN", 1)), `instance 1: invalid character 'N' looking for beginning of value; NaN and Infinity are no JSON`},
		{"infinite", second(strings.Replace(good, "9", "1e999", 1)), `the level is 1e999`},
		{"text for a level", second(strings.Replace(good, "9", `"9"`, 1)), `there is a text, want a whole number`},
		{"too many", second(`[` + strings.TrimSuffix(strings.Repeat("1,", 3*424*424+1), ",") + `]`), `instance 1: has more than 539328 values`},
		{"columns count images", `{"inputs":[` + good + `,3]}`, `image 1: is a number`},

		{"base64 of another kind", `{"instances":[{"b64":7}]}`, `instance 0: b64 is a number, want a text`},
		{"no base64", `{"instances":[{"b64":"galaxy?!"}]}`, `instance 0: b64 is not base64: illegal base64 data at input byte 6`},
		{"no image", `{"instances":[` + b64(file) + `,` + b64([]byte("galaxy")) + `]}`, `instance 1: the content is text, want a JPEG`},
		{"no bytes", `{"instances":[{"b64":""}]}`, `instance 0: the file is empty`},
		{"half a JPEG", `{"instances":[` + b64(file[:len(file)/2]) + `]}`, `instance 0: failed to decode JPEG`},
		{"many pixels", `{"instances":[` + b64(huge) + `]}`, `instance 0: the image is 30000x30000 pixels, the limit is 4096x4096`},
	}
	for _, test := range tests {
		w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(test.body))
		if w.Code != 400 || !strings.Contains(refusedFor(w), test.want) {
			t.Errorf("%s: %d, %.300s; want 400, %s", test.name, w.Code, w.Body, test.want)
		}
	}
}

// What is too large is refused, packed or not, with and without its length.
func TestPredictLimits(t *testing.T) {
	o := testOptions()
	s := newTestServer(t, &fakeModel{}, o)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(bytes.Repeat([]byte(" "), int(o.MaxBody)+1))
	z.Close()
	spaces := func(n int64) io.Reader { return io.LimitReader(endless{}, n) } // its length is not known beforehand
	tests := []struct {
		name   string
		body   io.Reader
		header []string
		status int
		want   string
	}{
		{"as large as allowed", spaces(o.MaxBody), nil, 400, "ends early"},
		{"larger", spaces(o.MaxBody + 1), nil, 413, "larger than 2097152 bytes"},
		{"larger when unpacked", &bomb, []string{"Content-Encoding", "gzip"}, 413, "larger than 2097152 bytes"},
		{"not packed, though it says so", strings.NewReader("{}"), []string{"Content-Encoding", "gzip"}, 400, "failed to unpack"},
		{"packed otherwise", strings.NewReader("{}"), []string{"Content-Encoding", "br"}, 415, `"br", want gzip or none`},
	}
	for _, test := range tests {
		w := ask(s, "POST", "/v1/models/galaxies:predict", test.body, test.header...)
		if w.Code != test.status || !strings.Contains(refusedFor(w), test.want) {
			t.Errorf("%s: %d, %s; want %d, %s", test.name, w.Code, w.Body, test.status, test.want)
		}
	}
}

// A request has so many images and no more.
func TestPredictMostImages(t *testing.T) {
	o := testOptions()
	o.MaxBody = 16 << 20
	o.BatchSize = 1000
	s := newTestServer(t, &fakeModel{}, o)
	list := strings.Repeat(arrayJSON(testSize, 7)+",", maxImages-1) + arrayJSON(testSize, 7)
	if w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(`{"instances":[`+list+`]}`)); w.Code != 200 {
		t.Errorf("the most there may be: %d, %s", w.Code, w.Body)
	}
	w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(`{"instances":[`+list+`,1]}`))
	if want := "instances has more than 10000 images"; w.Code != 400 || !strings.Contains(refusedFor(w), want) {
		t.Errorf("one more: %d, %s; want %s", w.Code, w.Body, want)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
