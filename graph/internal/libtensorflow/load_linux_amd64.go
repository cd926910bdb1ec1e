package libtensorflow

/*
#cgo LDFLAGS: -ldl
#include "load_linux_amd64.h"
*/
import "C"

import "errors"

func load() error {
	if fault := C.load_tensorflow(); fault != nil {
		return errors.New(C.GoString(fault))
	}
	return nil
}
