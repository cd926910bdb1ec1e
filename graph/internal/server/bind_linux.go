package server

// #include "bind_linux.h"
import "C"

import "net/netip"

// confine has servers that are started from here on listen on one address.
func confine(host netip.Addr) error {
	address := host.As16()
	C.confine_to((*C.uchar)(&address[0]))
	return nil
}
