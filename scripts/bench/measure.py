"""Runs a program to its end and measures it from outside."""

import json
import os
import subprocess
import sys
import tempfile
import time

import environment


class Failure(Exception):
    """A program that could not be run to a good end; says why in a line or two."""


def run(command, settings=(), stop_at_step=False):
    """Runs a command and returns, by name, what its JSON result says and besides:

    whole, the seconds that it took; start, those until the line arrived that tells the end
    of a training's first step; resident, the most bytes of memory that it had; memory, the
    same less those that its result names as not_counted. settings are variables of its
    environment. A training that is to stop_at_step is ended after its first one.
    """
    lines, found = [], {}
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors, \
            subprocess.Popen([str(part) for part in command], cwd=environment.ROOT, env=variables(settings), text=True,
                             stdout=subprocess.PIPE, stderr=errors) as process:
        for line in process.stdout:
            lines.append(line)
            if "start" not in found and '"event"' in line and json.loads(line)["event"] == "step":
                found["start"] = time.perf_counter() - begin
                if stop_at_step:
                    process.terminate()
        _, status, usage = os.wait4(process.pid, 0)
        found["whole"] = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode and not (stop_at_step and "start" in found):
            errors.seek(0)
            told = " ".join(errors.read().strip().splitlines()[-2:])
            raise Failure(f"exit code {process.returncode}: {told}")
    found |= result("".join(lines))
    found["resident"] = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    found["memory"] = found["resident"] - found.get("not_counted", 0)
    return found


def variables(settings):
    """The environment of what is measured: nothing of the user's that would change it, and this checkout's Python."""
    left_out = {"TF_ENABLE_ONEDNN_OPTS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}
    plain = {k: v for k, v in environment.plain().items() if k not in left_out}
    return plain | {"PYTHONPATH": str(environment.SCRIPTS), "TF_CPP_MIN_LOG_LEVEL": "3"} | dict(settings)


def result(text):
    """The JSON object that an output is, or that its last line is; empty for one that is neither."""
    for part in (text, text.rstrip().rpartition("\n")[2]):
        try:
            found = json.loads(part)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}


def python(name):
    """The Python of scripts/requirements-NAME.txt, made where it is missing."""
    try:
        return environment.python(name)
    except SystemExit:
        raise Failure(f"the environment {name} could not be made") from None
