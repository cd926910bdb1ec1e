"""Changes training images at random by PyTorch, as tfgalaxy does: turned, mirrored, zoomed and moved in one interpolation, and tinted."""

import math

import torch
from torch.nn import functional

TINT = torch.tensor((-0.0148, -0.0125, -0.0104))  # what a brightness of 1 adds to red, green and blue of 0..1


def change(crops, size, zoom, shift, brightness):
    """Crops, uint8 [n, 3, side, side], as images of that size, float32 [n, 3, size, size] in 0..1.

    All of a crop is seen, but for what the changes move out of sight: a zoom of 1/zoom to
    zoom, a shift by up to a share of the side, and brightness as a standard deviation.
    """
    n = len(crops)
    angle = torch.randint(0, 360, (n,)) * (math.pi / 180)
    scale = zoom ** -torch.empty(n).uniform_(-1, 1)
    mirror = torch.randint(0, 2, (n,)) * 2 - 1
    sin, cos = scale * angle.sin(), scale * angle.cos()
    turn = torch.stack((mirror * cos, -sin, mirror * sin, cos), 1).view(n, 2, 2)
    moved = torch.empty(n, 2, 1).uniform_(-2 * shift, 2 * shift)  # of sides from -1 to 1
    grid = functional.affine_grid(torch.cat((turn, -turn @ moved), 2), (n, 3, size, size), align_corners=False)
    images = functional.grid_sample(crops.float().div_(255), grid, align_corners=False)
    tints = brightness * torch.randn(n, 1) * TINT
    return images.add_(tints[:, :, None, None]).clamp_(0, 1)
