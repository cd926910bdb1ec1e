package serve

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// Any request that HTTP lets through, head and body, has an answer that is not the
// server's own failure; a refusal says why, in Serving's form.
func FuzzRequest(f *testing.F) {
	post := func(path, head, body string) {
		f.Add(fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s", path, head, len(body), body))
	}
	for _, path := range []string{"/", "/healthz", "/metrics", "/example?n=x", "/v1/models/galaxies", "/v1/models/galaxies/metadata", "/v1/models/%67alaxies/versions/2", "/../etc/passwd", "/%00", "//x"} {
		f.Add([]byte("GET " + path + " HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n"))
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 24, 20))); err != nil {
		f.Fatal(err)
	}
	const predict = "/v1/models/galaxies:predict"
	encoded := base64.StdEncoding.EncodeToString(picture.Bytes())
	array := arrayJSON(testSize, 7)
	for _, body := range []string{
		`{"instances":[` + array + `]}`, `{"inputs":{"image":[` + array + `]}}`, `{"signature_name":"features","instances":[` + array + `]}`,
		`{"instances":[{"b64":"` + encoded + `"}]}`, `{"instances":[{"image":{"b64":"` + encoded + `"}}]}`, `{"inputs":[{"b64":""}]}`,
		`{"instances":[[[[1,2],[3]]]]}`, `{"instances":[1e999]}`, `{"a":` + strings.Repeat("[", 11_000), `{"instances":[{"b64":"x","b64":"y"}]}`, "{}", "", "[", "\xff", `{"instances":[],"instances":[]}`,
	} {
		post(predict, "", body)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(`{"instances":[` + array + `]}`))
	w.Close()
	post(predict, "Content-Encoding: gzip\r\n", packed.String())
	post("/classify", "Accept: text/html\r\n", picture.String())
	post("/classify?id=1", "", picture.String())
	post("/classify", "Sec-Fetch-Site: cross-site\r\n", "text")
	f.Add([]byte("POST " + predict + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n0\r\n\r\n"))

	o := testOptions()
	o.MaxBody = 1 << 16
	o.Decoder.Limits = imageproc.Limits{MaxBytes: 1 << 16, MaxWidth: 64, MaxHeight: 48}
	s, err := newServer(&fakeModel{}, centreCrop, o)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return // net/http answers it
		}
		if r.URL.Path == "/example" && r.Method == http.MethodGet && strings.HasPrefix(r.URL.RawQuery, "n=") {
			return // a galaxy is drawn, which takes long
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code < 200 {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		if w.Code < 400 {
			return
		}
		var answer struct{ Error string }
		body, _ := io.ReadAll(w.Body)
		if err := json.Unmarshal(body, &answer); err != nil || answer.Error == "" {
			t.Fatalf("status %d does not say why: %q, %v", w.Code, body, err)
		}
	})
}
