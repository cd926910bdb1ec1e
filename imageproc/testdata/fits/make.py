"""Writes the FITS files beside it with astropy (8.0.2 when they were made).

Pixel x of row y, counted from the first row of the file, of band k is
100 + 10*y + x + 1000*k in each of them.
"""

import pathlib

import numpy as np
from astropy.io import fits

folder = pathlib.Path(__file__).parent
row, column = np.mgrid[:5, :7]
plane = 100 + 10 * row + column


def write(name, *parts):
    fits.HDUList(list(parts)).writeto(folder / name, overwrite=True)


table = fits.BinTableHDU.from_columns([fits.Column("ra", "D", array=np.arange(10.0))])

write("uint8.fits", fits.PrimaryHDU(plane.astype("u1")))
write("uint16.fits", fits.PrimaryHDU(plane.astype("u2")))  # by BZERO = 32768
scaled = fits.PrimaryHDU(plane.astype("f8"))
scaled.scale("int32", bscale=0.25, bzero=-10)
write("scaled32.fits", scaled)
write("int64.fits", fits.PrimaryHDU(plane.astype("i8")))
cube = fits.PrimaryHDU(np.stack([plane + 1000 * k for k in range(3)]).astype("f4"))
cube.header["HIERARCH ESO DET NAME"] = "a name that needs a long keyword"
cube.header["LONG"] = "it's a long string, " * 12
cube.header["COMMENT"] = "SIMPLE  = a comment"
write("cube32.fits", cube)
write("second64.fits", fits.PrimaryHDU(), table, fits.ImageHDU(plane.astype("f8")[None, None]))
write("table.fits", fits.PrimaryHDU(), table)
write("compressed.fits", fits.PrimaryHDU(), fits.CompImageHDU(plane.astype("i2")))
