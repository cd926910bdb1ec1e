"""How tfgalaxy's speed and memory change with what it is given, as Markdown tables."""

import contextlib
import os
import statistics

import tables
from contests import Side

TRAIN = "train --validation 0 --epochs 1 --cache {cache} --run-dir {out}/run --json "


@contextlib.contextmanager
def cores(count):
    """Binds what is started within to so many cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def training(name, command):
    return Side(name, "tfgalaxy", TRAIN + command)


def repeat(bench, side, **options):
    """The rounds of a side; where it fails, none."""
    rounds = [bench.run(side, **options) for _ in range(bench.given.rounds)]
    if None in rounds:
        return []
    bench.results[side] = rounds
    return rounds


def trainings(bench, what, sides):
    """A table of trainings: images a second, peak memory and the share of time that waited for data."""
    lines = []
    for side in sides:
        if rounds := repeat(bench, side):
            wait = 100 * statistics.median(r["data_wait"] for r in rounds)
            lines.append((side.name, tables.rate(side, rounds), tables.mebibytes(rounds), f"{wait:.2f} %"))
    return tables.markdown((what, "speed", "memory", "data wait"), lines)


def by_cores(bench, most):
    lines = []
    for count in range(1, most + 1):
        side = training(f"seed3, {count} cores", "--data {data} --preset seed3")
        with cores(count):
            if rounds := repeat(bench, side):
                lines.append((count, tables.rate(side, rounds), tables.mebibytes(rounds)))
    return tables.markdown(("cores, training seed3", "speed", "memory"), lines)


def by_images(bench):
    """What comes before the first step of a training, with the cache of crops still to make and then there; and predictions."""
    lines = []
    for count in (1000, 4000):
        data = bench.files.linked(count)
        warm = training(f"{count:,} images, cache", f"--preset small --data {data}")
        cold = Side(f"{count:,} images, no cache", "tfgalaxy", warm.command.replace("{cache}", "{out}/cache"))
        bench.run(warm, stop_at_step=True)  # makes the cache
        votes = Side(f"predict, {count:,} images", "tfgalaxy",
                     f"predict --model {{model}} --images {data}/images_training_rev1 --out {{out}}/votes.csv --json")
        rounds = repeat(bench, cold, stop_at_step=True), repeat(bench, warm, stop_at_step=True), repeat(bench, votes)
        if all(rounds):
            cold, warm = (statistics.median(r["start"] for r in some) for some in rounds[:2])
            lines.append((f"{count:,}", f"{cold:.1f} s", f"{warm:.1f} s", f"{count / (cold - warm):.0f} images/s",
                          tables.mebibytes(rounds[0]), tables.mebibytes(rounds[1]), tables.rate(votes, rounds[2]), tables.mebibytes(rounds[2])))
    return tables.markdown(("images, training small", "first step, no cache", "with it", "crops", "memory, no cache", "with it",
                            "predict, seed3", "memory"), lines)


def measure_all(bench, most):
    """All tables, measured one after the other."""
    data = "--data {data} "
    return "\n\n".join((
        trainings(bench, "batch size, seed3", [training(str(n), f"{data} --preset seed3 --batch-size {n}") for n in (16, 32, 64, 128, 256)]),
        trainings(bench, "image size, small", [training(str(n), f"{data} --preset small --size {n}") for n in (32, 64, 96)]),
        trainings(bench, "network, batch 64", [training(name, f"{data} --preset {name}") for name in ("seed2", "seed3", "small")]),
        by_cores(bench, most),
        by_images(bench),
    ))
