//go:build !linux

package main

func realFullDisk(*trial) error { return &skipError{"only Linux mounts a small disk"} }
