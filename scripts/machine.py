"""The machine that a benchmark runs on."""

import os
import pathlib
import platform
import sys


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def bind(count):
    """Binds this process, and those it starts, to so many cores, None for all; returns the number it has then."""
    if not hasattr(os, "sched_setaffinity"):
        if count:
            sys.exit("--cores works on Linux only")
        return cores()
    if count is not None and not 1 <= count <= cores():
        sys.exit(f"--cores {count}: want 1 to {cores()}")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])
    return cores()


def processor():
    """The CPU's name."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


# Those that change how fast networks are.
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16")


def instructions():
    """Those of INSTRUCTIONS that the CPU has; none where the system does not tell."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return [name for name in INSTRUCTIONS if name in flags]
