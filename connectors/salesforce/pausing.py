"""Lets a lot of records be read without looking for garbage among them in between.

Python looks through all container objects again and again while their number grows. Decoded answers are a tree without
cycles: there is nothing to be found in them, and looking takes as long as reading them does (measured by
`python -m benchmarks.reading`).
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class _Pause:
    """How many are at it, in whichever threads; the last one switches the collector on again."""

    depth: int = 0
    was_on: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        with self.lock:
            if self.depth == 0:
                self.was_on = gc.isenabled()
                gc.disable()
            self.depth += 1

    def end(self) -> None:
        with self.lock:
            self.depth -= 1
            if self.depth == 0 and self.was_on:
                gc.enable()


_PAUSE = _Pause()


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage while the block runs."""
    _PAUSE.begin()
    try:
        yield
    finally:
        _PAUSE.end()
