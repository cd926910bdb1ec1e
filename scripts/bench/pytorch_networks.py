"""PyTorch's copies of tfgalaxy's networks, [batch, 3, side, side] of float32 in 0..1 to [batch, 37], and their losses."""

import torch
from torch import nn

import pytorch_d4 as d4

SIZE = 64  # of the seed study's images, pixels
ANSWERS = 37


def conv_norm(filters, kernel):
    """A convolution that keeps the size, batch norm and ReLU."""
    return nn.LazyConv2d(filters, kernel, padding=kernel // 2, bias=False), nn.LazyBatchNorm2d(), nn.ReLU()


def d4_block(channels, filters):
    """Two convolutions of maps with orientations, and half the size."""
    return (d4.Convolution(channels, filters, 3), d4.Norm(filters), nn.ReLU(),
            d4.Convolution(filters, filters, 3), nn.MaxPool2d(2), d4.Norm(filters), nn.ReLU())


def dense(units, dropout):
    return nn.LazyLinear(units), nn.Dropout(dropout), nn.ReLU()


# The layers of each, in front of the sigmoid, as graph/networks.go has them.
NETWORKS = {
    "seed2": lambda: (
        nn.LazyConv2d(64, 9, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        *conv_norm(96, 5), nn.MaxPool2d(2),
        nn.Flatten(), *dense(2700, .15), *dense(675, .15), nn.LazyLinear(ANSWERS)),
    "seed3": lambda: (
        nn.LazyConv2d(64, 9, padding=4), nn.ReLU(), nn.MaxPool2d(2),
        *conv_norm(96, 5), nn.MaxPool2d(2),
        *conv_norm(128, 3), nn.MaxPool2d(2),
        nn.Flatten(), *dense(1024, .15), *dense(256, .15), nn.LazyLinear(ANSWERS)),
    "small": lambda: (
        *conv_norm(32, 5), nn.MaxPool2d(2),
        *conv_norm(64, 3), *conv_norm(64, 3), nn.MaxPool2d(2),
        *conv_norm(128, 3), *conv_norm(128, 3), nn.MaxPool2d(2),
        *conv_norm(256, 3), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(.2), nn.LazyLinear(512), nn.ReLU(), nn.Dropout(.2), nn.LazyLinear(ANSWERS)),
    "d4": lambda: (
        d4.Convolution(3, 6, 5, orientations=1), nn.MaxPool2d(2), d4.Norm(6), nn.ReLU(),
        *d4_block(6, 12), *d4_block(12, 24),
        d4.Convolution(24, 48, 3), nn.MaxPool2d(2), d4.Norm(48), nn.ReLU(),
        nn.Dropout(.1), d4.Head(512), nn.Dropout(.1), nn.LazyLinear(ANSWERS)),
}


def make(name, size=SIZE):
    """The network of that name for images of that size, with weights as PyTorch draws them."""
    model = nn.Sequential(*NETWORKS[name](), nn.Sigmoid())
    with torch.no_grad():  # which tells the layers how much goes in, and nothing to the averages of the norms
        model.eval()(torch.zeros(1, 3, size, size))
    return model.train()


def weights(model):
    """How many numbers it learns."""
    return sum(parameter.numel() for parameter in model.parameters())


def mse(predictions, votes, _):
    """The mean of (prediction_ik - vote_ik)^2."""
    return nn.functional.mse_loss(predictions, votes)


def weighted_mse(predictions, votes, weights):
    """sum_k weights_k mean_i (prediction_ik - vote_ik)^2."""
    return (weights * (predictions - votes) ** 2).mean(0).sum()


LOSSES = {"mse": mse, "weighted-mse": weighted_mse}
