// Command tfgalaxy trains convolutional networks on Galaxy Zoo images with
// TensorFlow's own runtime, scores them, and exports them as SavedModels.
package main

import (
	"os"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
)

// version is set by the linker.
var version = "devel"

func main() {
	os.Exit(execute(os.Args, terminal.New(os.Stdout, os.Stderr)))
}
