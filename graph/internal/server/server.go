// Package server starts TensorFlow's own server, which computes what sessions of other
// processes ask it for.
package server

/*
#include <stdlib.h>
#include "tensorflow/c/c_api.h"
*/
import "C"

import (
	"errors"
	"net/netip"
	"unsafe"
)

// Start starts the server that an encoded tensorflow.ServerDef describes, on one address
// of this machine or, if it is an unspecified one, on all. A process can have one, which
// serves until the process ends: TensorFlow stops none.
func Start(definition []byte, host netip.Addr) error {
	if !host.IsUnspecified() {
		if err := confine(host); err != nil {
			return err
		}
	}
	status := C.TF_NewStatus()
	defer C.TF_DeleteStatus(status)
	server := C.TF_NewServer(unsafe.Pointer(unsafe.SliceData(definition)), C.size_t(len(definition)), status)
	if C.TF_GetCode(status) == C.TF_OK {
		C.TF_ServerStart(server, status)
	}
	if C.TF_GetCode(status) != C.TF_OK {
		return errors.New(C.GoString(C.TF_Message(status)))
	}
	return nil
}

// CloseSessions closes all sessions that the server of a target leads, whoever has them.
func CloseSessions(target string) error {
	options := C.TF_NewSessionOptions()
	defer C.TF_DeleteSessionOptions(options)
	name := C.CString(target)
	defer C.free(unsafe.Pointer(name))
	C.TF_SetTarget(options, name)
	status := C.TF_NewStatus()
	defer C.TF_DeleteStatus(status)
	// Without the name of a container it would clear what all sessions see as well.
	container := C.CString("none")
	defer C.free(unsafe.Pointer(container))
	C.TF_Reset(options, &container, 1, status)
	if C.TF_GetCode(status) != C.TF_OK {
		return errors.New(C.GoString(C.TF_Message(status)))
	}
	return nil
}
