"""Trains PyTorch's copy of a network on crops in memory: as they are, float32, or changed anew each time, from uint8.

FOLDER holds images.u8 and votes.f32 as scripts/galaxydump writes them. Run eagerly,
as most programs are, without torch.compile. The settings are named as tfgalaxy's are.
"""

import argparse
import contextlib
import itertools
import math
import pathlib

import torch

import arrays
import clock
import machine
import pytorch_augment
import pytorch_networks


def cuda_memory():
    """Bytes resident of CUDA's libraries, which PyTorch's package for Linux loads though nothing here uses them."""
    size, counts = 0, False
    with contextlib.suppress(FileNotFoundError), open("/proc/self/smaps") as maps:
        for line in maps:
            name, *rest = line.split()
            if not name.endswith(":"):
                counts = any(part in line for part in ("/nvidia/", "torch_cuda", "c10_cuda", "torch_nvshmem"))
            elif name == "Rss:" and counts:
                size += int(rest[0]) * 1024
    return size


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER", help="folder of the arrays")
    parser.add_argument("--network", choices=pytorch_networks.NETWORKS, required=True)
    parser.add_argument("--channels-last", action="store_true", help="lay images and weights out as [batch, height, width, channels]")
    parser.add_argument("--bfloat16", action="store_true", help="autocast to bfloat16")
    parser.add_argument("--steps", type=int, help="steps in all (default: those of one epoch)")
    parser.add_argument("--batch-size", type=int, default=64, help="images a step (default %(default)s)")
    parser.add_argument("--loss", choices=pytorch_networks.LOSSES, default="weighted-mse")
    parser.add_argument("--optimiser", choices=("adam", "adamw"), default="adam")
    parser.add_argument("--weight-decay", type=float, default=0)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--schedule", choices=("constant", "cosine"), default="constant")
    parser.add_argument("--warm-up", type=int, default=0, help="steps")
    parser.add_argument("--size", type=int, default=pytorch_networks.SIZE, help="side of the network's images, pixels (default %(default)s)")
    parser.add_argument("--crop-size", type=int, help="side of the crops, pixels (default: that of the images)")
    parser.add_argument("--augment", action="store_true", help="turn, mirror, zoom, shift and tint each image")
    parser.add_argument("--zoom", type=float, default=1)
    parser.add_argument("--shift", type=float, default=0)
    parser.add_argument("--brightness", type=float, default=0)
    given = parser.parse_args()
    given.crop_size = given.crop_size or given.size
    if not given.augment and (given.crop_size != given.size or given.zoom != 1 or given.shift or given.brightness):
        parser.error("crops of another size, and changes of images, want --augment")
    return given


def batches(count, size):
    """Rows of batches without end, in another order each epoch."""
    while True:
        yield from torch.randperm(count).split(size)


def optimiser(given, model, steps):
    """The optimiser, and its schedule of a step each."""
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    rule = kinds[given.optimiser](model.parameters(), lr=given.learning_rate, weight_decay=given.weight_decay)

    def factor(step):
        if step < given.warm_up:
            return (step + 1) / given.warm_up
        done = (step - given.warm_up) / max(steps - given.warm_up, 1)
        return (1 + math.cos(math.pi * min(done, 1))) / 2 if given.schedule == "cosine" else 1

    return rule, torch.optim.lr_scheduler.LambdaLR(rule, factor)


def main():
    given = arguments()
    torch.set_num_threads(machine.cores())
    layout = torch.channels_last if given.channels_last else torch.contiguous_format

    crops = torch.from_numpy(arrays.read(given.folder, "images.u8", -1, given.crop_size, given.crop_size, 3)).permute(0, 3, 1, 2)
    votes = torch.from_numpy(arrays.read(given.folder, "votes.f32", -1, pytorch_networks.ANSWERS))
    weights = votes.sum(0) / votes.sum()
    if given.augment:
        crops = crops.contiguous()
    else:
        crops = crops.to(torch.float32, memory_format=layout).div_(255)
    model = pytorch_networks.make(given.network, given.size).to(memory_format=layout)
    steps = given.steps or math.ceil(len(crops) / given.batch_size)
    rule, schedule = optimiser(given, model, steps)

    timer = clock.Clock()
    for rows in itertools.islice(batches(len(crops), given.batch_size), steps):
        images = crops[rows]
        if given.augment:
            images = pytorch_augment.change(images, given.size, given.zoom, given.shift, given.brightness)
        rule.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=given.bfloat16):
            predictions = model(images.contiguous(memory_format=layout))
        loss = pytorch_networks.LOSSES[given.loss](predictions.float(), votes[rows], weights)
        loss.backward()
        rule.step()
        schedule.step()
        timer.step(len(rows))
    timer.tell(loss=loss.item(), weights=pytorch_networks.weights(model), not_counted=cuda_memory(), versions={"pytorch": torch.__version__})


main()
