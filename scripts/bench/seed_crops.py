"""Cuts the region of interest from each JPEG image of FOLDER and writes it to OUT as a PNG file of 64x64, by OpenCV.

As the seed study's script does, one image after the other.
"""

import argparse
import json
import pathlib

import cv2

import check_roi

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER", help="folder of the images")
parser.add_argument("out", type=pathlib.Path, metavar="OUT", help="folder for the crops")
given = parser.parse_args()
given.out.mkdir(parents=True, exist_ok=True)
paths = sorted(given.folder.glob("*.jpg"))
for path in paths:
    image = cv2.imread(str(path))
    x0, y0, x1, y1 = check_roi.region_of_interest(image)
    cv2.imwrite(str(given.out / f"{path.stem}.png"), check_roi.area(image[y0:y1, x0:x1], 64, 64))
print(json.dumps({"images": len(paths), "versions": {"opencv": cv2.__version__}}))
