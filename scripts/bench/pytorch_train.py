"""Trains PyTorch's copy of a network, one epoch on the crops in memory as float32.

FOLDER holds images.u8 and votes.f32 as scripts/galaxydump writes them. Run eagerly,
as most programs are, without torch.compile.
"""

import argparse
import contextlib
import pathlib

import torch

import arrays
import clock
import machine
import pytorch_networks

BATCH = 64


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER", help="folder of the arrays")
    parser.add_argument("--network", choices=pytorch_networks.NETWORKS, required=True)
    parser.add_argument("--channels-last", action="store_true", help="lay images and weights out as [batch, height, width, channels]")
    parser.add_argument("--bfloat16", action="store_true", help="autocast to bfloat16")
    given = parser.parse_args()
    torch.set_num_threads(machine.cores())
    layout = torch.channels_last if given.channels_last else torch.contiguous_format

    images = torch.from_numpy(arrays.read(given.folder, "images.u8", -1, 64, 64, 3)).permute(0, 3, 1, 2)
    images = images.to(torch.float32, memory_format=layout).div_(255)
    votes = torch.from_numpy(arrays.read(given.folder, "votes.f32", -1, pytorch_networks.ANSWERS))
    weights = votes.sum(0) / votes.sum()
    model = pytorch_networks.make(given.network).to(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters())

    timer = clock.Clock()
    for rows in torch.randperm(len(images)).split(BATCH):
        batch = images[rows].contiguous(memory_format=layout)
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=given.bfloat16):
            predictions = model(batch)
        loss = pytorch_networks.weighted_mse(predictions.float(), votes[rows], weights)
        loss.backward()
        optimizer.step()
        timer.step(len(rows))
    timer.tell(loss=loss.item(), not_counted=cuda_memory(), versions={"pytorch": torch.__version__})


main()
