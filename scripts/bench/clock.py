"""The clock that all trainings of Python are timed by."""

import json
import time


class Clock:
    """Times steps with what lies between them, from the end of the first one.

    That one traces, compiles and fills caches; tfgalaxy leaves its own first step out of
    its rates too. Its end is told at once, by a line of JSON like one of tfgalaxy's.
    """

    def __init__(self):
        self.images, self.first, self.last = 0, None, None

    def step(self, images):
        """A step on so many images has ended."""
        self.last = time.perf_counter()
        if self.first is None:
            self.first = self.last
            print(json.dumps({"event": "step"}), flush=True)
        else:
            self.images += images

    def tell(self, **more):
        """Prints the result, the last line."""
        print(json.dumps({"images_per_second": self.images / (self.last - self.first), "images": self.images, **more}))
