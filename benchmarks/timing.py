"""Medians of interleaved runs, in processor time: what else the machine does burdens all that is compared alike."""

import gc
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """What something costs, as a multiple of a floor measured between its runs.

    Attributes:
        times: the ratio of the medians.
        least: the smallest ratio of two neighbouring runs; `most` the greatest.
        seconds: the median itself, of processor time, which says more about the machine than about the code;
            `floor_seconds` likewise.
    """

    times: float
    least: float
    most: float
    seconds: float
    floor_seconds: float


def against(floor: Callable[[], object], subjects: Mapping[str, Callable[[], object]], runs: int) -> dict[str, Ratio]:
    """Run floor and subjects one after the other, `runs` times over, and hold each subject against the floor."""
    floors: list[float] = []
    measured: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(runs):
        floors.append(_timed(floor))
        for name, subject in subjects.items():
            measured[name].append(_timed(subject))
    bare = statistics.median(floors)
    found: dict[str, Ratio] = {}
    for name, seconds in measured.items():
        each = [one / beside for one, beside in zip(seconds, floors, strict=True)]
        median = statistics.median(seconds)
        found[name] = Ratio(median / bare, min(each), max(each), median, bare)
    return found


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    start = _spent()
    result = work()  # kept until the clock has stopped, so that nobody is charged for throwing it away
    elapsed = _spent() - start
    del result
    return elapsed


def _spent() -> float:
    """Seconds of processor time that this process took, and the ones (Git) that it started and saw end."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
