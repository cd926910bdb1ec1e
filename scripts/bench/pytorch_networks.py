"""PyTorch's copies of tfgalaxy's networks, [batch, 3, 64, 64] of float32 in 0..1 to [batch, 37], and their loss."""

from torch import nn

ANSWERS = 37
# Convolutions as (filters, kernel, padding), then the units of the dense layers, the
# first of which sees so many values. As graph/networks.go has them.
NETWORKS = {
    "seed2": (((64, 9, 2), (96, 5, 2)), (96 * 15 * 15, 2700, 675)),
    "seed3": (((64, 9, 4), (96, 5, 2), (128, 3, 1)), (128 * 8 * 8, 1024, 256)),
}


def make(name):
    """The network of that name, with weights as PyTorch draws them."""
    convolutions, units = NETWORKS[name]
    layers, channels = [], 3
    for k, (filters, kernel, padding) in enumerate(convolutions):
        layers.append(nn.Conv2d(channels, filters, kernel, padding=padding, bias=k == 0))
        if k > 0:
            layers.append(nn.BatchNorm2d(filters))
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    layers.append(nn.Flatten())
    for values, outputs in zip(units, units[1:]):
        layers += [nn.Linear(values, outputs), nn.Dropout(0.15), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(units[-1], ANSWERS), nn.Sigmoid())


def weighted_mse(predictions, votes, weights):
    """sum_k weights_k mean_i (prediction_ik - vote_ik)^2."""
    return (weights * (predictions - votes) ** 2).mean(0).sum()
