package main

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/disintegration/imaging"
	"github.com/rogpeppe/go-internal/testscript"
)

// name FILE NAME copies a file to a name with the escapes of Go's strings.
func name(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: name FILE NAME")
	}
	path, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), path), []byte(ts.ReadFile(args[0])), 0o644))
}

// fifo FILE makes a pipe that nobody writes to.
func fifo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fifo FILE")
	}
	ts.Check(syscall.Mkfifo(ts.MkAbs(args[0]), 0o644))
}

// webp is a picture of one pixel.
const webp = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"

// picture FORMAT FILE writes an image in a format that no command takes: TIFF, BMP,
// GIF or WebP, whatever the file is called.
func picture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: picture FORMAT FILE")
	}
	file := bytes.NewBufferString(webp)
	if args[0] != "webp" {
		format, err := imaging.FormatFromExtension(args[0])
		ts.Check(err)
		file.Reset()
		ts.Check(imaging.Encode(file, image.NewNRGBA(image.Rect(0, 0, 24, 24)), format))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), file.Bytes(), 0o644))
}
