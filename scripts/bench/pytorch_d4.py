"""PyTorch's layers that are equivariant under D4, the 4 rotations of a square with and without a mirroring before them.

A map with orientations is [batch, 8 channels, height, width], the orientation as the
outer index, as in graph/d4layers.go. An element of the group is its number of quarter
turns, and 4 more with a mirroring. Kernels are turned anew at each step.
"""

import torch
from torch import nn

ELEMENTS = range(8)


def turn(x, element):
    """Does an element's mirroring and turns to the last two axes."""
    return torch.rot90(x.flip(-1) if element >= 4 else x, element % 4, (-2, -1))


def table():
    """The product of each two elements, [g][h]: h is done first; told by what they do to a square of 4 numbers."""
    square = torch.arange(4).reshape(2, 2)
    found = {tuple(turn(square, g).flatten().tolist()): g for g in ELEMENTS}
    return [[found[tuple(turn(turn(square, h), g).flatten().tolist())] for h in ELEMENTS] for g in ELEMENTS]


PRODUCT = table()
INVERSE = [row.index(0) for row in PRODUCT]


class Convolution(nn.Module):
    """A convolution that keeps the size, by kernels in all orientations, of maps with 8 orientations, or of an image, with 1."""

    def __init__(self, channels, filters, kernel, orientations=8):
        super().__init__()
        self.orientations, self.padding = orientations, kernel // 2
        self.kernel = nn.Parameter(nn.init.kaiming_normal_(torch.empty(filters, orientations * channels, kernel, kernel)))

    def forward(self, x):
        kernel = self.kernel.unflatten(1, (self.orientations, -1))
        if self.orientations == 1:
            turned = [turn(kernel, g) for g in ELEMENTS]
        else:
            turned = [turn(kernel[:, PRODUCT[INVERSE[g]]], g) for g in ELEMENTS]
        return nn.functional.conv2d(x, torch.cat(turned).flatten(1, 2), padding=self.padding)


class Norm(nn.Module):
    """A batch norm that the 8 orientations of a channel share, laid beside each other without moving a value in either layout."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        split = x.unflatten(1, (8, -1))  # [batch, 8, channels, height, width]
        if x.is_contiguous():
            return self.norm(split.flatten(0, 1)).view_as(split).flatten(1, 2)
        rows = self.norm(split.permute(0, 2, 3, 4, 1).flatten(3))  # [batch, channels, height, 8 width]
        return rows.unflatten(3, (-1, 8)).permute(0, 4, 1, 2, 3).flatten(1, 2)


class Head(nn.Module):
    """Turns the map back into each of 8 frames, and averages what one dense layer with ReLU makes of them: [batch, units]."""

    def __init__(self, units):
        super().__init__()
        self.dense = nn.LazyLinear(units)

    def forward(self, x):
        x = x.unflatten(1, (8, -1))
        frames = [turn(x[:, PRODUCT[g]], INVERSE[g]).flatten(1) for g in ELEMENTS]
        return self.dense(torch.stack(frames, 1)).relu().mean(1)
