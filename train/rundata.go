package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// OpenRunData opens the data that the run in a folder was trained on. Errors are those
// of OpenData.
func OpenRunData(dir string, c *run.Config) (*galaxyzoo.Catalogue, error) {
	catalogue, err := OpenData(c.Data)
	return catalogue, whereNow(err, dir, c)
}

// whereNow says how to name the data of a run where its name leads nowhere: a run has
// it as seen from the folder that it was begun in, or from that user's home.
func whereNow(err error, dir string, c *run.Config) error {
	if err == nil {
		return nil
	}
	if _, missing := os.Stat(c.Data); !errors.Is(missing, fs.ErrNotExist) {
		return err
	}
	return fmt.Errorf("%w; run %s was begun in another folder, or its data has been moved: --data FOLDER names where it is now", err, dir)
}
