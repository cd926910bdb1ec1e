package serve

import (
	"net/http"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// hasOriginal reports whether the model takes whole images as arrays, as the
// signature of its SavedModel does. Where the network's own input is as large as
// those, the two could not be told apart.
func (s *Server) hasOriginal() bool {
	return s.crop.Crop == imageproc.CropCentre && s.crop.Size != galaxyzoo.ImageSize
}

// signatures are the ways in which the model can be called.
func (s *Server) signatures() []string {
	names := []string{graph.ServingSignature}
	if s.hasOriginal() {
		names = append(names, graph.OriginalSignature)
	}
	if s.width > 0 {
		names = append(names, graph.FeaturesSignature)
	}
	return names
}

// serveStatus says that the model is there, for there is no server before it is.
func (s *Server) serveStatus(w http.ResponseWriter, r *http.Request) error {
	type status struct {
		ErrorCode    string `json:"error_code"`
		ErrorMessage string `json:"error_message"`
	}
	type version struct {
		Version string `json:"version"`
		State   string `json:"state"`
		Status  status `json:"status"`
	}
	return writeJSON(w, http.StatusOK, map[string][]version{
		"model_version_status": {{Version: modelVersion, State: "AVAILABLE", Status: status{ErrorCode: "OK"}}},
	})
}

// tensorInfo describes a tensor of any number of rows, in the form that Serving
// has it, but for its name in the graph.
func tensorInfo(dtype string, shape ...int) any {
	type dim struct {
		Size int    `json:"size,string"`
		Name string `json:"name"`
	}
	dims := []dim{{Size: -1}}
	for _, size := range shape {
		dims = append(dims, dim{Size: size})
	}
	return map[string]any{"dtype": dtype, "tensor_shape": map[string]any{"dim": dims, "unknown_rank": false}, "name": ""}
}

// serveMetadata describes the model's signatures.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) error {
	signatures := map[string]any{}
	for _, name := range s.signatures() {
		side := s.crop.Size
		if name == graph.OriginalSignature {
			side = galaxyzoo.ImageSize
		}
		outputs := map[string]any{graph.OutputName: tensorInfo("DT_FLOAT", galaxyzoo.NumAnswers)}
		if name == graph.FeaturesSignature {
			outputs[graph.FeaturesName] = tensorInfo("DT_FLOAT", s.width)
		}
		signatures[name] = map[string]any{
			"inputs":      map[string]any{graph.InputName: tensorInfo("DT_UINT8", side, side, graph.Channels)},
			"outputs":     outputs,
			"method_name": graph.PredictMethod,
		}
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"model_spec": map[string]any{"name": s.options.Name, "signature_name": "", "version": modelVersion},
		"metadata":   map[string]any{"signature_def": map[string]any{"signature_def": signatures}},
	})
}

// checkSignature returns an error where there is no such signature, or where it
// takes other images than those that were sent. The empty name is the default.
func (s *Server) checkSignature(name string, sent imageForm) error {
	if name == "" {
		name = graph.ServingSignature
	}
	if !slices.Contains(s.signatures(), name) {
		return bad("there is no signature %q, only %q", name, s.signatures())
	}
	takes := formCrop
	if name == graph.OriginalSignature {
		takes = formOriginal
	}
	if sent != takes && sent != formEncoded {
		return bad("the images are arrays of %s, but signature %q takes %s", s.shape(sent), name, s.shape(takes))
	}
	return nil
}

// shape is that of an image in a form that is an array.
func (s *Server) shape(form imageForm) string {
	if form == formOriginal {
		return shapeOf(galaxyzoo.ImageSize)
	}
	return shapeOf(s.crop.Size)
}
