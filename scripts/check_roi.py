#!/usr/bin/env python3
"""Compares imageproc's region of interest and resizing with OpenCV's.

    python3 scripts/check_roi.py [--data FOLDER] [--every N] [--masks N]

Both sides are given the same pixels. Regions must be equal, resized pixels
within one level, on all images of FOLDER (TFGALAXY_DATA, unless given; without
either, on the masks alone) and on N masks drawn to be hard: blobs, noise,
nested holes, single pixels, ties, objects at the frame.

OpenCV comes from the Python that runs this or, where that has none, from an
environment that this makes in .venv/opencv with requirements-opencv.txt. Go
must be installed.
"""

import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

try:
    import cv2
    import numpy as np
except ImportError:
    environment = ROOT / ".venv" / "opencv"
    python = environment / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == environment.resolve():
        sys.exit(f"check_roi: OpenCV does not load from {environment}: remove it and try again")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    requirements = ROOT / "scripts" / "requirements-opencv.txt"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)
    os.execv(python, [python, *sys.argv])


class Go:
    """The running roidump program."""

    def __init__(self, folder):
        binary = pathlib.Path(folder) / "roidump"
        subprocess.run(["go", "build", "-o", binary, "./scripts/roidump"], cwd=ROOT, check=True,
                       env={**os.environ, "CGO_ENABLED": "0"})
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, request, pixels, width, height):
        self.process.stdin.write(request.encode() + b"\n" + pixels)
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("check_roi: roidump has ended")
        rgb = np.frombuffer(self.process.stdout.read(3 * width * height), np.uint8)
        return tuple(map(int, line.split())), rgb.reshape(height, width, 3)[:, :, ::-1]

    def pixels(self, bgr, crop, width, height):
        h, w = bgr.shape[:2]
        rgb = np.ascontiguousarray(bgr[:, :, ::-1]).tobytes()
        return self.ask(f"pixels {crop} {width} {height} {w} {h}", rgb, width, height)

    def file(self, path, crop, width, height):
        return self.ask(f"file {crop} {width} {height} {path}", b"", width, height)


def region_of_interest(bgr):
    """The study's cut, (x0, y0, x1, y1); the whole image where it finds nothing."""
    grey = cv2.cvtColor(bgr, cv2.COLOR_RGB2GRAY)
    _, mask = cv2.threshold(grey, 10, 255, cv2.THRESH_BINARY)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    # max keeps the first of equals, as the study's loop does.
    x, y, w, h = max(map(cv2.boundingRect, contours), key=lambda r: r[2] * r[3], default=(0, 0, 0, 0))
    side = max(w, h)
    pad = int(side * 0.2)
    rows, columns = bgr.shape[:2]
    if side and y - pad >= 0 and x - pad >= 0 and y + side + pad < columns and x + side + pad < rows:
        return x - pad, y - pad, min(x + side + pad, columns), min(y + side + pad, rows)
    return 0, 0, columns, rows


def draw_mask(rng):
    """A mask that is hard to follow, and the name of its kind."""
    kind = rng.choice(["noise", "blobs", "rings", "lines", "ties", "pixels"])
    h, w = rng.integers(1, 60, 2)
    mask = np.zeros((h, w), bool)
    if kind == "noise":
        mask = rng.random((h, w)) < rng.random()
    elif kind == "blobs":
        field = cv2.GaussianBlur(rng.standard_normal((h, w)), (0, 0), rng.uniform(0.7, 4))
        mask = field > np.quantile(field, rng.random())
    elif kind == "rings":
        for _ in range(rng.integers(1, 12)):
            x, y, a, b = rng.integers(-5, 60, 4)
            canvas = mask.astype(np.uint8)
            cv2.rectangle(canvas, (int(x), int(y)), (int(a), int(b)), int(rng.integers(0, 2)),
                          int(rng.choice([1, 1, 2, -1])))
            mask = canvas > 0
    elif kind == "lines":
        canvas = mask.astype(np.uint8)
        for _ in range(rng.integers(1, 15)):
            x, y, a, b = rng.integers(-5, 65, 4)
            cv2.line(canvas, (int(x), int(y)), (int(a), int(b)), int(rng.random() < 0.8), 1)
        mask = canvas > 0
    elif kind == "ties":
        # Copies of a shape, some with holes as large as their outer border.
        m = int(rng.integers(1, 7))
        for _ in range(rng.integers(2, 12)):
            shape = np.ones((m, m), bool)
            if rng.random() < 0.6:
                shape[1:-1, 1:-1] = rng.random() < 0.2
            if rng.random() < 0.3:
                shape[0, 0] = shape[-1, -1] = False
            y, x = rng.integers(0, max(1, h - m + 1)), rng.integers(0, max(1, w - m + 1))
            part = mask[y:y + m, x:x + m]
            part[:] = shape[:part.shape[0], :part.shape[1]]
    else:
        for _ in range(rng.integers(0, 6)):
            mask[rng.integers(0, h), rng.integers(0, w)] = True
    return mask, str(kind)


def draw_image(rng):
    """An image with a hard mask: most within a dark margin, so that the region fits the frame."""
    mask, kind = draw_mask(rng)
    if rng.random() < 0.8:
        margins = rng.integers(0, 50, 4)
        mask = np.pad(mask, (tuple(margins[:2]), tuple(margins[2:])))
    if rng.random() < 0.5:
        n = max(mask.shape)
        mask = np.pad(mask, ((0, n - mask.shape[0]), (0, n - mask.shape[1])))
    # Colours on either side of the threshold, many next to it.
    n = mask.size
    colours = rng.integers(0, 28, (4 * n + 4096, 3)).astype(np.uint8)
    grey = cv2.cvtColor(colours[None], cv2.COLOR_RGB2GRAY)[0]
    image = np.empty((*mask.shape, 3), np.uint8)
    image[mask] = rng.permutation(colours[grey > 10])[:mask.sum()] if mask.any() else 0
    dark = colours[grey <= 10]
    image[~mask] = dark[rng.integers(0, len(dark), n - mask.sum())]
    return image, kind


class Tally:
    """Differences found, and the first few of them."""

    def __init__(self):
        self.compared = collections.Counter()
        self.failures = []
        self.worst = 0
        self.unequal = self.pixels = 0

    def region(self, name, kind, want, got):
        self.compared[kind] += 1
        if want != got:
            self.failures.append(f"{name}: region {got}, OpenCV has {want}")

    def resized(self, name, want, got):
        difference = np.abs(want.astype(int) - got.astype(int))
        self.compared["resized"] += 1
        self.worst = max(self.worst, int(difference.max()))
        self.unequal += np.count_nonzero(difference)
        self.pixels += difference.size
        if difference.max() > 1:
            self.failures.append(f"{name}: pixels differ by up to {difference.max()} levels")


def area(bgr, width, height):
    return cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)


def check_masks(go, tally, count):
    rng = np.random.default_rng(1)
    whole = inside = 0
    for k in range(count):
        image, kind = draw_image(rng)
        want = region_of_interest(image)
        got, _ = go.pixels(image, "roi", 1, 1)
        tally.region(f"mask {k} ({kind}, {image.shape[1]}x{image.shape[0]})", kind, want, got)
        if want == (0, 0, image.shape[1], image.shape[0]):
            whole += 1
        else:
            inside += 1
    print(f"masks: {count}, of which {inside} with a region within the frame and {whole} kept whole")


def check_resize(go, tally):
    rng = np.random.default_rng(2)
    sizes = [(424, 64), (128, 64), (256, 64), (192, 64), (207, 64), (64, 64), (65, 64), (63, 64), (33, 64), (32, 64),
             (7, 64), (1, 64), (64, 1), (424, 423), (424, 212), (3, 2), (2, 3), (1, 1)]
    cases = [(a, b, c, d) for a, c in sizes for b, d in sizes]
    cases += [tuple(map(int, rng.integers(1, 150, 4))) for _ in range(400)]
    for w, h, outw, outh in cases:
        image = rng.integers(0, 256, (h, w, 3)).astype(np.uint8)
        if rng.random() < 0.3:
            image = (image > 127).astype(np.uint8) * 255
        _, got = go.pixels(image, "whole", outw, outh)
        tally.resized(f"resize {w}x{h} to {outw}x{outh}", area(image, outw, outh), got)
    print(f"resizing: {len(cases)} pairs of sizes")


def check_images(go, tally, folder, every):
    paths = sorted(p for sub in ("images_training_rev1", "images_test_rev1") for p in (folder / sub).glob("*.jpg"))[::every]
    if not paths:
        sys.exit(f"check_roi: no images in {folder}")
    whole = other = 0
    crops = []
    for path in paths:
        image = cv2.imread(str(path))
        want = region_of_interest(image)
        x0, y0, x1, y1 = want
        crop = area(image[y0:y1, x0:x1], 64, 64)
        got, pixels = go.pixels(image, "roi", 64, 64)
        tally.region(path.name, "images", want, got)
        if got == want:
            tally.resized(path.name, crop, pixels)
        whole += want == (0, 0, image.shape[1], image.shape[0])

        # Go's JPEG decoder rounds differently and repeats colour where
        # OpenCV's interpolates it, so this is told but need not agree.
        got, pixels = go.file(path, "roi", 64, 64)
        other += got != want
        if got == want:
            crops.append(np.abs(pixels.astype(int) - crop.astype(int)).mean())
    print(f"images: {len(paths)}, of which {whole} are kept whole")
    print(f"        decoded by Go instead, {other} have another region; "
          f"the crops of the others differ by {np.mean(crops):.3f} levels on average, {np.max(crops):.3f} at worst")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("TFGALAXY_DATA"),
                        help="folder in Kaggle's layout")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="look at each Nth of its images (default %(default)s)")
    parser.add_argument("--masks", type=int, default=20000, help="masks to draw (default %(default)s)")
    arguments = parser.parse_args()

    print(f"OpenCV {cv2.__version__}, numpy {np.__version__}")
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        go = Go(folder)
        check_masks(go, tally, arguments.masks)
        check_resize(go, tally)
        if arguments.data:
            check_images(go, tally, pathlib.Path(arguments.data), arguments.every)
        go.process.stdin.close()
        go.process.wait()

    print("regions compared:", ", ".join(f"{k} {n}" for k, n in sorted(tally.compared.items()) if k != "resized"))
    print(f"resized images compared: {tally.compared['resized']}, worst difference {tally.worst} levels, "
          f"{100 * tally.unequal / tally.pixels:.3f} % of values differ")
    for failure in tally.failures[:20]:
        print("FAIL", failure)
    if tally.failures:
        sys.exit(f"check_roi: {len(tally.failures)} differences")
    print("ok")


if __name__ == "__main__":
    main()
