#!/usr/bin/env python3
"""Measures what more processes bring to a training on this machine, and checks the model of scripts/scaling/model.py by it.

    python3 scripts/scaling --data FOLDER [--networks NAME[,NAME]] [--rounds N] [--seconds N] [--limits MBIT[,MBIT]] [--out FILE]
    python3 scripts/scaling --tables [--flops N] [--step N]
    python3 scripts/scaling --again FILE

The sides, on the first two cores, in turn for several rounds, each of which another
begins: a process on both; two towers in it; two workers, a core each, over loopback; the
same on a switch of a given rate; and two trainings at once, a core each, on half of the
batch and on an eighth of it. Their two times give the model what an image and a step take
one core; what the two workers over loopback need besides gives what a byte costs that is
sent. That is taken from the first network; all else is predicted and compared.

Everything is in network namespaces of its own (Linux; neither root nor a quiet network is
needed). Nothing else should compute meanwhile. Told are medians. --tables prints the model
for GPUs only and measures nothing.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent), str(HERE.parent / "bench")]  # scripts

import environment  # noqa: E402
import machine  # noqa: E402
import tables  # noqa: E402

import gpus  # noqa: E402
import model  # noqa: E402
import network  # noqa: E402
import sides  # noqa: E402

BATCH = 64
OTHERS = 0.08  # cores that other programs may take meanwhile
HALF, EIGHTH = BATCH // 2, BATCH // 8
BOTH, TOWERS, WORKERS, RUNS, FEW = "one process, two cores", "two towers in it", "two workers, a core each", "two runs at once", "the same, 8 images"


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/scaling", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default=os.environ.get("TFGALAXY_DATA") or "synthetic:1280",
                        help="folder in Kaggle's layout, or synthetic:N (default %(default)s)")
    parser.add_argument("--networks", default="seed3,small,d4", help="presets (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=15, help="that a training's steps are to take (default %(default)s)")
    parser.add_argument("--limits", default="1000,300", help="rates of the switch, Mbit/s (default %(default)s)")
    parser.add_argument("--tables", action="store_true", help="only print the model's tables for GPUs")
    parser.add_argument("--flops", type=float, default=gpus.FLOPS, help="that a GPU is assumed to reach (default %(default).3g)")
    parser.add_argument("--step", type=float, default=gpus.STEP, help="seconds that a step takes it besides (default %(default)s)")
    parser.add_argument("--again", type=pathlib.Path, metavar="FILE", help="tell what this file of --out has, by the model as it is now")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE", help="JSON file for all that was measured")
    given = parser.parse_args()
    given.networks, given.limits = given.networks.split(","), [float(x) * 1e6 for x in given.limits.split(",") if x]
    return given


def networks(names):
    """The networks of presets, at the size of their images, and that of the images."""
    told = json.loads(environment.run(environment.TFGALAXY, "presets", "--json"))
    return {t["name"]: model.of_layers(t) for t in told["networks"] if t["name"] in names}


def contest(trainings, rounds, seconds, limits):
    """The rounds of each side, by name."""
    loopback, (a, b) = network.Loopback(), sorted(os.sched_getaffinity(0))[:2]
    trial = trainings.one(8)["images_per_second"]  # cuts the crops, too

    def steps(rate, batch):
        return max(10, round(seconds * rate / batch))

    todo = {
        BOTH: lambda: trainings.one(steps(trial, BATCH)),
        TOWERS: lambda: trainings.one(steps(trial, BATCH), "--devices", "cpu:0,cpu:1"),
        WORKERS: lambda: trainings.on_workers(steps(trial, BATCH), (a, b), loopback),
        RUNS: lambda: trainings.at_once(steps(trial / 2, HALF), HALF, (a, b)),
        FEW: lambda: trainings.at_once(steps(trial / 3, EIGHTH), EIGHTH, (a, b)),
    }

    def limited(bits):
        with network.Switch(2, bits) as switch:
            return trainings.on_workers(steps(trial / 2, BATCH), (a, b), switch)

    for bits in limits:
        todo[f"{WORKERS}, {bits / 1e6:g} Mbit/s"] = lambda bits=bits: limited(bits)
    found, names = {name: [] for name in todo}, list(todo)
    for i in range(rounds):
        for name in names[i % len(names):] + names[:i % len(names)]:
            found[name].append(alone(todo[name], f"{trainings.preset}, {name}"))
    return found


def alone(run, what):
    """What a run says, begun once the machine is quiet, and made again where other programs computed meanwhile."""
    best = None
    for _ in range(4):
        patience = time.monotonic() + 240
        while disturbed(1) and time.monotonic() < patience:
            pass
        begin, busy, own = time.monotonic(), busy_seconds(), sum(os.times()[:4])
        told = run()
        took = time.monotonic() - begin
        told["others"] = max(0, busy_seconds() - busy - (sum(os.times()[:4]) - own)) / took
        print(f"{what}: {told['images_per_second']:.1f} images/s, others took {told['others']:.2f} cores", file=sys.stderr, flush=True)
        if best is None or told["others"] < best["others"]:
            best = told
        if best["others"] < OTHERS:
            break
    return best


def disturbed(seconds):
    """Waits so long; whether other programs computed meanwhile."""
    busy = busy_seconds()
    time.sleep(seconds)
    return (busy_seconds() - busy) / seconds >= OTHERS


def busy_seconds():
    """What all programs together have had of all cores, since the machine was started."""
    user, nice, system, _, _, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().split(None, 9)[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def rates(rounds):
    return [r["images_per_second"] for r in rounds]


def rate(rounds):
    return statistics.median(rates(rounds))


def device(found, net, copy):
    """What one core is, by the times of two batches: of all that a step takes besides its images, the optimiser takes most."""
    half, eighth = HALF / rate(found[RUNS]), EIGHTH / rate(found[FEW])
    image = (half - eighth) / (HALF - EIGHTH)
    return model.Device(image, 0, max(0, half - HALF * image), copy, shared=True)


def copying(found, net):
    """Seconds a byte: what two workers need beyond what they compute, by all that each sends and receives."""
    alone = model.step(net, device(found, net, 0), model.LOCAL, BATCH, 2)
    return max(0, BATCH / rate(found[WORKERS]) - alone.seconds) / (2 * alone.received)


def check(found, net, limits, copy):
    """The model against the measurements, a row each: what, measured and predicted seconds, and both kinds of bytes."""
    core = device(found, net, copy)
    rows = []
    for name, link in [(WORKERS, model.LOCAL)] + [(f"{WORKERS}, {bits / 1e6:g} Mbit/s", model.Link(bits, headers=1.04)) for bits in limits]:
        step = model.step(net, core, link, BATCH, 2)
        measured = BATCH / rate(found[name])
        sent = {place: statistics.median(r["bytes"][place] for r in found[name]) for place in found[name][0]["bytes"]}
        if "lo" in sent:
            want = {"lo": model.loopback(net, BATCH, 2)}
        else:  # worker 0 sends the other one its images, too
            want = {place: net.parameters + (net.image * BATCH / 2 if place == "worker 0" else 0) for place in sent}
        rows.append({"network": net.name, "what": name, "measured": measured, "predicted": step.seconds, "off": step.seconds / measured - 1,
                     "bytes": sent, "bytes_predicted": want})
    return rows


def main():
    given = arguments()
    nets = networks(given.networks)
    if given.tables:
        print(gpus.text(nets.values(), given.flops, given.step))
        return
    if given.again:
        told = json.loads(given.again.read_text())
        tell(told["results"], nets, told["limits"])
        return
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("scaling: wants two cores")
    if not network.enter():
        print("scaling: no network namespaces here: the bytes are those of all programs, and no rate is limited", file=sys.stderr)
        given.limits = []
    results, data = {}, pathlib.Path(given.data)
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as folder:
        for name in nets:
            trainings = sides.Trainings(name, data.resolve() if data.is_dir() else data, pathlib.Path(folder), BATCH)
            results[name] = contest(trainings, given.rounds, given.seconds, given.limits)
            if given.out:
                given.out.write_text(json.dumps({"machine": machine.processor(), "limits": given.limits, "results": results}, indent=1) + "\n")
    tell(results, nets, given.limits)


def tell(results, nets, limits):
    """Prints the tables of what was measured."""
    first = next(iter(results))
    copy = copying(results[first], nets[first])
    checks = [row for name, found in results.items() for row in check(found, nets[name], limits, copy)]
    print(f"{machine.processor()}, 2 cores; a byte that is sent or received costs {copy * 1e9:.2f} ns by `{first}`\n")
    print(tables.markdown(("training, images/s", "median", "single rounds", "of one process"), [
        (f"`{name}`: {side}", f"{rate(rounds):.1f}", f"{min(rates(rounds)):.1f} to {max(rates(rounds)):.1f}",
         f"{rate(rounds) * (2 if side in (RUNS, FEW) else 1) / rate(found[BOTH]):.2f}x")
        for name, found in results.items() for side, rounds in found.items()]))
    print()
    print(tables.markdown(("a step of two workers", "measured, ms", "predicted", "off", "sent, MB", "predicted"), [
        (f"`{row['network']}`: {row['what']}", f"{1e3 * row['measured']:.0f}", f"{1e3 * row['predicted']:.0f}", f"{100 * row['off']:+.0f} %",
         megabytes(row["bytes"]), megabytes(row["bytes_predicted"])) for row in checks]))


def megabytes(counts):
    return ", ".join(f"{x / 1e6:.2f}" for x in counts.values())


main()
