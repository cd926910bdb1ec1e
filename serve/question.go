package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
)

// An imageForm is how an image was sent.
type imageForm string

const (
	formCrop     imageForm = "an array of the network's input" // [size, size, 3]
	formOriginal imageForm = "an array of a whole image"       // [424, 424, 3]
	formEncoded  imageForm = "an image file in base64"
)

// A sentImage is one image of a question.
type sentImage struct {
	name string // "instance 3", for messages
	form imageForm
	data []byte // levels, row by row, or the file
}

// A question is the body of a request for predictions, in the JSON that Serving
// takes: {"signature_name": ..., "instances": [...]} or, columnar, {"inputs": ...}.
// It is read image by image, so that what is held of it does not grow with their
// number.
type question struct {
	// Known once it has been read.
	signature string // empty for the default
	columnar  bool
	form      imageForm // of all images

	json     *json.Decoder
	size     int  // side of the network's input
	original bool // whole images are taken as arrays
	asked    bool // there were instances or inputs
	value    json.RawMessage
}

func newQuestion(body io.Reader, size int, original bool) *question {
	return &question{json: json.NewDecoder(body), size: size, original: original}
}

// read reads all of the question and calls take for each image. It stops at an
// error of take.
func (q *question) read(take func(sentImage) error) error {
	if token, err := q.json.Token(); err != nil || token != json.Delim('{') {
		return badJSON(err, `the request is no JSON object with "instances" or "inputs"`)
	}
	for q.json.More() {
		key, err := q.json.Token()
		if err != nil {
			return badJSON(err, "")
		}
		switch key {
		case "signature_name":
			if err := q.json.Decode(&q.value); err != nil {
				return badJSON(err, "")
			}
			if err := json.Unmarshal(q.value, &q.signature); err != nil {
				return bad("signature_name is %s, want a text", kindOf(q.value))
			}
		case "instances", "inputs":
			if q.asked {
				return bad(`want "instances" or "inputs", one of the two and once`)
			}
			q.asked, q.columnar = true, key == "inputs"
			if err := q.images(take); err != nil {
				return err
			}
		default: // Serving passes over it too
			if err := q.json.Decode(&q.value); err != nil {
				return badJSON(err, "")
			}
		}
	}
	if _, err := q.json.Token(); err != nil {
		return badJSON(err, "")
	}
	if _, err := q.json.Token(); err != io.EOF {
		return bad("something follows the request's JSON object")
	}
	if !q.asked {
		return bad(`the request has neither "instances" nor "inputs"`)
	}
	return nil
}

// images reads the list of the images or, where the question is columnar, perhaps
// an object that gives the list the name of the input.
func (q *question) images(take func(sentImage) error) error {
	what, one := "instances", "instance"
	if q.columnar {
		what, one = "inputs", "image"
	}
	token, err := q.json.Token()
	named := q.columnar && token == json.Delim('{') && err == nil
	if named {
		if token, err = q.json.Token(); err == nil && !slices.Contains(inputNames, fmt.Sprint(token)) {
			return bad("inputs: there is no input %q, want %q", token, graph.InputName)
		}
		if err == nil {
			token, err = q.json.Token()
		}
	}
	if err != nil || token != json.Delim('[') {
		return badJSON(err, what+" is no list")
	}
	i := 0
	for ; q.json.More(); i++ {
		if i == maxImages {
			return bad("%s has more than %d images: want several requests", what, maxImages)
		}
		name := fmt.Sprintf("%s %d", one, i)
		if err := q.json.Decode(&q.value); err != nil {
			return badJSON(err, name)
		}
		img, err := q.image(q.value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if i > 0 && img.form != q.form {
			return bad("%s is %s, %s 0 is %s: want all of one kind", name, img.form, one, q.form)
		}
		q.form, img.name = img.form, name
		if err := take(img); err != nil {
			return err
		}
	}
	if i == 0 {
		return bad("%s is empty, want at least one image", what)
	}
	if _, err := q.json.Token(); err != nil {
		return badJSON(err, "")
	}
	if named {
		if token, err := q.json.Token(); err != nil || token != json.Delim('}') {
			return badJSON(err, fmt.Sprintf("inputs: want %q alone", graph.InputName))
		}
	}
	return nil
}

// maxImages is how many images a request may have. What is told of them is held
// until the end.
const maxImages = 10_000

// inputNames are what the input may be called. The second is what many models
// call one that takes image files.
var inputNames = []string{graph.InputName, "bytes"}

// image reads one image: an array of levels, {"b64": ...}, or either of them under
// the name of the input.
func (q *question) image(value json.RawMessage) (sentImage, error) {
	for depth := 0; value[0] == '{'; depth++ {
		name, inner, err := onlyField(value)
		switch {
		case err != nil:
			return sentImage{}, err
		case name == "b64":
			return decodeBase64(inner)
		case depth > 0 || !slices.Contains(inputNames, name):
			return sentImage{}, bad("there is no input %q, want %q", name, graph.InputName)
		}
		value = inner
	}
	if value[0] != '[' {
		return sentImage{}, bad(`is %s, want an array of %s or {"b64": "..."}`, kindOf(value), shapeOf(q.size))
	}
	return q.array(value)
}

// onlyField returns the one field of an object.
func onlyField(object json.RawMessage) (name string, value json.RawMessage, err error) {
	// No further than there is need: a map of all fields would take many times the
	// memory of the text.
	fields := json.NewDecoder(bytes.NewReader(object))
	fields.Token() // the brace of an object that was checked
	var key json.Token
	if fields.More() {
		key, err = fields.Token()
		if err == nil {
			err = fields.Decode(&value)
		}
		if err != nil {
			return "", nil, badJSON(err, "")
		}
	}
	if key == nil || fields.More() {
		return "", nil, bad("is an object of no field or several, want %q or %q alone", graph.InputName, "b64")
	}
	return fmt.Sprint(key), value, nil
}

func decodeBase64(value json.RawMessage) (sentImage, error) {
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return sentImage{}, bad("b64 is %s, want a text", kindOf(value))
	}
	file, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "=")) // padded or not, as with Serving
	if err != nil {
		return sentImage{}, bad("b64 is not base64: %w", err)
	}
	return sentImage{form: formEncoded, data: file}, nil
}

// array reads an array of levels, and tells by its shape what it is one of.
func (q *question) array(value json.RawMessage) (sentImage, error) {
	form, side := formCrop, q.size
	levels, shape, err := readLevels(value, graph.Channels*max(q.size, galaxyzoo.ImageSize)*max(q.size, galaxyzoo.ImageSize))
	if err != nil {
		return sentImage{}, err
	}
	if q.original && len(shape) > 0 && shape[0] == galaxyzoo.ImageSize {
		form, side = formOriginal, galaxyzoo.ImageSize
	}
	if !slices.Equal(shape, []int{side, side, graph.Channels}) {
		return sentImage{}, bad("has shape %s, want %s", numbers(shape), shapeOf(side))
	}
	return sentImage{form: form, data: levels}, nil
}

// shapeOf names the shape of an image.
func shapeOf(side int) string { return numbers([]int{side, side, graph.Channels}) }

// badJSON is the refusal of a request that is no JSON or not the JSON it should
// be, which what says where err is nil. Faults of reading pass through.
func badJSON(err error, what string) error {
	if err == nil {
		return bad("%s", what)
	}
	if what != "" {
		what += ": "
	}
	if _, syntax := errors.AsType[*json.SyntaxError](err); syntax {
		text := err.Error()
		if strings.Contains(text, "'N'") || strings.Contains(text, "'I'") {
			text += "; NaN and Infinity are no JSON"
		}
		return bad("%s%s", what, text)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return bad("%sthe JSON ends early", what)
	}
	return bad("%s%w", what, err)
}
