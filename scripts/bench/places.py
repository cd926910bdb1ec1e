"""The files that a bench works on, each made when it is first asked for."""

import csv
import itertools
import os
import pathlib

import environment
import measure

IMAGES = "images_training_rev1"
TABLE = "training_solutions_rev1.csv"


def link_images(data, count, folder):
    """Makes a folder in Kaggle's layout of the first galaxies of another, which come again where it has too few."""
    with (data / TABLE).open(newline="") as f:
        header, *rows = csv.reader(f)
    (folder / IMAGES).mkdir(parents=True)
    with (folder / TABLE).open("w", newline="") as f:
        table = csv.writer(f)
        table.writerow(header)
        for number, row in enumerate(itertools.islice(itertools.cycle(rows), count), 1):
            table.writerow([number, *row[1:]])
            os.symlink(data / IMAGES / f"{row[0]}.jpg", folder / IMAGES / f"{number}.jpg")


class Places(dict):
    """Paths by name: a name that is asked for the first time is made by the method of that name."""

    def __init__(self, data, images, steps, folder):
        super().__init__(count=images, steps=steps)
        self.source, self.folder = data, folder

    def __missing__(self, name):
        try:
            self[name] = getattr(self, name)()
        except SystemExit as end:
            raise measure.Failure(f"failed to make {name}: {end}") from None
        return self[name]

    def all(self):
        """All the data there is, in Kaggle's layout."""
        kind, _, count = self.source.partition(":")
        if kind != "synthetic":
            return pathlib.Path(self.source).resolve()
        environment.run(environment.TFGALAXY, "data", "synth", "--count", count, "--out", self.folder / "all")
        return self.folder / "all"

    def linked(self, count):
        """So many galaxies, in Kaggle's layout."""
        folder = self.folder / f"data-{count}"
        if not folder.exists():
            link_images(self["all"], count, folder)
        return folder

    def data(self):
        """The galaxies of all contests."""
        return self.linked(self["count"])

    def labels(self):
        return self["data"] / TABLE

    def images(self):
        return self["data"] / IMAGES

    def galaxydump(self):
        return environment.build_galaxydump(self.folder)

    def dump(self, name, *options):
        """A folder of crops, and votes, as plain arrays; tfgalaxy's cache of the crops comes with it."""
        folder = self.folder / name
        folder.mkdir()
        environment.run(self["galaxydump"], "crops", "--data", self["data"], "--cache", folder / "cache", "--out", folder, *options)
        return folder

    def arrays(self):
        """Their regions of interest, of 64 pixels."""
        return self.dump("arrays")

    def cache(self):
        return self["arrays"] / "cache"

    def fine_arrays(self):
        """Their middles, of 72 pixels for images of 48."""
        return self.dump("fine-arrays", "--size", 48, "--crop-width", 144, "--oversample", 1.5)

    def fine_cache(self):
        return self["fine_arrays"] / "cache"

    def crops(self):
        """Their crops as PNG files."""
        environment.run(environment.TFGALAXY, "prep", "--data", self["data"], "--crop", "roi", "--out", self.folder / "crops")
        return self.folder / "crops"

    def votes(self):
        """A folder for tables of votes."""
        (self.folder / "votes").mkdir()
        return self.folder / "votes"

    def model(self):
        """A run of seed3, of a few steps: its votes only have to be votes."""
        environment.run(environment.TFGALAXY, "train", "--data", self.linked(256), "--cache", self.folder / "cache", "--preset", "seed3",
                        "--validation", 0, "--epochs", 1, "--run-dir", self.folder / "model")
        return self.folder / "model"
