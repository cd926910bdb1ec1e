"""Trains seed3 as the seed study's script does: images from PNG files, turned by SciPy, PyTorch in its default layout.

Files are read by Matplotlib, 1,024 at once, each turned by a random whole angle, made a
tensor from a list of arrays, slow as that is, and then trained on 64 at a time. Two such reads are made, and the second one left at the
end of its first step: what is timed, from the end of the very first step, is then as
much reading as training. LABELS is a table of votes, FOLDER has the crops as ID.png.
"""

import argparse
import pathlib

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import scipy
import torch

import clock
import machine
import pytorch_networks

READ, BATCH = 1024, 64


def read(paths):
    """The images, each turned: float32 [n, 3, 64, 64]."""
    turned = [scipy.ndimage.rotate(plt.imread(path, format="png"), np.random.randint(0, 360), reshape=False) for path in paths]
    return torch.tensor(turned, dtype=torch.float32).permute(0, 3, 1, 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("labels", type=pathlib.Path, metavar="LABELS", help="table of votes")
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER", help="folder of the crops")
    given = parser.parse_args()
    torch.set_num_threads(machine.cores())
    table = np.loadtxt(given.labels, delimiter=",", skiprows=1, max_rows=READ)
    paths = [given.folder / f"{int(row[0])}.png" for row in table]
    votes = torch.tensor(table[:, 1:], dtype=torch.float32)
    weights = votes.sum(0) / votes.sum()
    model = pytorch_networks.make("seed3")
    optimizer = torch.optim.Adam(model.parameters())

    def step(images, targets):
        optimizer.zero_grad()
        loss = pytorch_networks.weighted_mse(model(images), targets, weights)
        loss.backward()
        optimizer.step()
        timer.step(len(images))

    timer = clock.Clock()
    images = read(paths)
    for start in range(0, len(images), BATCH):
        step(images[start:start + BATCH], votes[start:start + BATCH])
    images = read(paths)
    step(images[:BATCH], votes[:BATCH])
    timer.tell(weights=pytorch_networks.weights(model), versions={"scipy": scipy.__version__, "matplotlib": matplotlib.__version__})


main()
