//go:build !linux

package server

import (
	"errors"
	"net/netip"
)

// confine fails: TensorFlow's server listens on all addresses.
func confine(netip.Addr) error {
	return errors.New("on this system TensorFlow's server can listen on all addresses alone: --listen 0.0.0.0:PORT, behind a firewall")
}
