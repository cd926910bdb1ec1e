package serve

import (
	"bytes"
	"context"
	"image"
	"io"
	"net/http"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// servePredict answers a request for predictions. Images are predicted as they
// come, so that no more than a run's are held.
func (s *Server) servePredict(w http.ResponseWriter, r *http.Request) error {
	body, err := s.body(w, r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	var answer output
	var waiting [][]byte
	predict := func() error {
		if len(waiting) == 0 {
			return nil
		}
		out, err := s.batcher.predict(ctx, waiting)
		answer.votes = append(answer.votes, out.votes...)
		answer.features = append(answer.features, out.features...)
		waiting = nil
		return err
	}
	q := newQuestion(body, s.crop.Size, s.hasOriginal())
	err = q.read(func(img sentImage) error {
		crop, err := s.prepare(ctx, img)
		if err != nil {
			return err
		}
		if waiting = append(waiting, crop); len(waiting) == s.options.BatchSize {
			return predict()
		}
		return nil
	})
	if err == nil {
		err = s.checkSignature(q.signature, q.form)
	}
	if err == nil {
		err = predict()
	}
	if err != nil {
		return err
	}
	s.metrics.images.Add(float64(len(answer.votes)))
	return writeJSON(w, http.StatusOK, s.predictions(q, answer))
}

// prepare makes the network's input of an image that was sent.
func (s *Server) prepare(ctx context.Context, sent sentImage) ([]byte, error) {
	switch sent.form {
	case formCrop:
		return sent.data, nil
	case formOriginal:
		return s.cut(imageproc.UnpackRGB(sent.data, galaxyzoo.ImageSize)), nil
	}
	var crop []byte
	err := s.decode(ctx, memory(sent.name, sent.data), func(img *image.NRGBA) error {
		crop = s.cut(img)
		return nil
	})
	return crop, err
}

// cut makes the network's input, [size, size, 3], of a whole image, as in the
// model's training.
func (s *Server) cut(img *image.NRGBA) []byte {
	crop := make([]byte, graph.Channels*s.crop.Size*s.crop.Size)
	imageproc.PackRGB(crop, s.crop.Apply(img))
	return crop
}

// decode decodes an image for use. There are no more of them at once than
// processors: each may take 64 MiB.
func (s *Server) decode(ctx context.Context, source imageproc.Source, use func(*image.NRGBA) error) error {
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return ctx.Err()
	}
	img, err := s.options.Decoder.Read(source)
	if err != nil {
		return err
	}
	return use(img)
}

// memory makes a source of a file that was sent.
func memory(name string, file []byte) imageproc.Source {
	return imageproc.Source{Name: name, File: name, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(file)), nil
	}}
}

// predictions puts an output into the form of the question: a list with what
// belongs to an instance, or a list for each tensor, which has no name where it is
// the only one.
func (s *Server) predictions(q *question, out output) any {
	votes := make([][galaxyzoo.NumAnswers]float32, len(out.votes)) // as the network gave them
	for i := range votes {
		for column, x := range out.votes[i] {
			votes[i][column] = float32(x)
		}
	}
	if q.signature != graph.FeaturesSignature {
		if q.columnar {
			return map[string]any{"outputs": votes}
		}
		return map[string]any{"predictions": votes}
	}
	features := make([][]float32, len(votes))
	for i := range features {
		features[i] = out.features[i*s.width : (i+1)*s.width]
	}
	if q.columnar {
		return map[string]any{"outputs": map[string]any{graph.OutputName: votes, graph.FeaturesName: features}}
	}
	rows := make([]map[string]any, len(votes))
	for i := range rows {
		rows[i] = map[string]any{graph.OutputName: votes[i], graph.FeaturesName: features[i]}
	}
	return map[string]any{"predictions": rows}
}
