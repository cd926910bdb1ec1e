"""How what was measured is told: Markdown on the screen, and JSON."""

import collections
import dataclasses
import statistics

import figures

# One want of a contest, its figures.Figure or None, and what is to be said of it: ok,
# short, nothing, or why there is no figure.
Row = collections.namedtuple("Row", "contest want figure verdict")

UNITS = {"images_per_second": "images/s", "whole_rate": "images/s", "gflops": "GFLOP/s", "whole": "s"}


def markdown(header, rows):
    """A table, its columns as wide as they have to be; the first is set left, the others right."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["| " + " | ".join(cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths))) + " |"
             for row in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) if k == 0 else "-" * (w + 1) + ":" for k, w in enumerate(widths)) + "|")
    return "\n".join(lines)


def number(value, unit=""):
    """A value with three digits or so, and its unit."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}{' ' if unit not in ('', 'x') else ''}{unit}"


def rate(side, rounds):
    """The median speed of a side's rounds."""
    return number(statistics.median(figures.values(rounds, side.rate)), UNITS[side.rate])


def mebibytes(rounds):
    return f"{statistics.median(r['memory'] for r in rounds) / 2**20:,.0f} MiB"


def wanted(rows):
    """The table of what is wanted."""
    lines = []
    for row in rows:
        want, figure = row.want, row.figure
        limit = f"at least {number(want.least, want.unit)}" if want.least is not None else \
            f"at most {number(want.most, want.unit)}" if want.most is not None else ""
        if figure is None:
            lines.append((want.what, "", "", limit, row.verdict))
        else:
            measured = number(figure.value, want.unit)
            rounds = f"{number(figure.low)} to {number(figure.high)}"
            lines.append((want.what, measured, rounds, limit, row.verdict + (f" ({figure.note})" if figure.note else "")))
    return markdown(("what", "measured", "single rounds", "wanted", ""), lines)


def sides(results):
    """The table of the sides: medians, and seconds to the end of the first step and of the whole process."""
    lines = []
    for side, rounds in results.items():
        speeds = figures.values(rounds, side.rate)
        start = f"{statistics.median(r['start'] for r in rounds):.1f} s" if "start" in rounds[0] else ""
        lines.append((side.name, rate(side, rounds), f"{number(min(speeds))} to {number(max(speeds))}", mebibytes(rounds), start,
                      f"{statistics.median(r['whole'] for r in rounds):.2f} s"))
    return markdown(("side", "median", "single rounds", "memory", "first step", "whole"), lines)


def about(told):
    """What a bench ran on, a line each."""
    def text(value):
        if isinstance(value, dict):
            return ", ".join(f"{k} {v}" for k, v in value.items())
        return ", ".join(value) if isinstance(value, list) else str(value)

    return "\n".join(f"{name}: {text(value)}" for name, value in told.items())


def record(rows, results, failures):
    """All that was measured, for a file of JSON."""
    return {
        "wanted": [{
            "contest": row.contest, "what": row.want.what, "unit": row.want.unit, "least": row.want.least, "most": row.want.most,
            "figure": row.figure and row.figure._asdict(), "verdict": row.verdict,
        } for row in rows],
        "sides": [{**dataclasses.asdict(side), "rounds": [{k: v for k, v in r.items() if k != "table"} for r in rounds]} for side, rounds in results.items()],
        "failures": [{**dataclasses.asdict(side), "failure": failure} for side, failure in failures.items()],
    }
