package infer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A Model is a loaded SavedModel with the preprocessing of its images. Its
// methods may be called concurrently.
type Model struct {
	Dir           string // the SavedModel's folder
	Preprocessing imageproc.Preprocessing

	model *graph.Model
}

// Load loads the model in a run folder, a run's saved_model folder, or any
// other SavedModel that this program wrote. Errors about what is found there
// are *galaxyzoo.DataError. Close the model after use.
func Load(path string) (*Model, error) {
	dir, err := Find(path)
	if err != nil {
		return nil, err
	}
	var m *Model
	err = run.Unreplaced(dir, func() (err error) { // by a run that ends
		if m != nil {
			m.Close()
		}
		m, err = load(dir, path)
		return err
	})
	if err != nil && m != nil {
		m.Close()
		m = nil
	}
	return m, err
}

// load loads the SavedModel in dir, which was asked for by path.
func load(dir, path string) (*Model, error) {
	if _, err := run.VerifySums(dir); err != nil {
		return nil, fmt.Errorf("failed to load SavedModel: %w", err)
	}
	loaded, err := graph.LoadModel(dir)
	if err != nil {
		if errors.Is(err, graph.ErrDevice) {
			return nil, err
		}
		return nil, &galaxyzoo.DataError{File: path, Err: err}
	}
	m := &Model{Dir: dir, model: loaded}
	if m.Preprocessing, err = ParsePreprocessing(loaded.Preprocessing); err == nil && m.Preprocessing.Size != loaded.Size {
		err = fmt.Errorf("its crops are %d pixels wide, its input %d", m.Preprocessing.Size, loaded.Size)
	}
	if err != nil {
		loaded.Close()
		return nil, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("failed to load SavedModel: %w", err)}
	}
	return m, nil
}

// Find returns the SavedModel's folder for a path that may be a run's. Errors are
// *galaxyzoo.DataError.
func Find(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", &galaxyzoo.DataError{File: path, Err: fmt.Errorf("failed to find the model: %w", galaxyzoo.Reason(err))}
	}
	if !info.IsDir() {
		return "", &galaxyzoo.DataError{File: path, Err: errors.New("want a run folder or the folder of a SavedModel")}
	}
	if r, err := run.Open(path); err == nil {
		dir := r.SavedModel()
		if _, err := os.Stat(dir); err != nil {
			return "", &galaxyzoo.DataError{File: path, Err: fmt.Errorf("the run has no model yet; make one from its best checkpoint with tfgalaxy export --run %s", path)}
		}
		return dir, nil
	}
	if _, err := os.Stat(filepath.Join(path, graph.ModelFile)); err != nil {
		return "", &galaxyzoo.DataError{File: path, Err: fmt.Errorf("want a run folder or the folder of a SavedModel, but it holds neither %s nor %s", run.InfoFile, graph.ModelFile)}
	}
	return path, nil
}

// ParsePreprocessing reads preprocessing.json.
func ParsePreprocessing(encoded []byte) (imageproc.Preprocessing, error) {
	var p imageproc.Preprocessing
	if err := json.Unmarshal(encoded, &p); err != nil {
		return p, fmt.Errorf("failed to read its preprocessing: %w", err)
	}
	if p.Margin != 0 {
		return p, fmt.Errorf("its preprocessing has a margin of %d pixels, want none: margins are for training", p.Margin)
	}
	return p, p.Check()
}

// Predict writes the votes for the batch's images; see graph.Model.
func (m *Model) Predict(b *graph.Batch, votes []galaxyzoo.Votes) error {
	return m.model.Predict(b, votes)
}

// Symmetric reports whether the votes are the same for an image that is turned by
// quarter turns or mirrored, whatever the weights.
func (m *Model) Symmetric() bool { return m.model.Symmetry == graph.SymmetryD4 }

// FeatureSize is the length of an image's vector of features, 0 for a model that
// was written without that signature.
func (m *Model) FeatureSize() int { return m.model.FeatureSize() }

// Features writes the votes for the batch's images and what the last hidden layer
// makes of each, [rows, FeatureSize].
func (m *Model) Features(b *graph.Batch, votes []galaxyzoo.Votes, features []float32) error {
	return m.model.Features(b, votes, features)
}

// HasDropout reports whether Sample can be called.
func (m *Model) HasDropout() bool { return m.model.HasDropout() }

// Sample writes the votes of one draw of dropout, the same for the same seed.
func (m *Model) Sample(b *graph.Batch, seed uint64, votes []galaxyzoo.Votes) error {
	return m.model.Sample(b, seed, votes)
}

// Name is that of the model's folder, or of the run that it is part of.
func (m *Model) Name() string {
	dir, err := filepath.Abs(m.Dir)
	if err != nil {
		dir = m.Dir
	}
	if filepath.Base(dir) == run.ModelFolder {
		dir = filepath.Dir(dir)
	}
	return filepath.Base(dir)
}

// Digest tells models apart: it is the SHA-256 of the graph and of the index of
// the variables, which holds a checksum of each.
func (m *Model) Digest() (string, error) {
	sum := sha256.New()
	for _, name := range []string{graph.ModelFile, graph.IndexFile} {
		content, err := os.ReadFile(filepath.Join(m.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // the weights are constants of the graph
		}
		if err != nil {
			return "", &galaxyzoo.DataError{File: filepath.Join(m.Dir, name), Err: fmt.Errorf("failed to read the model: %w", galaxyzoo.Reason(err))}
		}
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Close frees the model.
func (m *Model) Close() error { return m.model.Close() }
