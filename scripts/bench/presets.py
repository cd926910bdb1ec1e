"""tfgalaxy's networks, as it describes them itself."""

import functools
import json

import environment
import measure


@functools.cache
def networks():
    """Their descriptions by name."""
    told = json.loads(environment.run(environment.TFGALAXY, "presets", "--json"))
    return {network["name"]: network for network in told["networks"]}


def check(name, found):
    """Raises measure.Failure unless what was found of a copy of the network of that name has its weights; without a name it is none."""
    if name and found["weights"] != networks()[name]["weights"]:
        raise measure.Failure(f"has {found['weights']:,} weights, {name} has {networks()[name]['weights']:,}")
