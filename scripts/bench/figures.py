"""What a bench makes of its measurements: one Figure each, of all rounds.

The measurements are a dict of the rounds of each side, a list of dicts as measure.run
returns them. Each function here returns another, which makes the Figure of these.
"""

import collections
import csv
import itertools
import statistics

import presets

# Its median, the least and most of single rounds, and a word on it.
Figure = collections.namedtuple("Figure", "value low high note", defaults=("",))

# Votes that differ by no more than this agree; where the resizing rounds a pixel the
# other way, votes move by some 1e-4.
TOLERANCE = 2e-3


def values(rounds, key):
    """A value of each round: one that was measured, or whole_rate, images a second of the whole process."""
    return [r["images"] / r["whole"] if key == "whole_rate" else r[key] for r in rounds]


def single(side, key, scale=1):
    """A value of one side."""

    def figure(results):
        all_values = [scale * v for v in values(results[side], key)]
        return Figure(statistics.median(all_values), min(all_values), max(all_values))

    return figure


def ratio(ours, *theirs, key=None, best=max):
    """A value, the rate unless told, of ours over that of the best of theirs: the largest median, or with best=min the smallest."""
    key = key or ours.rate

    def figure(results):
        peer = best(theirs, key=lambda side: statistics.median(values(results[side], key)))
        a, b = values(results[ours], key), values(results[peer], key)
        rounds = [x / y for x, y in zip(a, b)]
        return Figure(statistics.median(a) / statistics.median(b), min(rounds), max(rounds), peer.name if len(theirs) > 1 else "")

    return figure


def share(network, ours, machine):
    """The rate of ours in multiply-adds, in percent of the machine's.

    A multiply-add is two FLOP. A training multiplies thrice, forward and for both
    gradients, but needs none for the input of the first layer.
    """

    def figure(results):
        adds = [layer["multiply_adds"] for layer in presets.networks()[network]["layers"]]
        gflop = 2e-9 * (3 * sum(adds) - adds[0])
        rates = [gflop * v for v in values(results[ours], ours.rate)]
        limits = values(results[machine], machine.rate)
        rounds = [100 * x / y for x, y in zip(rates, limits)]
        rate, limit = statistics.median(rates), statistics.median(limits)
        return Figure(100 * rate / limit, min(rounds), max(rounds), f"{rate:.0f} of {limit:.0f} GFLOP/s")

    return figure


def disagreeing(ours, theirs):
    """The images, in percent, of which two tables of votes differ by more than TOLERANCE; sides told which table they wrote."""

    def read(path):
        with open(path, newline="") as f:
            return {row[0]: [float(v) for v in row[1:38]] for row in itertools.islice(csv.reader(f), 1, None)}

    def figure(results):
        a, b = (read(results[side][-1]["table"]) for side in (ours, theirs))
        if a.keys() != b.keys():
            return Figure(100, 100, 100, "of other images")
        apart = [max(abs(x - y) for x, y in zip(a[i], b[i])) for i in a]
        percent = 100 * sum(d > TOLERANCE for d in apart) / len(apart)
        return Figure(percent, percent, percent, f"{max(apart):.0e} apart at most")

    return figure
