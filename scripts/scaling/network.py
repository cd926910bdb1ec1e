"""Networks of this machine's own: loopback alone, or one machine a worker and a switch of a given rate.

They are Linux's network namespaces, which no other program of the machine sees. A user
who may make namespaces of users needs no more rights.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

INSIDE = "TFGALAXY_SCALING_INSIDE"  # set where this process is in a network of its own
SUBNET = "10.99.0"


def enter():
    """Goes on in a network with nothing but loopback; returns whether that is where it is."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return True
    tools = all(shutil.which(tool) for tool in ("unshare", "nsenter", "ip", "tc"))
    if tools and subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True).returncode == 0:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--map-root-user", "--net", sys.executable, *sys.argv])
    return False


def bytes_of(device, process="self"):
    """The bytes that a device of a process's network has received and sent."""
    for line in pathlib.Path(f"/proc/{process}/net/dev").read_text().splitlines():
        name, _, counts = line.partition(":")
        if name.strip() == device:
            fields = counts.split()
            return int(fields[0]), int(fields[8])
    raise LookupError(device)


class Loopback:
    """All on 127.0.0.1."""

    limit = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def address(self, worker):
        return f"127.0.0.1:{23450 + worker}"

    def command(self, worker, command):
        """The command that runs another where a worker is; the client is where worker 0 is."""
        return command

    def counts(self):
        """The bytes sent so far, by place."""
        return {"lo": bytes_of("lo")[1]}


class Switch:
    """A machine a worker, each on a port of a switch that lets so many bits a second through, both ways at once."""

    def __init__(self, workers, bits):
        self.workers, self.limit, self.machines = workers, bits, []

    def __enter__(self):
        try:
            tool("ip", "link", "add", "switch", "type", "bridge")
            tool("ip", "link", "set", "switch", "up")
            for i in range(self.workers):
                self.plug(i)
        except BaseException:
            self.__exit__()
            raise
        return self

    def plug(self, i):
        machine = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE)
        self.machines.append(machine)
        machine.stdout.readline()  # it has its network by then
        tool("ip", "link", "add", f"port{i}", "type", "veth", "peer", "name", "eth0", "netns", str(machine.pid))
        tool("ip", "link", "set", f"port{i}", "master", "switch", "up")
        for arguments in (["ip", "link", "set", "lo", "up"], ["ip", "addr", "add", f"{SUBNET}.{i + 1}/24", "dev", "eth0"],
                          ["ip", "link", "set", "eth0", "up"]):
            tool(*self.command(i, arguments))
        if self.limit:
            tool(*self.command(i, shaped("eth0", self.limit)))
            tool(*shaped(f"port{i}", self.limit))

    def __exit__(self, *_):
        for machine in self.machines:
            machine.send_signal(signal.SIGKILL)
            machine.wait()
        subprocess.run(["ip", "link", "del", "switch"], capture_output=True)

    def address(self, worker):
        return f"{SUBNET}.{worker + 1}:2222"

    def command(self, worker, command):
        return ["nsenter", "--target", str(self.machines[worker].pid), "--net", "--", *command]

    def counts(self):
        return {f"worker {i}": bytes_of("eth0", machine.pid)[1] for i, machine in enumerate(self.machines)}


def shaped(device, bits):
    return ["tc", "qdisc", "add", "dev", device, "root", "tbf", "rate", f"{bits:.0f}bit", "burst", "256kb", "latency", "100ms"]


def tool(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"scaling: {' '.join(command)}: {done.stderr.strip()}")
