package galaxyzoo

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What is no file is refused at once, also where it has become so since it was listed.
func TestOpenFile(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(path("file"), []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	err1 := os.Symlink("file", path("link"))
	err2 := os.Symlink("loop", path("loop"))
	err3 := os.Symlink("/dev/zero", path("device"))
	err4 := syscall.Mkfifo(path("pipe"), 0o644)
	socket, err5 := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(socket)
	if err := syscall.Bind(socket, &syscall.SockaddrUnix{Name: path("socket")}); err != nil {
		t.Logf("without a socket, whose path may be too long: %v", err)
	}
	for name, want := range map[string]string{
		"file": "", "link": "", "pipe": "not a file", "device": "not a file", ".": "not a file", "loop": "too many levels", "socket": "no such", "none": "no such file",
	} {
		ended := make(chan error, 1)
		go func() {
			f, err := OpenFile(path(name))
			if err == nil {
				content, readErr := io.ReadAll(f)
				err = errors.Join(readErr, f.Close())
				if string(content) != "content" {
					err = errors.New("other content")
				}
			}
			ended <- err
		}()
		select {
		case err := <-ended:
			if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), dir)) {
				t.Errorf("%s: error %v, want %q", name, err, want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: opening it does not end", name)
		}
	}
}

// A pipe in the place of an image or of the labels does not keep anybody waiting.
func TestCatalogueOfPipes(t *testing.T) {
	dir := t.TempDir()
	if err := Export(t.Context(), Synthetic(3, 1), dir, nil, nil); err != nil {
		t.Fatal(err)
	}
	c, err := OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	image, labels := c.Galaxies[1].File, filepath.Join(dir, LabelFile)
	for _, file := range []string{image, labels} {
		if err := errors.Join(os.Remove(file), syscall.Mkfifo(file, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for file, open := range map[string]func() error{
		image:  func() error { _, err := c.Open(1); return err },
		labels: func() error { _, err := OpenCatalogue(dir); return err },
	} {
		ended := make(chan error, 1)
		go func() { ended <- open() }()
		select {
		case err := <-ended:
			if fault, ok := errors.AsType[*DataError](err); !ok || fault.File != file || !strings.Contains(err.Error(), "not a file") {
				t.Errorf("error %v, want one about %s", err, file)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: opening it does not end", file)
		}
	}
}

func TestQuoted(t *testing.T) {
	for name, want := range map[string]string{
		"a/b c.jpg": "a/b c.jpg", "é.jpg": "é.jpg", `q"x.jpg`: `q"x.jpg`, "\ufffd": "\ufffd",
		"a\nb": `"a\nb"`, "\x1b[2J": `"\x1b[2J"`, "\xff": `"\xff"`, "\u009b": `"\u009b"`, "\u202egpj": `"\u202egpj"`,
	} {
		if got := Quoted(name); got != want {
			t.Errorf("Quoted(%q) = %s, want %s", name, got, want)
		}
		fault := &DataError{File: name, Line: 3, Err: errors.New("is wrong")}
		if got := fault.Error(); got != want+":3: is wrong" {
			t.Errorf("the error about %q is %s", name, got)
		}
	}
}
