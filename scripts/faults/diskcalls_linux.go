//go:build linux && amd64

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A failing disk is played by seccomp: the kernel asks the harness about each
// system call by which the program writes, and the harness says whether it fails.
// The program is started by the harness's own executable, which asks for that,
// hands the kernel's end to the harness over a socket, and becomes the program.

// A watched call is one of those that the kernel asks about.
type watched struct {
	name        string
	number      uint32
	descriptor  int // argument that is the file, or the folder of path; -1 for the working folder
	path        int // argument that is the file's name; -1 for none
	needsRoom   bool
	onlyCreates bool // asked about only where its third argument has O_CREAT
}

var watchedCalls = []watched{
	{name: "write", number: unix.SYS_WRITE, path: -1, needsRoom: true},
	{name: "write", number: unix.SYS_PWRITE64, path: -1, needsRoom: true},
	{name: "write", number: unix.SYS_WRITEV, path: -1, needsRoom: true},
	{name: "write", number: unix.SYS_PWRITEV, path: -1, needsRoom: true},
	{name: "write", number: unix.SYS_SENDFILE, path: -1, needsRoom: true},
	{name: "write", number: unix.SYS_COPY_FILE_RANGE, descriptor: 2, path: -1, needsRoom: true},
	{name: "fallocate", number: unix.SYS_FALLOCATE, path: -1, needsRoom: true},
	{name: "ftruncate", number: unix.SYS_FTRUNCATE, path: -1},
	{name: "fsync", number: unix.SYS_FSYNC, path: -1},
	{name: "fsync", number: unix.SYS_FDATASYNC, path: -1},
	{name: "creat", number: unix.SYS_OPENAT, path: 1, needsRoom: true, onlyCreates: true},
	{name: "mkdir", number: unix.SYS_MKDIRAT, path: 1, needsRoom: true},
	{name: "mkdir", number: unix.SYS_MKDIR, descriptor: -1, path: 0, needsRoom: true},
	{name: "link", number: unix.SYS_LINKAT, descriptor: 2, path: 3, needsRoom: true},
	{name: "rename", number: unix.SYS_RENAME, descriptor: -1, path: 1},
	{name: "rename", number: unix.SYS_RENAMEAT, descriptor: 2, path: 3},
	{name: "rename", number: unix.SYS_RENAMEAT2, descriptor: 2, path: 3},
}

// filterProgram has the kernel ask about them.
func filterProgram() []unix.SockFilter {
	const number, arch, thirdArgument = 0, 4, 16 + 2*8 // offsets in struct seccomp_data
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	end := func(answer uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: answer}
	}
	unlessEqual := func(k uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: skip}
	}
	program := []unix.SockFilter{
		load(arch), {Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.AUDIT_ARCH_X86_64, Jt: 1}, end(unix.SECCOMP_RET_ALLOW),
		load(number),
	}
	for _, c := range watchedCalls {
		if c.onlyCreates {
			program = append(program, unlessEqual(c.number, 4), load(thirdArgument),
				unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: unix.O_CREAT, Jf: 1},
				end(unix.SECCOMP_RET_USER_NOTIF), end(unix.SECCOMP_RET_ALLOW))
			continue
		}
		program = append(program, unlessEqual(c.number, 1), end(unix.SECCOMP_RET_USER_NOTIF))
	}
	return append(program, end(unix.SECCOMP_RET_ALLOW))
}

// shim asks for the filter, hands the kernel's end on over descriptor 3, and
// becomes the program of its arguments. It returns only where that fails.
func shim(args []string) error {
	runtime.LockOSThread() // the filter is this thread's, which becomes the program's first
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := filterProgram()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	var kernel uintptr
	// Signals must not interrupt a call that was asked about: it would be asked about again.
	for _, flags := range []uintptr{unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 0} {
		var errno unix.Errno
		kernel, _, errno = unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
			flags|unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
		if errno == 0 {
			break
		}
		if flags == 0 {
			return fmt.Errorf("seccomp: %w", errno)
		}
	}
	runtime.KeepAlive(filter)
	if err := unix.Sendmsg(3, []byte{0}, unix.UnixRights(int(kernel)), nil, 0); err != nil {
		return err
	}
	unix.Close(int(kernel))
	unix.Close(3)
	return syscall.Exec(args[0], args, os.Environ())
}

// prepare changes a command that has not been started so that the disk is asked.
// Once it is started, serve has to be called: it answers until the program ends.
func (d *disk) prepare(c *exec.Cmd) (serve func() error, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "theirs")
	self, err := os.Executable()
	if err != nil {
		return nil, errors.Join(err, ours.Close(), theirs.Close())
	}
	c.Args = append([]string{self, shimArgument, c.Path}, c.Args[1:]...)
	c.Path, c.ExtraFiles = self, []*os.File{theirs}
	return func() error {
		defer ours.Close()
		theirs.Close()
		kernel, err := receiveDescriptor(ours)
		if err != nil {
			return &skipError{fmt.Sprintf("system calls cannot be answered here: %v", err)}
		}
		defer unix.Close(kernel)
		return d.serve(kernel)
	}, nil
}

func receiveDescriptor(socket *os.File) (int, error) {
	connection, err := net.FileConn(socket)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := connection.(*net.UnixConn).ReadMsgUnix(make([]byte, 1), rights)
	if err != nil {
		return 0, err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return 0, errors.Join(errors.New("no descriptor came"), err)
	}
	descriptors, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(descriptors) != 1 {
		return 0, errors.Join(errors.New("no descriptor came"), err)
	}
	return descriptors[0], nil
}

// notification and response are struct seccomp_notif and seccomp_notif_resp.
type notification struct {
	id         uint64
	pid, flags uint32
	number     int32
	arch       uint32
	at         uint64
	arguments  [6]uint64
}

type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// serve answers until the program has ended.
func (d *disk) serve(kernel int) error {
	var late sync.WaitGroup
	defer late.Wait()
	for {
		poll := []unix.PollFd{{Fd: int32(kernel), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			return fmt.Errorf("failed to wait for system calls: %w", err)
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			if poll[0].Revents != 0 {
				return nil // no process is left
			}
			continue
		}
		var asked notification
		if errno := control(kernel, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&asked)); errno != 0 {
			if errno == unix.ENOENT || errno == unix.EINTR { // it was killed meanwhile
				continue
			}
			return fmt.Errorf("failed to hear of a system call: %w", errno)
		}
		errno, wait := d.about(&asked)
		answer := response{id: asked.id, errno: -int32(errno)}
		if errno == 0 {
			answer.flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
		}
		send := func() { control(kernel, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&answer)) }
		if wait == 0 {
			send()
			continue
		}
		late.Go(func() {
			time.Sleep(wait)
			send()
		})
	}
}

func control(descriptor int, request uintptr, argument unsafe.Pointer) unix.Errno {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(descriptor), request, uintptr(argument))
	return errno
}

// about looks at what is asked: calls that write to what lies below the disk's
// folder are answered by the disk, all others go on.
func (d *disk) about(asked *notification) (unix.Errno, time.Duration) {
	for _, w := range watchedCalls {
		if w.number != uint32(asked.number) {
			continue
		}
		path, err := w.file(asked)
		if err != nil || !strings.HasPrefix(path, d.folder+"/") {
			return 0, 0
		}
		if w.onlyCreates {
			if _, err := os.Lstat(path); err == nil {
				return 0, 0 // it is there and takes no room
			}
		}
		return d.answer(call{name: w.name, path: path, needsRoom: w.needsRoom})
	}
	return 0, 0
}

// file is the file that a call writes to.
func (w *watched) file(asked *notification) (string, error) {
	process := fmt.Sprintf("/proc/%d", asked.pid)
	name := ""
	if w.path >= 0 {
		var err error
		if name, err = readString(process, asked.arguments[w.path]); err != nil || filepath.IsAbs(name) {
			return filepath.Clean(name), err
		}
	}
	link := process + "/cwd"
	if w.descriptor >= 0 {
		if fd := int32(asked.arguments[w.descriptor]); fd != unix.AT_FDCWD {
			link = fmt.Sprintf("%s/fd/%d", process, fd)
		}
	}
	folder, err := os.Readlink(link)
	return filepath.Join(folder, name), err
}

// readString reads a string of a process's memory.
func readString(process string, at uint64) (string, error) {
	memory, err := os.Open(process + "/mem")
	if err != nil {
		return "", err
	}
	defer memory.Close()
	buffer := make([]byte, unix.PathMax)
	n, err := memory.ReadAt(buffer, int64(at))
	text, _, ended := bytes.Cut(buffer[:n], []byte{0})
	if !ended {
		return "", errors.Join(errors.New("a path without an end"), err)
	}
	return string(text), nil
}
