package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
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
	return t.struckBy(t.usual, t.cache, 1, func(args []string) error {
		window, inside, err := openTerminal()
		if err != nil {
			return &skipError{fmt.Sprintf("no terminal can be opened: %v", err)}
		}
		ctx, cancel := context.WithTimeout(t, patience)
		defer cancel()
		c := t.command(ctx, args...)
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
		return t.stoppedWell(func() *ended {
			err := c.Wait()
			return newEnded(args, err, <-said, &bytes.Buffer{})
		}, 128+int(syscall.SIGHUP))
	})
}
