package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal opens a terminal: the end that a window has, and that of the program
// in it.
func openTerminal() (window, inside *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	window = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		window.Close()
	}
	return window, inside, err
}

// closeTerminal trains in a terminal whose window is closed: the program is hung up,
// and can neither read nor write there any more.
func closeTerminal(t *trial) error {
	dir := filepath.Join(t.dir, "run")
	window, inside, err := openTerminal()
	if err != nil {
		return &skipError{fmt.Sprintf("no terminal can be opened: %v", err)}
	}
	c := t.command(t, "", t.training(dir, t.cache)...)
	c.Stdin, c.Stdout, c.Stderr = inside, inside, inside
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = c.Start()
	inside.Close()
	if err != nil {
		window.Close()
		return err
	}
	said := make(chan *bytes.Buffer, 1)
	go func() {
		var b bytes.Buffer
		io.Copy(&b, window)
		said <- &b
	}()
	time.Sleep(t.usual.moment(t))
	window.Close()
	err = c.Wait()
	e := newEnded(c.Args[1:], err, <-said, &bytes.Buffer{})
	if err := t.stoppedWell(e, 128+int(syscall.SIGHUP)); err != nil {
		return err
	}
	t.hit(t.usual.phase(dir, t.cache))
	args, err := t.goOn(t.usual, dir, t.cache)
	if err != nil {
		return err
	}
	if args != nil {
		if e := t.run(t, "", args...); e.code != 0 {
			return e
		}
	}
	return t.usual.equals(dir)
}
