"""The model for GPUs, of which nothing was measured: every number here is an assumption."""

import model
import tables

# Of an NVIDIA A100's 19.5 TFLOP/s in float32 without tensor cores, half: what a training of
# convolutions of this size may reach.
FLOPS = 10e12
STEP = 5e-3  # seconds: some thousand kernels are launched, at a few microseconds each
MEMORY = 1e12  # bytes a second, for the optimiser, which goes through seven arrays as large as the weights
COPY = 1e-9  # seconds a byte that gRPC takes on the way, about what the cores here take
LATENCY = 0.5e-3  # of a message through gRPC
INSIDE = 100e9  # bits a second between the GPUs of a machine, over PCI Express
IMAGES = 64  # a GPU
HEADERS = 1.04  # what Ethernet, IP and TCP add

RATES = (1e9, 10e9, 100e9)
COUNTS = (1, 2, 4, 8, 16, 32, 64)


def device(net, flops, step):
    return model.Device(6 * net.multiply_adds / flops, step, 7 * net.parameters / MEMORY, COPY)


def speed_up(net, gpu, bits, gpus, each, images=IMAGES):
    """How many times as many images a second as one GPU makes."""
    def rate(n, each):
        link, inside = model.Link(bits, LATENCY, HEADERS), model.Link(INSIDE)
        return images * n / model.step(net, gpu, link, images * n, n // each, each, inside).seconds
    return rate(gpus, min(each, gpus)) / rate(1, 1)


def table(net, flops, step):
    """How many GPUs' worth so many GPUs are, in machines of one and of eight."""
    gpu = device(net, flops, step)
    one = IMAGES / model.step(net, gpu, model.LOCAL, IMAGES, 1).seconds
    rows = [(f"{bits / 1e9:g} Gbit/s, {each} a machine", *(f"{speed_up(net, gpu, bits, n, each):.2g}" for n in COUNTS))
            for each in (1, 8) for bits in RATES]
    return tables.markdown((f"`{net.name}`, {one:,.0f} images/s a GPU", *map(str, COUNTS)), rows)


def text(nets, flops, step):
    return "\n\n".join(table(net, flops, step) for net in nets)
