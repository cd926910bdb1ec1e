"""What a step costs on several workers, by a few numbers that can be measured.

    python3 -m doctest scripts/scaling/model.py

All times are in seconds, all sizes in bytes. The variables of a network lie on homes, one
worker each. In a step every home sends its variables to all other workers, each worker
computes its share of the batch, and sends the gradients of what lies elsewhere to its
home, which adds them up and takes the step. The largest layer is not divided: its home
sends and receives most, and what the others wait for is this home's link.

    >>> net = Network("n", parameters=100e6, largest=0.9, before=0.9, image=12288, multiply_adds=250e6)
    >>> gpu = Device(image=1e-3, step=0.0, optimiser=0.01)
    >>> one = step(net, gpu, LOCAL, batch=64, workers=1)
    >>> round(one.seconds, 3), one.sent
    (0.074, 0.0)

Two workers: 90 MB of weights out, and 90 MB of gradients back while those of the first
layers are computed for 32 images. 0.72 s each at 1 Gbit/s, of which 19 ms are hidden:

    >>> two = step(net, gpu, Link(1e9), batch=64, workers=2)
    >>> round(two.parameters, 2), round(two.gradients, 2), round(two.hidden, 4)
    (0.72, 0.72, 0.0192)
    >>> round(two.seconds, 2), round(two.sent / 1e6)
    (1.46, 100)

The home of the largest layer sends it once a worker, so that its link, not the devices,
sets the pace of many:

    >>> [round(64 * n / step(net, gpu, Link(100e9), 64 * n, n).seconds / 865, 1) for n in (1, 2, 8, 64)]
    [1.0, 1.8, 4.4, 5.0]
    >>> [round(64 * n / step(net, gpu, Link(1e9), 64 * n, n).seconds / 865, 1) for n in (2, 8, 64)]
    [0.1, 0.1, 0.1]

Eight devices of one worker are sent what they need of others once:

    >>> step(net, gpu, Link(1e9), 64 * 16, 2, each=8).parameters == two.parameters
    True
"""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Network:
    """A network as it is trained."""

    name: str
    parameters: float  # bytes of all weights, which are those of all gradients too
    largest: float  # share of its largest layer in them
    before: float  # share in the computing of the layers before that one
    image: float  # bytes of an image that is fed
    multiply_adds: float  # of an image, forward


@dataclasses.dataclass(frozen=True)
class Device:
    """What computes a tower, and the process that it is in."""

    image: float  # seconds, forward and both gradients
    step: float  # seconds of a step whatever the batch, the optimiser's aside
    optimiser: float  # seconds for all weights
    copy: float = 0.0  # seconds a byte that the process sends or receives takes it
    shared: bool = False  # whether it copies on the core that computes, which waits meanwhile


@dataclasses.dataclass(frozen=True)
class Link:
    """What joins each worker to all others, in both directions at once."""

    bits: float  # a second
    latency: float = 0.0  # seconds, of a message
    headers: float = 1.0  # bytes on the wire for each that is sent


LOCAL = Link(math.inf)


@dataclasses.dataclass(frozen=True)
class Step:
    """A step, in seconds, and the bytes that the busiest worker sends in it."""

    compute: float
    optimiser: float
    within: float  # between the devices of a worker
    copies: float  # by the core that computes
    fed: float  # the batch on its way, which all wait for
    parameters: float  # those of the largest layer's home on their way
    gradients: float
    hidden: float  # of the latter, what passes while the devices compute
    sent: float
    received: float

    @property
    def seconds(self):
        return self.compute + self.optimiser + self.within + self.copies + self.fed + self.parameters + self.gradients - self.hidden


def home_share(network, workers):
    """The share of the parameters that lies on the busiest worker."""
    return max(network.largest, 1 / workers)


def step(network, device, link, batch, workers, each=1, inside=LOCAL):
    """The cost of a step of so many workers with as many devices each, on a batch for all of them."""
    home = home_share(network, workers)
    compute = device.step + device.image * batch / (workers * each)
    optimiser = device.optimiser * home
    # One device of each worker sends the others all weights, and gets their gradients.
    within = 2 * (each - 1) * network.parameters * 8 / inside.bits
    if workers == 1:
        return Step(compute, optimiser, within, 0, 0, 0, 0, 0, 0.0, 0.0)
    out = home * network.parameters * (workers - 1)
    back = (1 - home) * network.parameters
    fed = network.image * batch * (workers - 1) / workers
    # A process that copies on other cores than those that compute sends no faster than it copies.
    byte = 8 * link.headers / link.bits + (0 if device.shared else device.copy)
    way = max(out, back) * byte + link.latency
    # The gradient of the largest layer is on its way while those of the layers before it are
    # computed, in two thirds of their time. The weights of all layers come together, those of
    # the first one no sooner than those of the largest: nothing is computed meanwhile.
    hidden = min(way, network.before * compute * 2 / 3)
    copies = 2 * (out + back) * device.copy if device.shared else 0
    return Step(compute, optimiser, within, copies, fed * byte + link.latency, way, way, hidden, out + back + fed, out + back)


def loopback(network, batch, workers):
    """The bytes of a step over all workers and their client, where all are on one machine."""
    return 2 * network.parameters * (workers - 1) + network.image * batch * (1 + (workers - 1) / workers)


def of_layers(table, pixels=None):
    """The network of a table of tfgalaxy presets --json, for images of so many pixels a side."""
    layers = table["layers"]
    largest = max(range(len(layers)), key=lambda i: layers[i]["weights"])
    return Network(
        table["name"], 4 * table["weights"], layers[largest]["weights"] / table["weights"],
        sum(layer["multiply_adds"] for layer in layers[:largest]) / table["multiply_adds"],
        3 * (pixels or table["size"]) ** 2, table["multiply_adds"])
