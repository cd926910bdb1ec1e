"""What is measured: trainings of one process, of several, and of workers, each pinned to a core."""

import json
import os
import signal
import subprocess
import tempfile

import environment


class Trainings:
    """Trainings of a preset on some data, all on the same warm cache of crops."""

    def __init__(self, preset, data, folder, batch):
        self.preset, self.data, self.folder, self.batch, self.runs = preset, data, folder, batch, 0

    def command(self, steps, batch, *flags):
        self.runs += 1
        return [str(environment.TFGALAXY), "train", "--preset", self.preset, "--precision", "float32", "--validation", "0",
                "--batch-size", str(batch), "--steps", str(steps), "--data", str(self.data), "--cache", str(self.folder / "cache"),
                "--run-dir", str(self.folder / f"{self.preset}-{self.runs}"), "--json", *map(str, flags)]

    def one(self, steps, *flags, batch=None, core=None, where=None):
        """A training by itself; what it says at its end, and the bytes a step that were sent meanwhile."""
        command = self.command(steps, batch or self.batch, *flags)
        return finish(start(where.command(0, command) if where else command, core), where)

    def at_once(self, steps, batch, cores):
        """A training a core, side by side; the mean of what they say."""
        processes = [start(self.command(steps, batch, "--threads", 1), core) for core in cores]
        rates = [finish(p, None)["images_per_second"] for p in processes]
        return {"images_per_second": sum(rates) / len(rates), "single": rates}

    def on_workers(self, steps, cores, where):
        """A training on a worker a core."""
        names = ",".join(where.address(i) for i in range(len(cores)))
        workers = []
        try:
            for i, core in enumerate(cores):
                command = [str(environment.TFGALAXY), "worker", "--json", "--listen", where.address(i), "--cluster", names, "--threads", "1"]
                workers.append(start(where.command(i, command), core))
                if not workers[-1].stdout.readline():
                    fail(workers[-1])
            return self.one(steps, "--workers", names, where=where)
        finally:
            for worker in workers:
                worker.send_signal(signal.SIGKILL)
                worker.wait()


def start(command, core=None):
    """Starts a program, on one core alone where that is said."""
    errors = tempfile.TemporaryFile("w+")
    pin = None if core is None else lambda: os.sched_setaffinity(0, {core})
    process = subprocess.Popen(command, env=environment.plain() | {"TF_CPP_MIN_LOG_LEVEL": "3"}, text=True,
                               stdout=subprocess.PIPE, stderr=errors, preexec_fn=pin)
    process.errors = errors
    return process


def finish(process, where):
    """Waits for a training; its last event, with bytes: those a step sent between its first step's end and its last's."""
    first = last = event = None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "step" and where:
            last = event["step"], where.counts()
            first = first or last
    if process.wait() or not event or event["event"] != "end":
        fail(process)
    if where:
        steps = last[0] - first[0]
        event["bytes"] = {place: (last[1][place] - first[1][place]) / steps for place in last[1]}
    return event


def fail(process):
    process.wait()
    process.errors.seek(0)
    raise SystemExit(f"scaling: exit code {process.returncode}: {process.errors.read().strip()}")
